package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seventh/internal/store"
)

var (
	// ErrWaiting says that letters under way cannot be delivered now; the reason
	// follows. Going on would date them, and all that follows from them, wrongly.
	ErrWaiting = errors.New("letters cannot be delivered")
	// ErrStuck says that the planner leaves undone what is due.
	ErrStuck = errors.New("what is due stays due")
)

const (
	// Letters of a sandbox take milliseconds, and a year has thousands of due
	// instants: looking more seldom would be most of what an advance takes.
	firstPause = 500 * time.Microsecond
	maxPause   = 5 * time.Millisecond

	// fruitlessLimit is how many plans in a row may change nothing: one may, if
	// another planner was faster or somebody has the rows locked.
	fruitlessLimit = 3
	fruitlessPause = 100 * time.Millisecond
)

// goTo moves business time to a target that has been stored, and forgets it then,
// or when something other than the end of ctx keeps the clock from getting there.
func (c *Clock) goTo(ctx context.Context, target time.Time) error {
	err := c.step(ctx, target)
	if err != nil && ctx.Err() != nil {
		return err
	}
	return errors.Join(err, store.SetTarget(ctx, c.DB, nil))
}

// step goes from one due instant to the next. Time does not move while a letter is
// under way: a worker dates it by the clock, and what follows from it may be due
// before anything that is known yet.
func (c *Clock) step(ctx context.Context, target time.Time) error {
	var seen overdue
	for {
		ahead, err := c.settled(ctx)
		if err != nil {
			return err
		}
		if ahead.Due == nil || ahead.Due.After(target) {
			return store.MoveClock(ctx, c.DB, target)
		}
		if ahead.Due.After(ahead.Now) {
			err = c.moveOn(ctx, *ahead.Due, target)
		} else {
			err = c.giveTime(ctx, &seen, ahead)
		}
		if err != nil {
			return err
		}
		if err := c.Plan(ctx); err != nil {
			return err
		}
	}
}

// moveOn moves business time to what is due next, together with the rest of that
// second. Letters that went out together are due together three weeks later, each
// at its own microsecond; one by one, they would take hundreds of steps instead of
// one. A letter's Date counts in seconds, and a planner at work looks once in one.
func (c *Clock) moveOn(ctx context.Context, due, target time.Time) error {
	last, err := store.LastDue(ctx, c.DB, endOfSecond(due, target))
	if err != nil {
		return err
	}
	if last == nil { // it was called off just now
		return nil
	}
	return store.MoveClock(ctx, c.DB, *last)
}

// endOfSecond is the last microsecond, which is PostgreSQL's resolution, of the
// second of due, or the target if that is earlier.
func endOfSecond(due, target time.Time) time.Time {
	end := due.Truncate(time.Second).Add(time.Second - time.Microsecond)
	if end.After(target) {
		return target
	}
	return end
}

// settled waits until no letter is under way.
func (c *Clock) settled(ctx context.Context) (store.Ahead, error) {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		ahead, err := store.LookAhead(ctx, c.DB)
		if err != nil || ahead.Open == 0 {
			return ahead, err
		}
		if ahead.Waiting != "" {
			return ahead, fmt.Errorf("%w: %s; the clock stays at %s", ErrWaiting, ahead.Waiting, ahead.Now.UTC().Format(time.RFC3339))
		}
		if err := wait(ctx, pause); err != nil {
			return ahead, err
		}
	}
}

// overdue is what was due already when the clock looked last.
type overdue struct {
	earliest  time.Time
	count     int
	fruitless int // plans in a row that left both as they were
}

// giveTime lets others finish what may keep a plan from dealing with what is due,
// and ends an advance that would go round for ever.
func (c *Clock) giveTime(ctx context.Context, seen *overdue, ahead store.Ahead) error {
	if err := store.AwaitPlanner(ctx, c.DB); err != nil {
		return err
	}
	count, err := store.CountDue(ctx, c.DB, ahead.Now)
	if err != nil {
		return err
	}
	if !ahead.Due.Equal(seen.earliest) || count < seen.count {
		*seen = overdue{earliest: *ahead.Due, count: count}
		return nil
	}
	seen.fruitless++
	if seen.fruitless == fruitlessLimit {
		return fmt.Errorf("%w: %d from %s, after %d plans", ErrStuck, count, ahead.Due.UTC().Format(time.RFC3339), fruitlessLimit)
	}
	return wait(ctx, fruitlessPause)
}

// wait pauses for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
