package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// What becomes of the letters that may have been sent after a restored backup was
// made.
const (
	DoubtsHold   = "hold"        // they are unconfirmed, and wait for a decision
	DoubtsAssume = "assume_sent" // all that was due until now was sent on its day
	DoubtsSend   = "send"        // nothing was sent: they go out, perhaps for the second time
)

// Confirmation is what a person decided after a restore.
type Confirmation struct {
	Reason     string     // why letters were kept back, '' if they were not
	RestoredTo *time.Time // wall time
	Letters    int64      // in doubt, that the choice was made for
}

// ConfirmRestore lets letters go again after a backup was restored. Letters that
// were due by now may have gone out after the backup was made: they become
// unconfirmed and then are dealt with by choice. It may be called again, to decide
// about those that were held.
func (e *Engine) ConfirmRestore(ctx context.Context, by, choice string) (Confirmation, error) {
	var c Confirmation
	place, err := store.ReadPlace(ctx, e.DB)
	if err != nil {
		return c, err
	}
	err = store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		guard, now, err := e.openDoubts(ctx, tx)
		if err != nil {
			return err
		}
		c = Confirmation{}
		if guard.Stops() {
			c.Reason, c.RestoredTo = guard.Reason, guard.RestoredTo
			if err := store.ConfirmGuard(ctx, tx, by, place); err != nil {
				return err
			}
		}
		switch choice {
		case DoubtsHold:
			c.Letters, err = countDoubts(ctx, tx)
		case DoubtsSend:
			c.Letters, err = store.SendDoubts(ctx, tx, now)
		case DoubtsAssume:
			c.Letters, err = e.assumeSent(ctx, tx, now)
		default:
			err = fmt.Errorf("%q is no choice: %s, %s or %s", choice, DoubtsHold, DoubtsAssume, DoubtsSend)
		}
		if err != nil {
			return err
		}
		return store.Notify(ctx, tx, store.PlanChannel)
	})
	if err != nil {
		return c, fmt.Errorf("confirming the restore: %w", err)
	}
	return c, nil
}

// errLook ends a transaction that was only there to look.
var errLook = errors.New("nothing is to be changed")

// RestoreDoubts calls each with every letter that is in doubt, by id, whether it
// would be by a confirmation now, or was held by an earlier one. It changes nothing.
func (e *Engine) RestoreDoubts(ctx context.Context, each func(store.Doubt)) (store.Guard, error) {
	var guard store.Guard
	err := pgx.BeginFunc(ctx, e.DB, func(tx pgx.Tx) error {
		var err error
		if guard, _, err = e.openDoubts(ctx, tx); err != nil || guard.TrippedAt == nil {
			return err
		}
		if err := eachDoubt(ctx, tx, each); err != nil {
			return err
		}
		return errLook
	})
	if err != nil && !errors.Is(err, errLook) {
		return guard, fmt.Errorf("listing letters in doubt: %w", err)
	}
	return guard, nil
}

// openDoubts writes down, if the guard keeps letters back, every letter
// in doubt as unconfirmed: those that are planned, the next ones of enrollments that
// are due, and the first ones of clients whom a review would enroll.
func (e *Engine) openDoubts(ctx context.Context, tx pgx.Tx) (store.Guard, time.Time, error) {
	now, err := store.Now(ctx, tx)
	if err != nil {
		return store.Guard{}, now, err
	}
	// Workers write this row with every beat: it is locked only when there are none.
	guard, err := store.ReadGuard(ctx, tx)
	if err == nil && guard.Stops() {
		guard, err = store.LockGuard(ctx, tx)
	}
	if err != nil || !guard.Stops() {
		return guard, now, err
	}
	if err := store.HoldPlanned(ctx, tx, now); err != nil {
		return guard, now, err
	}
	if err := e.reviewAll(ctx, tx, now); err != nil {
		return guard, now, err
	}
	for after := int64(0); ; {
		due, err := store.DueEnrollments(ctx, tx, now, after, planLimit)
		if err != nil || len(due) == 0 {
			return guard, now, err
		}
		letters := make([]store.Planned, 0, len(due))
		for _, d := range due {
			after = d.ID
			letter := store.Planned{EnrollmentID: d.ID, ClientID: d.ClientID, Step: d.NextStep, DueAt: *d.NextAt}
			// Content that cannot be read any more has no letter to name.
			if version, err := e.Version(ctx, tx, d.VersionID); err == nil {
				step, _ := version.Sequence.Step(d.NextStep)
				if step.Kind() != sequences.KindEmail {
					continue // the planner does it; no letter comes of it
				}
				letter.Template = step.Email.First()
			} else if !errors.Is(err, errContent) {
				return guard, now, err
			}
			letters = append(letters, letter)
		}
		if err := store.AddDoubts(ctx, tx, letters, Unconfirmed); err != nil {
			return guard, now, err
		}
	}
}

