// Package sandbox lets people try seventh without a mail server and without
// waiting: letters go to an inbox in the database instead of to clients, and
// business time can be moved, so that a year of nurture is seen in a minute.
//
//	inbox.go    the mail server that captures letters
//	clock.go    the clock: moved by one caller at a time, resumed after a restart
//	advance.go  how it gets there: from one due instant to the next
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// ErrRange says that an advance was refused because of its length.
var ErrRange = errors.New("the clock goes forward only, by at most five years at once")

// maxYears is the longest advance.
const maxYears = 5

// Clock moves business time. Its methods may be called from many goroutines and
// processes; advances then happen one after the other, and add up.
type Clock struct {
	DB   store.DB                        // a pool: each step is committed by itself
	Plan func(ctx context.Context) error // plans until nothing is due, or another planner is at work
	Log  *slog.Logger

	// advancing keeps callers in this process from waiting for the lock in the
	// database with a connection each: the one who has the lock needs some, too.
	advancing sync.Mutex
}

// Now is business time, in UTC.
func (c *Clock) Now(ctx context.Context) (time.Time, error) { return store.Now(ctx, c.DB) }

// Advance moves business time forward by d, counted in UTC and without holidays,
// and returns the new time when everything that came due on the way has been
// dealt with, each at its own time. Letters must be being delivered meanwhile.
//
// If ctx ends first, the rest of the way stays stored: Resume goes it, or the next
// Advance does before its own. Any other error ends the advance where it got to:
// ErrRange before it began, ErrWaiting, ErrStuck, or what the database or the
// planner said.
func (c *Clock) Advance(ctx context.Context, d sequences.Duration) (time.Time, error) {
	err := c.alone(ctx, func() error {
		clock, err := store.ReadClock(ctx, c.DB)
		if err != nil {
			return err
		}
		from := clock.Now
		if clock.Target != nil && clock.Target.After(from) {
			from = *clock.Target
		}
		target, err := destination(from.UTC(), d)
		if err != nil {
			return err
		}
		if err := store.SetTarget(ctx, c.DB, &target); err != nil {
			return err
		}
		return c.goTo(ctx, target)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("advancing the clock by %s: %w", d, err)
	}
	return c.Now(ctx)
}

// To moves business time forward to a moment, as Advance does. For one that is past
// it deals with what is due now.
func (c *Clock) To(ctx context.Context, moment time.Time) error {
	err := c.alone(ctx, func() error { return c.goTo(ctx, moment) })
	if err != nil {
		return fmt.Errorf("moving the clock to %s: %w", moment.Format(time.RFC3339), err)
	}
	return nil
}

// Set makes business time read at, be it past or to come. It is for a database in
// which nothing has happened yet.
func (c *Clock) Set(ctx context.Context, at time.Time) error {
	return c.alone(ctx, func() error { return store.SetClock(ctx, c.DB, at) })
}

// destination is d after from.
func destination(from time.Time, d sequences.Duration) (time.Time, error) {
	// No unit is shorter than a minute; without this look first, counting the
	// business days of an absurd number would take its time.
	if d.N <= 0 || d.N > maxYears*366*24*60 {
		return time.Time{}, ErrRange
	}
	target := d.Add(from, sequences.Calendar{})
	if !target.After(from) || target.After(from.AddDate(maxYears, 0, 0)) {
		return time.Time{}, ErrRange
	}
	return target, nil
}

// Resume goes the rest of an advance that was interrupted, if there is one. It is
// for the start of a process, once letters are being delivered.
func (c *Clock) Resume(ctx context.Context) error {
	err := c.alone(ctx, func() error {
		clock, err := store.ReadClock(ctx, c.DB)
		if err != nil || clock.Target == nil {
			return err
		}
		c.Log.Info("resuming an advance of the clock", "now", clock.Now, "target", clock.Target.UTC())
		return c.goTo(ctx, *clock.Target)
	})
	if err != nil {
		return fmt.Errorf("resuming an advance of the clock: %w", err)
	}
	return nil
}

// Start makes business time read at, unless it was moved before or at is past. It
// does not stop on the way: it is for a database in which nothing is due yet.
func (c *Clock) Start(ctx context.Context, at time.Time) error {
	err := c.alone(ctx, func() error {
		clock, err := store.ReadClock(ctx, c.DB)
		if err != nil || clock.Shift != 0 {
			return err
		}
		return store.MoveClock(ctx, c.DB, at)
	})
	if err != nil {
		return fmt.Errorf("starting the clock at %s: %w", at.Format(time.RFC3339), err)
	}
	return nil
}

// alone runs move while nobody else moves the clock, in this process or another.
// The lock goes with its transaction, so a process that dies leaves none behind.
func (c *Clock) alone(ctx context.Context, move func() error) error {
	c.advancing.Lock()
	defer c.advancing.Unlock()
	return pgx.BeginFunc(ctx, c.DB, func(tx pgx.Tx) error {
		if err := store.LockClock(ctx, tx); err != nil {
			return err
		}
		return move()
	})
}

// NextWorkingMorning is the first 10:00 from Monday to Friday in zone that is not
// before now.
func NextWorkingMorning(now time.Time, zone *time.Location) time.Time {
	year, month, today := now.In(zone).Date()
	for day := today; ; day++ {
		morning := time.Date(year, month, day, 10, 0, 0, 0, zone)
		weekend := morning.Weekday() == time.Saturday || morning.Weekday() == time.Sunday
		if !weekend && !morning.Before(now) {
			return morning
		}
	}
}
