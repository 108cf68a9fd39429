package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

func TestBusinessTimeRunsOnFromWhereItWasSet(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	before := must(store.ReadClock(ctx, o.db))(t)
	if before.Shift != 0 || before.Target != nil {
		t.Errorf("a new clock is shifted by %v towards %v", before.Shift, before.Target)
	}
	goal := before.Now.AddDate(0, 0, 21)
	ok(t, store.SetTarget(ctx, o.db, &goal))
	ok(t, store.MoveClock(ctx, o.db, goal))

	clock := must(store.ReadClock(ctx, o.db))(t)
	if clock.Now.Before(goal) || clock.Target == nil || !clock.Target.Equal(goal) {
		t.Errorf("moved to %v, the clock says %v on its way to %v", goal, clock.Now, clock.Target)
	}
	if days := clock.Shift.Round(time.Hour) / (24 * time.Hour); days != 21 {
		t.Errorf("shifted by %v, want 21 days", clock.Shift)
	}
	if now := must(store.Now(ctx, o.db))(t); now.Before(clock.Now) || now.Location() != time.UTC {
		t.Errorf("the time is %v after %v", now, clock.Now)
	}
	ok(t, store.SetTarget(ctx, o.db, nil))
	if clock := must(store.ReadClock(ctx, o.db))(t); clock.Target != nil {
		t.Errorf("on its way to %v after the arrival", clock.Target)
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ahead := must(store.Now(ctx, o.db))(t).Add(48 * time.Hour)
	ok(t, store.MoveClock(ctx, o.db, ahead))
	shift := must(store.ReadClock(ctx, o.db))(t).Shift
	for _, back := range []time.Time{ahead.Add(-time.Hour), ahead.Add(-1000 * time.Hour)} {
		ok(t, store.MoveClock(ctx, o.db, back))
		if clock := must(store.ReadClock(ctx, o.db))(t); clock.Shift != shift || clock.Now.Before(ahead) {
			t.Errorf("moved back to %v, the clock says %v", back, clock.Now)
		}
	}
}

func TestMovedClockTellsWhoListens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	conn := must(pgx.ConnectConfig(ctx, o.db.Config().ConnConfig))(t)
	defer func() { ok(t, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+store.ClockChannel+"; LISTEN "+store.PlanChannel); err != nil {
		t.Fatal(err)
	}
	ok(t, store.MoveClock(ctx, o.db, must(store.Now(ctx, o.db))(t).Add(time.Hour)))
	ok(t, store.Notify(ctx, o.db, store.PlanChannel))
	for _, want := range []string{store.ClockChannel, store.PlanChannel} {
		if got := must(conn.WaitForNotification(ctx))(t).Channel; got != want {
			t.Errorf("heard of %s, want %s", got, want)
		}
	}
}

// What is due next is the earliest of an enrollment's step, a letter put off and
// a client's review.
func TestNextDueIsTheEarliestOfAll(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	next := func() time.Time {
		t.Helper()
		due, ahead := must(store.NextDue(ctx, o.db))(t), must(store.LookAhead(ctx, o.db))(t)
		if (due == nil) != (ahead.Due == nil) || due != nil && !due.Equal(*ahead.Due) {
			t.Errorf("due next at %v, looking ahead at %v", due, ahead.Due)
		}
		if due == nil {
			return time.Time{}
		}
		return *due
	}
	if got := next(); !got.IsZero() {
		t.Errorf("nothing waits, and yet something is due at %v", got)
	}
	chunk, list := o.claimed("ann", "bob", "carol")
	if got := next(); !got.IsZero() {
		t.Errorf("letters are under way, and yet something is due at %v", got)
	}
	if ahead := must(store.LookAhead(ctx, o.db))(t); ahead.Open != 1 || ahead.Now.IsZero() {
		t.Errorf("looking ahead: %+v", ahead)
	}
	hour := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	three, one := hour(3), hour(1)
	ok(t, store.MoveEnrollments(ctx, o.db, []store.Move{{EnrollmentID: list[1].ID, NextStep: "case", NextAt: &three}}))
	if got := next(); !got.Equal(three) {
		t.Errorf("due next at %v, want bob's step at %v", got, three)
	}
	ok(t, store.Defer(ctx, o.db, chunk.MessageIDs[:1], []time.Time{hour(2)}, []string{"window"}))
	if got := next(); !got.Equal(hour(2)) {
		t.Errorf("due next at %v, want ann's letter at %v", got, hour(2))
	}
	ok(t, store.SetReviews(ctx, o.db, []int64{list[2].ClientID}, []*time.Time{&one}))
	if got := next(); !got.Equal(one) {
		t.Errorf("due next at %v, want carol's review at %v", got, one)
	}
	for h, want := range []int{0, 1, 2, 3} {
		if got := must(store.CountDue(ctx, o.db, hour(h)))(t); got != want {
			t.Errorf("%d things are due after %d hours, want %d", got, h, want)
		}
	}
	for _, tc := range []struct{ by, last int }{{1, 1}, {2, 2}, {4, 3}} {
		if got := must(store.LastDue(ctx, o.db, hour(tc.by)))(t); got == nil || !got.Equal(hour(tc.last)) {
			t.Errorf("due last by %v at %v, want %v", hour(tc.by), got, hour(tc.last))
		}
	}
	if got := must(store.LastDue(ctx, o.db, noon))(t); got != nil {
		t.Errorf("due by noon at %v, want nothing", got)
	}
}

func TestOneAdvanceAtATime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	first := must(o.db.Begin(ctx))(t)
	ok(t, store.LockClock(ctx, first))
	second := make(chan error)
	go func() {
		second <- store.Tx(ctx, o.db, func(tx pgx.Tx) error { return store.LockClock(ctx, tx) })
	}()
	o.somebodyWaits()
	ok(t, first.Commit(ctx))
	ok(t, <-second)
}
