// Package failpoint marks the moments of a letter's way at which a test may kill the
// process, to see that nothing is lost and nothing sent twice.
//
//	failpoint.Hit(failpoint.AfterT2)
//
// Without the build tag failpoints a call compiles to nothing. With it, the setting
// SEVENTH_FAILPOINT=after-t2:5 kills the process with SIGKILL the fifth time it comes to
// that point; without a number the first time.
package failpoint

// Names of the points, in the order in which a letter comes to them.
const (
	BeforeT1    = "before-t1"
	AfterT1     = "after-t1"
	AfterRender = "after-render"
	AfterDial   = "after-dial"
	AfterAuth   = "after-auth"
	BeforeT2    = "before-t2"
	AfterT2     = "after-t2"
	AfterMail   = "after-mail"
	AfterRcpt   = "after-rcpt"
	After354    = "after-354"
	HalfBody    = "half-body"
	DotWritten  = "dot-written"
	Read250     = "read-250"
	AfterT3     = "after-t3"
)

// Names are all points.
var Names = []string{
	BeforeT1, AfterT1, AfterRender, AfterDial, AfterAuth, BeforeT2, AfterT2, AfterMail, AfterRcpt, After354, HalfBody, DotWritten, Read250, AfterT3,
}

// Variable is the environment variable that arms a point.
const Variable = "SEVENTH_FAILPOINT"
