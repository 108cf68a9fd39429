package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// ErrLost says that a chunk is in other hands: nothing of it is this worker's
// business any more.
var ErrLost = errors.New("the chunk is in other hands")

// Refuse deals with a letter that did not pass T2: it finds out why, and holds,
// defers or cancels it accordingly. A letter that somebody stopped has been dealt
// with by whoever did.
func (e *Engine) Refuse(ctx context.Context, l *Letter) error {
	return e.keepBack(ctx, l, e.refuse)
}

// HoldForContent keeps a letter that cannot be written from the publication given,
// and its enrollment, until there is a newer one.
func (e *Engine) HoldForContent(ctx context.Context, l *Letter, publication int64) error {
	return e.keepBack(ctx, l, func(ctx context.Context, tx pgx.Tx, l *Letter, client *store.Client) error {
		inForce, err := store.LatestPublication(ctx, tx)
		if err != nil {
			return err
		}
		if inForce.ID != publication {
			return e.planAnew(ctx, tx, l)
		}
		return e.hold(ctx, tx, l, waitsForContent)
	})
}

// keepBack runs fn for a letter that is still planned in this worker's hands. The
// client does not change meanwhile, so that a change which would let the letter
// go is either seen, or finds it held.
func (e *Engine) keepBack(ctx context.Context, l *Letter, fn func(context.Context, pgx.Tx, *Letter, *store.Client) error) error {
	err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		client, err := store.HoldClient(ctx, tx, l.ClientID)
		if isNotFound(err) {
			return nil // erased
		}
		if err != nil {
			return err
		}
		chunk, letter, err := store.HoldsLetter(ctx, tx, l.MessageID, l.Chunk)
		if err != nil {
			return err
		}
		if !chunk {
			return ErrLost
		}
		if !letter {
			return nil
		}
		return fn(ctx, tx, l, &client)
	})
	if err != nil && !errors.Is(err, ErrLost) {
		return fmt.Errorf("keeping back message %d: %w", l.MessageID, err)
	}
	return err
}

func (e *Engine) refuse(ctx context.Context, tx pgx.Tx, l *Letter, client *store.Client) error {
	enrollment, err := store.EnrollmentByID(ctx, tx, l.EnrollmentID)
	if err != nil {
		return err
	}
	if enrollment.State == "ended" {
		return store.CancelMessages(ctx, tx, []int64{l.MessageID}, "the enrollment has ended")
	}
	catalog, err := e.Catalog(ctx, tx)
	if err != nil {
		return err
	}
	suppressed, err := suppressionsOf(ctx, tx, []store.Client{*client})
	if err != nil {
		return err
	}
	if hold := catalog.holdOf(client, suppressed.cover(client.Address, enrollment.Sequence)); hold != waitsForNothing {
		return e.hold(ctx, tx, l, hold)
	}
	// Its window closed, or its client is to be reviewed or has another address.
	return e.planAnew(ctx, tx, l)
}

// planAnew gives a letter back to the planner.
func (e *Engine) planAnew(ctx context.Context, tx pgx.Tx, l *Letter) error {
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	return deferAnew(ctx, tx, []int64{l.MessageID}, now)
}

func deferAnew(ctx context.Context, tx pgx.Tx, messageIDs []int64, now time.Time) error {
	if len(messageIDs) == 0 {
		return nil
	}
	until, reasons := make([]time.Time, len(messageIDs)), make([]string, len(messageIDs))
	for i := range messageIDs {
		until[i], reasons[i] = now.Add(time.Second), "planned anew"
	}
	return store.Defer(ctx, tx, messageIDs, until, reasons)
}

// hold keeps a letter and its enrollment from going on for a reason that a change
// of the client or of the content may lift. What waited for it goes on.
func (e *Engine) hold(ctx context.Context, tx pgx.Tx, l *Letter, reason string) error {
	if l.Step == store.HandoverStep {
		return putBack(ctx, tx, l, WhyItWaits(reason, ""))
	}
	if err := store.StopMessages(ctx, tx, []int64{l.EnrollmentID}, "held", reason); err != nil {
		return err
	}
	if err := store.HoldEnrollment(ctx, tx, l.EnrollmentID, reason); err != nil {
		return err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	// No review: it would lift the hold that is just being set.
	return store.WakeEnrollments(ctx, tx, []int64{l.ClientID}, []string{waitsForPriority}, now)
}
