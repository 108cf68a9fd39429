package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

func TestYearOfTouchesHappensEachOnItsDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	w.due(t, "boris", monday.AddDate(0, 0, 2))
	w.onDue = func(ctx context.Context, client string, due time.Time) error {
		return w.dueAgain(ctx, client, due.AddDate(0, 0, 21))
	}

	now := w.advance(t, "12mo")

	if got := day(now); got != "2091-03-06" {
		t.Errorf("a year later it is %s", got)
	}
	var want []deed
	for due := monday.AddDate(0, 0, 1); due.Before(monday.AddDate(1, 0, 0)); due = due.AddDate(0, 0, 21) {
		want = append(want, deed{"anna", due, day(due)})
		if next := due.AddDate(0, 0, 1); next.Before(monday.AddDate(1, 0, 0)) {
			want = append(want, deed{"boris", next, day(next)})
		}
	}
	if diff := cmp.Diff(want, w.deeds); diff != "" {
		t.Errorf("deeds (-want +got):\n%s", diff)
	}
	if clock := w.read(t); clock.Target != nil {
		t.Errorf("target %s is left", clock.Target)
	}
}

func TestWhatIsDueAfterTheTargetStaysUndone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 7))
	w.due(t, "boris", monday.AddDate(0, 0, 7).Add(time.Hour))

	w.advance(t, "1w")

	if diff := cmp.Diff([]string{"anna"}, w.clients()); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
}

func TestWhatIsDueInOneSecondIsPlannedTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := monday.AddDate(0, 0, 1)
	w.due(t, "first", second.Add(time.Microsecond))
	w.due(t, "last", second.Add(time.Second-time.Microsecond))
	w.due(t, "an hour later", second.Add(time.Hour))

	w.advance(t, "2d")

	if diff := cmp.Diff([]string{"first", "last", "an hour later"}, w.clients()); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
	if w.plans != 2 {
		t.Errorf("%d plans", w.plans)
	}
}

func TestSecondEndsAtTheTarget(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ due, target, want time.Duration }{ // after Monday, 10:00
		{0, time.Hour, time.Second - time.Microsecond},
		{time.Microsecond, time.Hour, time.Second - time.Microsecond},
		{time.Second - time.Microsecond, time.Hour, time.Second - time.Microsecond},
		{time.Second, time.Hour, 2*time.Second - time.Microsecond},
		{300 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond},
		{500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond},
	} {
		if got := endOfSecond(monday.Add(tt.due), monday.Add(tt.target)).Sub(monday); got != tt.want {
			t.Errorf("due at %s, target %s: %s, want %s", tt.due, tt.target, got, tt.want)
		}
	}
}

func TestWhatIsOverdueIsDoneBeforeTimeMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, -30))

	w.advance(t, "1mo")

	if diff := cmp.Diff([]deed{{"anna", monday.AddDate(0, 0, -30), day(monday)}}, w.deeds); diff != "" {
		t.Errorf("deeds (-want +got):\n%s", diff)
	}
}

func TestDeferredLettersAndEnrollmentsStopTheClockToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, "INSERT INTO deferred (message_id, until) VALUES (1, $1)", monday.AddDate(0, 0, 3))
	w.exec(t, "INSERT INTO clients (external_id) VALUES ('anna')")
	w.exec(t, "INSERT INTO publications (hash, published_at) VALUES ('', $1)", monday)
	w.exec(t, "INSERT INTO sequences (name) VALUES ('chain')")
	w.exec(t, `INSERT INTO sequence_versions (sequence_id, number, publication_id, path, source)
		SELECT s.id, 1, p.id, 'chain.yaml', '' FROM sequences s, publications p`)
	w.exec(t, `INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, next_at, started_at)
		SELECT c.id, v.sequence_id, v.id, 'api', 'first', $1, $2 FROM clients c, sequence_versions v`, monday.AddDate(0, 0, 5), monday)
	var days []string
	w.clock.Plan = func(ctx context.Context) error {
		now, err := store.Now(ctx, w.db)
		if err != nil {
			return err
		}
		days = append(days, day(now))
		w.exec(t, "DELETE FROM deferred WHERE until <= $1", now)
		w.exec(t, "UPDATE enrollments SET next_at = NULL WHERE next_at <= $1", now)
		w.exec(t, "DELETE FROM due WHERE at <= $1", now)
		return nil
	}

	w.advance(t, "1w")

	if diff := cmp.Diff([]string{day(monday.AddDate(0, 0, 3)), day(monday.AddDate(0, 0, 5))}, days); diff != "" {
		t.Errorf("days of plans (-want +got):\n%s", diff)
	}
}

func TestTimeStandsStillWhileALetterIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	w.due(t, "boris", monday.AddDate(0, 0, 9))
	var deliveries sync.WaitGroup
	var days []string // on which the worker saw the clock
	w.onDue = func(ctx context.Context, _ string, _ time.Time) error {
		if err := w.mail(ctx, ""); err != nil {
			return err
		}
		deliveries.Go(func() {
			for range 50 { // long enough for a clock that does not wait to get away
				now, err := w.clock.Now(ctx)
				if err != nil {
					t.Error(err)
				}
				days = append(days, day(now))
			}
			if err := w.delivered(ctx); err != nil {
				t.Error(err)
			}
		})
		return nil
	}

	w.advance(t, "1mo")
	deliveries.Wait()

	for i, got := range days {
		if want := day(monday.AddDate(0, 0, 1+i/50*8)); got != want {
			t.Fatalf("look %d at the clock showed %s instead of %s", i, got, want)
		}
	}
}

