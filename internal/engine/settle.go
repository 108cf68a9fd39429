package engine

import (
	"errors"
	"fmt"
	"time"

	"seventh/internal/store"
)

// What can become of a letter that was on its way.
const (
	Sent        = "sent"        // accepted
	Failed      = "failed"      // refused for good, for this recipient
	Unconfirmed = "unconfirmed" // it may have been accepted; nobody said
	PutOff      = "planned"     // not accepted: another time
)

// Result is what became of one letter.
type Result struct {
	Letter   *Letter
	State    string
	At       time.Time // business time
	Reason   string    // for people
	Response string    // the mail server's words
	Class    string    // of a refusal (mail.Class…), '' if it is not known
	// Invalid says that the address does not exist: it is suppressed.
	Invalid bool
	// Attempted says that the server was asked to take it.
	Attempted bool
	// Bare writes the letter's own state and nothing else, for an outcome that
	// cannot be written otherwise.
	Bare bool
}

// attemptsLimit is how often a letter is tried; with the delays below that is
// about four days (RFC 5321 4.5.4.1 asks for at least that).
const attemptsLimit = 14

// delays between attempts; the last one repeats.
var delays = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour,
}

// settlement turns a result into what is written: the letter's state and where its
// enrollment goes.
func settlement(r Result) store.Settlement {
	l := r.Letter
	s := store.Settlement{
		MessageID: l.MessageID, ChunkID: l.Chunk.ID, Fence: l.Chunk.Fence, State: r.State, At: r.At, Attempted: r.Attempted, Reason: r.Reason, Response: r.Response,
		LastStep: l.LastStep, NextStep: l.Step,
	}
	if r.State != PutOff {
		s.Content = l.Content
	}
	switch r.State {
	case PutOff:
		if !r.Attempted || l.Attempts+1 < attemptsLimit {
			until := r.At.Add(delays[min(l.Attempts, len(delays)-1)])
			s.Until = &until
			return s
		}
		s.State, s.Reason = Failed, fmt.Sprintf("given up after %d attempts", l.Attempts+1)
	case Unconfirmed:
		s.Moves, s.Waiting = !r.Bare, waitsUnconfirmed
		return s
	}
	if !r.Bare {
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
	next, more := l.Version.Sequence.Next(l.Step)
	if !more {
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

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }
