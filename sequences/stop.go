package sequences

import "slices"

// What holds a sequence until a rep has answered (stop_on).
const (
	StopOnReply        = "reply"         // the client replied
	StopOnCompanyReply = "company_reply" // anybody at the client's company did, himself included
)

// StopsOnReply tells whether the client's own reply holds the sequence.
func (s *Sequence) StopsOnReply() bool { return len(s.StopOn) > 0 }

// StopsOnCompanyReply tells whether the reply of a colleague does.
func (s *Sequence) StopsOnCompanyReply() bool { return slices.Contains(s.StopOn, StopOnCompanyReply) }

// checkStopOn finds a reply that both holds and ends the sequence.
func (s *Sequence) checkStopOn(d *decoder) {
	if slices.Contains(s.StopOn, StopOnReply) && slices.Contains(s.ExitOn.Words, "reply") {
		d.problem(d.spotOf("stop_on"), "stop_on: reply holds the sequence and exit_on: reply ends it: keep one of them")
	}
}