func TestLetterUnderWayIsWaitedForBeforeTheFirstStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.mail(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	w.due(t, "late", monday.AddDate(0, 0, 20))
	var delivery sync.WaitGroup
	delivery.Go(func() {
		// What follows from the letter is due before all that was known.
		_, err := w.db.Exec(t.Context(), `
			WITH settled AS (DELETE FROM chunks) INSERT INTO clients (external_id, review_at) VALUES ('early', $1)`, monday.AddDate(0, 0, 2))
		if err != nil {
			t.Error(err)
		}
	})

	w.advance(t, "1mo")
	delivery.Wait()

	if diff := cmp.Diff([]string{"early", "late"}, w.clients()); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}
}

func TestUnreachableMailServerEndsTheAdvanceWithItsReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	w.onDue = func(ctx context.Context, _ string, _ time.Time) error { return w.mail(ctx, "connection refused") }

	_, err := w.clock.Advance(t.Context(), duration(t, "21d"))

	if !errors.Is(err, ErrWaiting) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the error is %v", err)
	}
	clock := w.read(t)
	if clock.Target != nil || day(clock.Now) != day(monday.AddDate(0, 0, 1)) {
		t.Errorf("the clock stands at %s, target %v", clock.Now, clock.Target)
	}
}

func TestPlannerThatLeavesWhatIsDueEndsTheAdvance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	w.clock.Plan = func(context.Context) error { w.plans++; return nil }

	_, err := w.clock.Advance(t.Context(), duration(t, "21d"))

	if !errors.Is(err, ErrStuck) || !strings.Contains(err.Error(), "1 from 2090-03-07T10:00:00Z") {
		t.Errorf("the error is %v", err)
	}
	if clock := w.read(t); clock.Target != nil || day(clock.Now) != day(monday.AddDate(0, 0, 1)) {
		t.Errorf("the clock stands at %s, target %v", clock.Now, clock.Target)
	}
}

func TestPlannerThatTakesALittleAtATimeIsLetGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 10 {
		w.due(t, fmt.Sprint("client-", i), monday.AddDate(0, 0, 1))
	}
	w.clock.Plan = func(ctx context.Context) error { // the earliest instant stays the same nine times
		w.plans++
		_, err := w.db.Exec(ctx, `UPDATE clients SET review_at = NULL WHERE id = (SELECT min(id) FROM clients WHERE review_at IS NOT NULL)`)
		return err
	}

	w.advance(t, "2d")

	if w.plans != 10 {
		t.Errorf("%d plans", w.plans)
	}
}

func TestPlannerAtWorkElsewhereIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	var elsewhere sync.WaitGroup
	w.clock.Plan = func(ctx context.Context) error { // finds the planner's lock taken
		w.plans++
		if w.plans > 1 {
			return nil
		}
		tx, err := w.db.Begin(ctx)
		if err != nil {
			return err
		}
		if locked, err := store.LockPlanner(ctx, tx); !locked {
			t.Errorf("the planner's lock is taken: %v", err)
		}
		elsewhere.Go(func() { // it is done when somebody waits for it, not before
			var awaited bool
			for err == nil && !awaited {
				err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND classid = 7701 AND "+
					"database = (SELECT oid FROM pg_database WHERE datname = current_database()))").Scan(&awaited)
			}
			_, taken := tx.Exec(ctx, "UPDATE clients SET review_at = NULL")
			if err := errors.Join(err, taken, tx.Commit(ctx)); err != nil {
				t.Error(err)
			}
		})
		return nil
	}

	now := w.advance(t, "2d")
	elsewhere.Wait()

	if got := day(now); got != day(monday.AddDate(0, 0, 2)) || w.plans > 2 {
		t.Errorf("it is %s after %d plans", got, w.plans)
	}
}

func TestFailingPlannerEndsTheAdvance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	broken := errors.New("no such step")
	w.clock.Plan = func(context.Context) error { return broken }

	if _, err := w.clock.Advance(t.Context(), duration(t, "21d")); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	if clock := w.read(t); clock.Target != nil {
		t.Errorf("target %s is left", clock.Target)
	}
}

func TestNobodyElseMovesTheClockDuringAnAdvance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.due(t, "anna", monday.AddDate(0, 0, 1))
	w.onDue = func(ctx context.Context, _ string, _ time.Time) error {
		return pgx.BeginFunc(ctx, w.db, func(tx pgx.Tx) error {
			var free bool
			if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(7704, 0)").Scan(&free); err != nil {
				return err
			}
			if free {
				t.Error("another process could advance the clock at the same time")
			}
			return nil
		})
	}

	w.advance(t, "2d")

	if len(w.deeds) != 1 {
		t.Errorf("%d deeds", len(w.deeds))
	}
}

// BenchmarkStep measures what a due instant costs beside planning and delivery.
func BenchmarkStep(b *testing.B) {
	w := newWorld(b)
	for i := range b.N {
		w.due(b, fmt.Sprint("client-", i), monday.Add(time.Duration(i+1)*time.Minute))
	}
	w.clock.Plan = func(ctx context.Context) error {
		_, err := w.db.Exec(ctx, "UPDATE clients SET review_at = NULL WHERE review_at <= business_now()")
		return err
	}
	b.ResetTimer()
	w.advance(b, "60mo")
}