// reviewAll enrolls whom a review is pending for; before the first publication there
// is nobody to enroll.
func (e *Engine) reviewAll(ctx context.Context, tx pgx.Tx, now time.Time) error {
	catalog, err := e.Catalog(ctx, tx)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for {
		ids, err := store.ClientsForReview(ctx, tx, now, planLimit)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := e.review(ctx, tx, catalog, ids, now); err != nil {
			return err
		}
	}
}

func countDoubts(ctx context.Context, tx pgx.Tx) (count int64, err error) {
	err = eachDoubt(ctx, tx, func(store.Doubt) { count++ })
	return count, err
}

func eachDoubt(ctx context.Context, tx pgx.Tx, each func(store.Doubt)) error {
	var after int64
	for {
		doubts, err := store.Doubts(ctx, tx, after, planLimit)
		if err != nil || len(doubts) == 0 {
			return err
		}
		for _, d := range doubts {
			each(d)
			after = d.MessageID
		}
	}
}

// assumeSent takes letters in doubt for sent on the day they were due, and so on
// with those that followed from them by now.
func (e *Engine) assumeSent(ctx context.Context, tx pgx.Tx, now time.Time) (int64, error) {
	letters, ids, err := store.AssumeSent(ctx, tx)
	if err != nil {
		return 0, err
	}
	for len(ids) > 0 {
		batch := ids[:min(len(ids), planLimit)]
		ids = ids[len(batch):]
		more, err := e.goOn(ctx, tx, batch, now)
		if err != nil {
			return 0, err
		}
		letters += more
	}
	return letters, nil
}

// goOn moves enrollments on from a letter that is assumed to be sent, through those
// that were due by now as well.
func (e *Engine) goOn(ctx context.Context, tx pgx.Tx, ids []int64, now time.Time) (int64, error) {
	list, err := store.EnrollmentsByID(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	last, err := store.LastDueOf(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	var way onward
	for i := range list {
		if err := e.walk(ctx, tx, &way, &list[i], last[list[i].ID], now); err != nil {
			return 0, err
		}
	}
	if err := store.AddDoubts(ctx, tx, way.assumed, Sent); err != nil {
		return 0, err
	}
	if err := store.MoveEnrollments(ctx, tx, way.moves); err != nil {
		return 0, err
	}
	ended, err := store.EndEnrollments(ctx, tx, way.finished, endedFinished, now)
	if err != nil {
		return 0, err
	}
	return int64(len(way.assumed)), e.afterEnd(ctx, tx, ended, now)
}

// onward is where enrollments go from letters that are assumed to be sent.
type onward struct {
	assumed  []store.Planned
	moves    []store.Move
	finished []int64
}

// walk takes one enrollment on from the step whose letter was due at the moment given.
func (e *Engine) walk(ctx context.Context, tx pgx.Tx, way *onward, enrollment *store.Enrollment, at, now time.Time) error {
	move := store.Move{EnrollmentID: enrollment.ID, LastStep: enrollment.NextStep, OfferName: enrollment.OfferName, OfferExpiresAt: enrollment.OfferExpiresAt}
	version, err := e.Version(ctx, tx, enrollment.VersionID)
	if err != nil {
		return err
	}
	client, err := store.ClientByID(ctx, tx, enrollment.ClientID)
	if err != nil {
		return err
	}
	for {
		step, more := version.follow(move.LastStep, 1)
		if !more {
			way.finished = append(way.finished, enrollment.ID)
			return nil
		}
		move.NextStep = step.ID
		due, err := version.Due(step, at, &client)
		if errors.Is(err, errContent) {
			move.Waiting = waitsForContent
			way.moves = append(way.moves, move)
			return nil
		}
		if err != nil {
			return err
		}
		if due.After(now) || step.Kind() != sequences.KindEmail || step.Repeat != nil {
			move.NextAt = &due
			way.moves = append(way.moves, move)
			return nil
		}
		way.assumed = append(way.assumed, store.Planned{EnrollmentID: enrollment.ID, ClientID: client.ID, Step: step.ID, Template: step.Email.First(), DueAt: due})
		move.LastStep, at = step.ID, due
	}
}
