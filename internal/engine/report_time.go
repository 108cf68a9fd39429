package engine

import (
	"context"
	"time"

	"seventh/internal/store"
)

// clockError is how far the outside's clocks may be wrong.
const clockError = 5 * time.Minute

// when is the moment of a report in business time: what the outside says, but not
// before the letter went, nor after the report came, clocks going a little wrong. Where
// business time has been moved, the sandbox, a time that cannot be is no time at all.
func (r *Report) when(sent time.Time, clock store.Clock) time.Time {
	received := clock.Now
	if !r.ReceivedAt.IsZero() && r.ReceivedAt.Add(clock.Shift).Before(received) {
		received = r.ReceivedAt.Add(clock.Shift)
	}
	if r.At.IsZero() {
		return received.UTC()
	}
	at, first, last := r.At.Add(clock.Shift), sent.Add(-clockError), received.Add(clockError)
	switch moved := clock.Shift.Abs() > clockError; {
	case moved && (at.Before(first) || at.After(last)):
		at = received
	case at.After(last):
		at = last
	case at.Before(first):
		at = first
	}
	return at.UTC()
}

// dateOf is when what a report says happened, and business time.
func (e *Engine) dateOf(ctx context.Context, db store.DB, r Report, letter *store.ToldLetter) (at, now time.Time, err error) {
	clock, err := store.ReadClock(ctx, db)
	if err != nil {
		return at, now, err
	}
	sent := letter.At
	if letter.SentAt != nil {
		sent = *letter.SentAt
	}
	return r.when(sent, clock), clock.Now, nil
}
