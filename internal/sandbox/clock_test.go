package sandbox

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/sequences"
)

func TestAdvanceCountsByTheCalendar(t *testing.T) {
	t.Parallel()
	sunday := time.Date(2026, time.March, 8, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		length string
		want   time.Time
	}{
		{"30m", sunday.Add(30 * time.Minute)},
		{"12h", sunday.Add(12 * time.Hour)},
		{"21d", time.Date(2026, time.March, 29, 10, 0, 0, 0, time.UTC)},
		{"3w", time.Date(2026, time.March, 29, 10, 0, 0, 0, time.UTC)},
		{"1mo", time.Date(2026, time.April, 8, 10, 0, 0, 0, time.UTC)},
		{"5bd", time.Date(2026, time.March, 13, 10, 0, 0, 0, time.UTC)}, // 9 March is a day off in Russia, but no weekend
		{"60mo", time.Date(2031, time.March, 8, 10, 0, 0, 0, time.UTC)},
	} {
		got, err := destination(sunday, duration(t, tt.length))
		if err != nil || !got.Equal(tt.want) {
			t.Errorf("%s from %s is %s, %v; want %s", tt.length, sunday, got, err, tt.want)
		}
	}
}

func TestAdvanceOutOfRangeIsRefused(t *testing.T) {
	t.Parallel()
	for _, d := range []sequences.Duration{
		{},
		{N: 5},
		{N: 0, Unit: sequences.Day},
		{N: -1, Unit: sequences.Day},
		{N: -1 << 62, Unit: sequences.BusinessDay},
		{N: 61, Unit: sequences.Month},
		{N: 1828, Unit: sequences.Day},
		{N: 5*366*24*60 + 1, Unit: sequences.Minute},
		{N: 1 << 62, Unit: sequences.Hour},
		{N: 1 << 62, Unit: sequences.BusinessDay},
	} {
		if got, err := destination(monday, d); !errors.Is(err, ErrRange) {
			t.Errorf("%s leads to %s, %v", d, got, err)
		}
	}
}

func TestRefusedAdvanceLeavesTheClockAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.read(t)

	_, err := w.clock.Advance(t.Context(), sequences.Duration{N: -3, Unit: sequences.Week})

	if !errors.Is(err, ErrRange) {
		t.Errorf("the error is %v", err)
	}
	if after := w.read(t); after.Shift != before.Shift || after.Target != nil {
		t.Errorf("the clock was touched: %+v", after)
	}
}

func TestInterruptedAdvanceIsResumedAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	w.due(t, "boris", monday.AddDate(0, 0, 9))
	interrupt(t, w, "21d")

	clock := w.read(t)
	if clock.Target == nil || day(*clock.Target) != day(monday.AddDate(0, 0, 21)) {
		t.Fatalf("the target is %v", clock.Target)
	}
	if got := day(clock.Now); got != day(monday.AddDate(0, 0, 1)) {
		t.Errorf("the interrupted clock shows %s", got)
	}

	restarted := &Clock{DB: w.db, Plan: w.plan, Log: w.clock.Log}
	if err := restarted.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"anna", "boris"}, w.clients()); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
	if clock := w.read(t); clock.Target != nil || day(clock.Now) != day(monday.AddDate(0, 0, 21)) {
		t.Errorf("the clock stands at %s, target %v", clock.Now, clock.Target)
	}
}

func TestInterruptedAdvanceIsFinishedByTheNextOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	w.due(t, "boris", monday.AddDate(0, 0, 9))
	interrupt(t, w, "21d")

	now := w.advance(t, "1d")

	if got := day(now); got != day(monday.AddDate(0, 0, 22)) {
		t.Errorf("it is %s", got)
	}
	if diff := cmp.Diff([]string{"anna", "boris"}, w.clients()); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
}

// interrupt begins an advance and ends it when the first one due has been dealt with.
func interrupt(t *testing.T, w *world, d string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w.onDue = func(context.Context, string, time.Time) error { cancel(); return nil }
	if _, err := w.clock.Advance(ctx, duration(t, d)); !errors.Is(err, context.Canceled) {
		t.Fatalf("the interrupted advance ended with %v", err)
	}
	w.onDue = nil
}

func TestNothingIsResumedWithoutATarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	if err := w.clock.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := day(w.read(t).Now); got != day(monday) || w.plans != 0 {
		t.Errorf("it is %s after %d plans", got, w.plans)
	}
}

func TestAdvancesAtTheSameTimeAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := &Clock{DB: w.db, Plan: w.plan, Log: w.clock.Log} // another process
	done := make(chan error)
	// More than the pool has connections: whoever waits must not starve whoever moves.
	for i := range 20 {
		clock := w.clock
		if i%2 == 0 {
			clock = other
		}
		go func() {
			_, err := clock.Advance(t.Context(), duration(t, "1d"))
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := day(w.read(t).Now); got != day(monday.AddDate(0, 0, 20)) {
		t.Errorf("it is %s", got)
	}
}

func TestClockIsStartedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.clock.Start(t.Context(), monday.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	now, err := w.clock.Now(t.Context())
	if err != nil || day(now) != day(monday) {
		t.Errorf("it is %s, %v", now, err)
	}
}

func TestGoneDatabaseIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Close()
	if _, err := w.clock.Advance(t.Context(), duration(t, "1d")); err == nil {
		t.Error("the clock was advanced without a database")
	}
	if err := w.clock.Resume(t.Context()); err == nil {
		t.Error("an advance was resumed without a database")
	}
	if err := w.clock.Start(t.Context(), monday); err == nil {
		t.Error("the clock was started without a database")
	}
}

func TestDemoStartsOnAWorkingMorning(t *testing.T) {
	t.Parallel()
	moscow := zone(t, "Europe/Moscow")
	for _, tt := range []struct{ name, now, want string }{
		{"earlier that day", "2026-03-04T08:00:00+03:00", "2026-03-04T10:00:00+03:00"},
		{"just then", "2026-03-04T10:00:00+03:00", "2026-03-04T10:00:00+03:00"},
		{"later that day", "2026-03-04T10:00:01+03:00", "2026-03-05T10:00:00+03:00"},
		{"Friday afternoon", "2026-03-06T15:00:00+03:00", "2026-03-09T10:00:00+03:00"},
		{"Sunday", "2026-03-08T09:00:00+03:00", "2026-03-09T10:00:00+03:00"},
		{"Sunday in UTC, Monday here", "2026-03-08T22:00:00Z", "2026-03-09T10:00:00+03:00"},
		{"New Year's Eve", "2026-12-31T18:00:00+03:00", "2027-01-01T10:00:00+03:00"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := NextWorkingMorning(now, moscow).Format(time.RFC3339); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestWorkingMorningSurvivesADayThatWasSkipped(t *testing.T) {
	t.Parallel()
	apia := zone(t, "Pacific/Apia") // had no Friday, 30 December 2011
	got := NextWorkingMorning(time.Date(2011, time.December, 29, 12, 0, 0, 0, apia), apia)
	if want := time.Date(2012, time.January, 2, 10, 0, 0, 0, apia); !got.Equal(want) {
		t.Errorf("%s, want %s", got, want)
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
