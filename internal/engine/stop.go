package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// stop is a transaction that takes something away from a client: it holds the
// lock that T2 takes too, so that every letter either passed before it, or sees it.
type stop struct {
	engine *Engine
	tx     pgx.Tx
	client store.Client
}

// stopping runs fn with the client's address locked, and others that fn stops. A
// client whose address changes while the lock is waited for is read again after it.
func (e *Engine) stopping(ctx context.Context, clientID int64, fn func(s *stop) error, others ...string) error {
	for {
		err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
			before, err := store.ClientByID(ctx, tx, clientID)
			if err != nil {
				return err
			}
			if err := store.LockAddresses(ctx, tx, append(others, before.Address)); err != nil {
				return err
			}
			locked, err := store.LockClients(ctx, tx, []int64{clientID})
			if err != nil {
				return err
			}
			if len(locked) == 0 {
				return fmt.Errorf("locking client %d: %w", clientID, store.ErrNotFound)
			}
			if locked[0].Address != before.Address {
				return errMoved
			}
			return fn(&stop{engine: e, tx: tx, client: locked[0]})
		})
		if !errors.Is(err, errMoved) {
			return err
		}
	}
}

// errMoved says that a client got another address while the old one was locked.
var errMoved = errors.New("the client has another address now")

// end ends the client's open enrollments that which picks, and lets what waited
// for them go on.
func (s *stop) end(ctx context.Context, reason string, which func(store.Enrollment, *Version) bool) error {
	return s.engine.endOpen(ctx, s.tx, []int64{s.client.ID}, reason, which)
}

// endOpen does the same for several clients, whose addresses are locked. A version that
// cannot be read is nil.
func (e *Engine) endOpen(ctx context.Context, tx pgx.Tx, clients []int64, reason string, which func(store.Enrollment, *Version) bool) error {
	if len(clients) == 0 {
		return nil
	}
	open, err := store.OpenEnrollments(ctx, tx, clients)
	if err != nil {
		return err
	}
	var ids []int64
	for _, enrollment := range open {
		version, err := e.Version(ctx, tx, enrollment.VersionID)
		if isContent(err) {
			version = nil // it sends nothing, but can be stopped
		} else if err != nil {
			return err
		}
		if which(enrollment, version) {
			ids = append(ids, enrollment.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	ended, err := store.EndEnrollments(ctx, tx, ids, reason, now)
	if err != nil {
		return err
	}
	return e.afterEnd(ctx, tx, ended, now)
}

func every(store.Enrollment, *Version) bool { return true }

// exitingOn picks enrollments whose sequence ends on something.
func exitingOn(what string) func(store.Enrollment, *Version) bool {
	return func(_ store.Enrollment, v *Version) bool { return v != nil && v.Sequence.ExitsOn(what) }
}

// EndEnrollment ends an enrollment because a person says so.
func (e *Engine) EndEnrollment(ctx context.Context, id int64) error {
	return e.steer(ctx, id, func(s *stop, enrollment store.Enrollment) error {
		return s.end(ctx, endedManual, func(other store.Enrollment, _ *Version) bool { return other.ID == id })
	})
}

// PauseEnrollment keeps an enrollment from going on until it is resumed; what
// waited for it goes on.
func (e *Engine) PauseEnrollment(ctx context.Context, id int64) error {
	return e.steer(ctx, id, func(s *stop, enrollment store.Enrollment) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if err := store.PauseEnrollment(ctx, s.tx, id); err != nil {
			return err
		}
		return store.WakeEnrollments(ctx, s.tx, []int64{enrollment.ClientID}, []string{waitsForPriority}, now)
	})
}

// ResumeEnrollment lets a paused enrollment go on: a step that fell due meanwhile
// goes at the next opening of the window.
func (e *Engine) ResumeEnrollment(ctx context.Context, id int64) error {
	return e.steer(ctx, id, func(s *stop, enrollment store.Enrollment) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if err := store.ResumeEnrollment(ctx, s.tx, id, now); err != nil {
			return err
		}
		if err := store.LookAgain(ctx, s.tx, []int64{enrollment.ClientID}, changeable, now); err != nil {
			return err
		}
		// What happened meanwhile counts.
		if err := e.happened(ctx, s.tx, []int64{enrollment.ClientID}, false, now); err != nil {
			return err
		}
		holds := append([]string{waitsForPriority, waitsForAnswer}, mendable...)
		return store.WakeEnrollments(ctx, s.tx, []int64{enrollment.ClientID}, holds, now)
	})
}

// ErrEnded says that an enrollment is over and cannot be steered any more.
var ErrEnded = errors.New("this enrollment has ended")

func (e *Engine) steer(ctx context.Context, id int64, fn func(*stop, store.Enrollment) error) error {
	enrollment, err := store.EnrollmentByID(ctx, e.DB, id)
	if err != nil {
		return err
	}
	return e.stopping(ctx, enrollment.ClientID, func(s *stop) error {
		enrollment, err := store.EnrollmentByID(ctx, s.tx, id)
		if err != nil {
			return err
		}
		if enrollment.State == "ended" {
			return ErrEnded
		}
		if err := fn(s, enrollment); err != nil {
			return err
		}
		return store.Notify(ctx, s.tx, store.PlanChannel)
	})
}
