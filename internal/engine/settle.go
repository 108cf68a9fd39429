package engine

import (
	"errors"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// What can become of a letter that was on its way.
const (
	Sent        = "sent"        // accepted
	Failed      = "failed"      // refused for good, for this recipient
	Unconfirmed = "unconfirmed" // it may have been accepted; nobody said
	PutOff      = "planned"     // not accepted: another time
	GivenUp     = "cancelled"   // there was no sense in sending it
)

// Result is what became of one letter.
type Result struct {
	Letter   *Letter
	State    string
	At       time.Time // business time
	Reason   string    // for people
	Response string    // the mail server's words
	Class    string    // why it was refused, as package mail classes replies; '' if it is not known
	// Invalid says that the address does not exist: it is suppressed.
	Invalid bool
	// Content is where what it says is kept, its transmission's number too; zero if
	// it never passed T2.
	Content store.ContentRef
	// Attempted says that the server was asked to take it.
	Attempted bool
	// Bare writes the letter's own state and nothing else, for an outcome that
	// cannot be written otherwise.
	Bare bool
}

// settlement turns a result into what is written: the letter's state and where its
// enrollment goes.
func settlement(r Result) store.Settlement {
	l := r.Letter
	s := store.Settlement{
		MessageID: l.MessageID, ChunkID: l.Chunk.ID, Fence: l.Chunk.Fence, State: r.State, At: r.At, Attempted: r.Attempted, Reason: r.Reason, Response: r.Response,
		LastStep: l.LastStep, NextStep: l.Step, Offer: l.Content.Offer != nil,
	}
	if r.State == PutOff {
		after, again := retryAfter(r.Class, l.Attempts+1, uint64(l.MessageID))
		if !r.Attempted {
			after, again = time.Minute, true
		}
		if again {
			until := r.At.Add(after)
			s.Until = &until
			return s
		}
		s.State, s.Reason = Failed, gaveUp(r.Class, l.Attempts+1)
	}
	if s.ContentRef = r.Content; r.Content.ContentID == 0 {
		s.Subject, s.Recipient = l.Content.Subject, l.Content.Recipient
	}
	switch {
	case r.Bare || l.Step == store.HandoverStep: // it was out of turn
	case r.State == Unconfirmed:
		s.Moves, s.Waiting = true, waitsUnconfirmed
	default:
		advance(&s, l, r)
	}
	return s
}

// advance moves the enrollment to its next step, dated from when this one was
// done. If the step cannot be dated the enrollment waits for better content.
func advance(s *store.Settlement, l *Letter, r Result) {
	s.Moves, s.LastStep, s.NextStep = true, l.Step, ""
	if r.Invalid {
		s.EndReason = endedBounced
		return
	}
	next, more := l.Version.follow(l.Step, l.Occurrence)
	switch {
	case !more && l.Version.neverRunsDry:
		s.NextAt = &r.At // the planner looks whether it is over
		return
	case !more:
		s.EndReason = endedFinished
		return
	}
	s.NextStep = next.ID
	at, err := l.Version.Due(next, r.At, l.Client)
	if err != nil {
		s.Waiting = waitsForContent
		return
	}
	s.NextAt = &at
}

// follow is what follows a step once its occurrence-th letter is settled.
func (v *Version) follow(id string, occurrence int) (sequences.Step, bool) {
	step, found := v.Sequence.Step(id)
	if !found {
		return sequences.Step{}, false
	}
	return v.Sequence.Follow(step, occurrence)
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }
