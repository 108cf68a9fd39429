package mail

import (
	"slices"
	"strings"
)

// Classes of refusals: what the reply says about the address, the letter or us.
const (
	ClassInvalid   = "invalid"   // the address does not exist or is closed for good
	ClassFull      = "full"      // the mailbox is over its quota
	ClassPolicy    = "policy"    // reputation, blocklists, authentication of our domain
	ClassContent   = "content"   // this letter: too big, looks like spam
	ClassGreylist  = "greylist"  // come back in some minutes
	ClassRate      = "rate"      // too fast, or over a limit of our account
	ClassTemporary = "temporary" // the server's or the network's trouble
	ClassProtocol  = "protocol"  // not SMTP, or our configuration
)

// rule gives a class to replies. An empty field matches everything; words match the
// lower-case text.
type rule struct {
	class    string
	enhanced []string // exact codes, or a subject such as "5.7."
	codes    []int
	words    []string
}

// rules are read from the top; the first that matches decides. Policy comes before
// invalid: calling a blocked sender's client invalid would lose a good address for ever,
// calling a dead address blocked costs one more letter.
var rules = []rule{
	{class: ClassFull, enhanced: []string{"4.2.2", "5.2.2"}},
	{class: ClassFull, words: []string{"over quota", "overquota", "quota exceeded", "mailbox full", "mailbox is full", "exceeded storage"}},
	{class: ClassRate, enhanced: []string{"4.5.4", "5.4.5", "4.7.28", "4.2.1"}},
	{class: ClassGreylist, codes: []int{421, 450, 451, 452}, words: []string{"greylist", "graylist", "grey-list", "gray-list"}},
	{class: ClassRate, codes: []int{421, 450, 451, 452}, words: []string{"rate limit", "ratelimit", "too many", "too fast", "throttl", "[tss", "unusual rate"}},
	{class: ClassGreylist, enhanced: []string{"4.7.1"}, words: []string{"try again", "try later", "later", "temporar"}},
	{class: ClassContent, enhanced: []string{"5.2.3", "5.3.4", "5.6."}},
	{class: ClassContent, codes: []int{550, 552, 554}, words: []string{"uribl", "surbl", "message content", "content rejected", "message size", "too large", "virus"}},
	{class: ClassProtocol, codes: []int{530, 534, 535, 538}},
	{class: ClassInvalid, enhanced: []string{"5.7.13"}},
	{class: ClassPolicy, enhanced: []string{"5.7.", "5.1.7", "5.1.8"}},
	{class: ClassPolicy, codes: []int{550, 551, 553, 554, 571}, words: []string{
		"spamhaus", "blocklist", "block list", "blacklist", "black list", "dnsbl", "rbl", "blocked", "reputation", "spam", "policy",
		"dmarc", "spf", "dkim", "banned", "is listed", "listed at", "listed by", "reverse dns", "ptr record", "helo",
		"sender address rejected", "sender rejected", "sender denied", "not authorized", "access denied", "relay"}},
	{class: ClassTemporary, enhanced: []string{"4.3.", "4.4."}},
	{class: ClassRate, codes: []int{421}, enhanced: []string{"4.7.0"}},
	{class: ClassInvalid, enhanced: []string{"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}},
	{class: ClassInvalid, codes: []int{521, 525, 556}},
	{class: ClassInvalid, codes: []int{550, 551, 553, 554}, words: []string{
		"user unknown", "unknown user", "unknown recipient", "recipient unknown", "no such user", "no such recipient", "no such mailbox",
		"not found", "does not exist", "doesn't exist", "not exist", "invalid recipient", "invalid mailbox", "invalid address",
		"no mailbox", "mailbox unavailable", "unrouteable address", "account disabled", "account is disabled", "account inactive",
		"mailbox disabled", "user disabled", "is inactive", "no longer available"}},
	{class: ClassProtocol, enhanced: []string{"5.5."}},
	{class: ClassProtocol, codes: []int{500, 501, 502, 503, 504}},
	{class: ClassContent, codes: []int{552}},
}

// classify names the class of a 4xx or 5xx reply; text is lower-case. A 5xx no rule knows
// has class "", any other 4xx is temporary. Before RCPT no reply speaks of the recipient.
func classify(phase Phase, code int, enhanced, text string) string {
	class := ""
	if code/100 == 4 {
		class = ClassTemporary
	}
	i := slices.IndexFunc(rules, func(r rule) bool { return r.matches(code, enhanced, text) })
	if i >= 0 {
		class = rules[i].class
	}
	if code/100 == 4 && (class == ClassInvalid || class == ClassContent) {
		return ClassTemporary
	}
	if aboutUs := phase != PhaseRcpt && phase != PhaseData && phase != PhaseDot; aboutUs && class == ClassInvalid {
		return ""
	}
	return class
}

func (r rule) matches(code int, enhanced, text string) bool {
	matchesEnhanced := func(want string) bool {
		return enhanced == want || strings.HasSuffix(want, ".") && strings.HasPrefix(enhanced, want)
	}
	contained := func(word string) bool { return strings.Contains(text, word) }
	return (r.enhanced == nil || slices.ContainsFunc(r.enhanced, matchesEnhanced)) &&
		(r.codes == nil || slices.Contains(r.codes, code)) &&
		(r.words == nil || slices.ContainsFunc(r.words, contained))
}
