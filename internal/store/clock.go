package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Now is business time: wall time plus the sandbox's shift.
func Now(ctx context.Context, db DB) (time.Time, error) {
	var now time.Time
	if err := db.QueryRow(ctx, "SELECT business_now()").Scan(&now); err != nil {
		return now, fmt.Errorf("reading the clock: %w", err)
	}
	return now.UTC(), nil
}

// Clock is business time and, while an advance is under way, its target.
type Clock struct {
	Now    time.Time
	Shift  time.Duration
	Target *time.Time
}

// ReadClock returns business time and a target that has not been reached yet.
func ReadClock(ctx context.Context, db DB) (Clock, error) {
	var c Clock
	var micros int64
	err := db.QueryRow(ctx, `
		SELECT business_now(), (extract(epoch FROM shift) * 1000000)::bigint, target FROM clock`).
		Scan(&c.Now, &micros, &c.Target)
	if err != nil {
		return c, fmt.Errorf("reading the clock: %w", err)
	}
	c.Now, c.Shift = c.Now.UTC(), time.Duration(micros)*time.Microsecond
	return c, nil
}

// SetTarget stores where an advance is going, before the first step.
func SetTarget(ctx context.Context, db DB, target *time.Time) error {
	if _, err := db.Exec(ctx, "UPDATE clock SET target = $1", target); err != nil {
		return fmt.Errorf("storing the clock's target: %w", err)
	}
	return nil
}

// MoveClock sets business time to now. It never goes back.
func MoveClock(ctx context.Context, db DB, now time.Time) error {
	_, err := db.Exec(ctx, `
		WITH moved AS (
			UPDATE clock SET shift = greatest(shift, make_interval(secs => extract(epoch FROM $1::timestamptz - clock_timestamp())))
		)
		SELECT pg_notify($2, '')`, now, ClockChannel)
	if err != nil {
		return fmt.Errorf("moving the clock: %w", err)
	}
	return nil
}

// SetClock sets business time to now, also back.
func SetClock(ctx context.Context, db DB, now time.Time) error {
	_, err := db.Exec(ctx, "UPDATE clock SET shift = make_interval(secs => extract(epoch FROM $1::timestamptz - clock_timestamp())::float8)", now)
	if err != nil {
		return fmt.Errorf("setting the clock: %w", err)
	}
	return nil
}

// NextDue is the earliest instant at which time alone makes something happen, or
// nil when nothing waits for time.
func NextDue(ctx context.Context, db DB) (*time.Time, error) {
	var next *time.Time
	if err := db.QueryRow(ctx, "SELECT "+nextDue).Scan(&next); err != nil {
		return nil, fmt.Errorf("finding what is due next: %w", err)
	}
	return next, nil
}

const nextDue = `
	least(
		(SELECT min(at) FROM due),
		(SELECT min(until) FROM deferred),
		(SELECT min(at) FROM hits_due),
		(SELECT business_now() FROM happened LIMIT 1),
		(SELECT min(due_at) FROM handovers WHERE due_at IS NOT NULL),
		(SELECT min(due_at) FROM next_calls WHERE due_at IS NOT NULL),
		(SELECT min(look_at) FROM unconfirmed WHERE look_at IS NOT NULL),
		(SELECT min(review_at) FROM clients WHERE review_at IS NOT NULL))`

// LastDue is the latest of the instants that NextDue is the earliest of, but not
// after by; nil when there is none.
func LastDue(ctx context.Context, db DB, by time.Time) (*time.Time, error) {
	var last *time.Time
	err := db.QueryRow(ctx, `
		SELECT greatest(
			(SELECT max(at) FROM due WHERE at <= $1),
			(SELECT max(until) FROM deferred WHERE until <= $1),
			(SELECT max(at) FROM hits_due WHERE at <= $1),
			(SELECT max(due_at) FROM handovers WHERE due_at <= $1),
			(SELECT max(due_at) FROM next_calls WHERE due_at <= $1),
			(SELECT max(look_at) FROM unconfirmed WHERE look_at <= $1),
			(SELECT max(review_at) FROM clients WHERE review_at <= $1))`, by).Scan(&last)
	if err != nil {
		return nil, fmt.Errorf("finding what is due by %s: %w", by.Format(time.RFC3339), err)
	}
	return last, nil
}

// Ahead is what an advance of the clock goes by.
type Ahead struct {
	Now     time.Time
	Due     *time.Time // as NextDue
	Open    int        // as OpenChunks
	Waiting string
}

// LookAhead reads everything in one snapshot. In two, a letter that is planned in
// between would seem neither due nor under way, and the clock would leave it behind.
func LookAhead(ctx context.Context, db DB) (Ahead, error) {
	var a Ahead
	err := db.QueryRow(ctx, `
		SELECT business_now(), `+nextDue+`, count(*), coalesce(max(waiting), '') FROM chunks`).
		Scan(&a.Now, &a.Due, &a.Open, &a.Waiting)
	if err != nil {
		return a, fmt.Errorf("looking ahead of the clock: %w", err)
	}
	return a, nil
}

// CountDue counts what NextDue looks at and is due by now.
func CountDue(ctx context.Context, db DB, now time.Time) (int, error) {
	var n int
	err := db.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM due WHERE at <= $1)
		     + (SELECT count(*) FROM deferred WHERE until <= $1)
		     + (SELECT count(*) FROM hits_due WHERE at <= $1)
		     + (SELECT count(*) FROM handovers WHERE due_at <= $1)
		     + (SELECT count(*) FROM next_calls WHERE due_at <= $1)
		     + (SELECT count(*) FROM unconfirmed WHERE look_at <= $1)
		     + (SELECT count(*) FROM clients WHERE review_at <= $1)`, now).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting what is due: %w", err)
	}
	return n, nil
}

// LockClock waits until no other transaction advances the clock.
func LockClock(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7704, 0)"); err != nil {
		return fmt.Errorf("waiting for another advance of the clock: %w", err)
	}
	return nil
}

// AwaitPlanner waits until the planner that is at work, if any, has committed, and
// keeps others from planning until the transaction ends, or at once outside of one.
func AwaitPlanner(ctx context.Context, db DB) error {
	if _, err := db.Exec(ctx, "SELECT pg_advisory_xact_lock($1, 0)", plannerLock); err != nil {
		return fmt.Errorf("waiting for the planner: %w", err)
	}
	return nil
}
