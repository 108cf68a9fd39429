package sandbox

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/pgtest"
	"seventh/internal/store"
	"seventh/sequences"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// monday is where most stories begin: ahead of wall time, so that the clock can be
// moved there, and of the time the tests take.
var monday = time.Date(2090, time.March, 6, 10, 0, 0, 0, time.UTC)

// world is a sandbox whose planner is played by the test: a client is due at his
// review_at, and what happens then is up to onDue.
type world struct {
	db    *pgxpool.Pool
	clock *Clock
	plans int
	deeds []deed
	onDue func(ctx context.Context, client string, due time.Time) error
}

// deed is something the planner did.
type deed struct {
	Client string
	Due    time.Time
	Day    string // of business time when it was done
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.DB(t)}
	w.clock = &Clock{DB: w.db, Plan: w.plan, Log: slog.New(slog.DiscardHandler)}
	if err := w.clock.Start(t.Context(), monday); err != nil {
		t.Fatal(err)
	}
	return w
}

// plan takes whoever is due, in order, until nobody is.
func (w *world) plan(ctx context.Context) error {
	w.plans++
	for {
		var client string
		var due time.Time
		err := w.db.QueryRow(ctx, `
			WITH first AS (SELECT id, review_at FROM clients WHERE review_at <= business_now() ORDER BY review_at, id LIMIT 1)
			UPDATE clients c SET review_at = NULL FROM first WHERE c.id = first.id
			RETURNING c.external_id, first.review_at`).Scan(&client, &due)
		if err == pgx.ErrNoRows {
			return nil
		}
		if err != nil {
			return err
		}
		now, err := store.Now(ctx, w.db)
		if err != nil {
			return err
		}
		w.deeds = append(w.deeds, deed{Client: client, Due: due.UTC(), Day: now.Format(time.DateOnly)})
		if w.onDue == nil {
			continue
		}
		if err := w.onDue(ctx, client, due); err != nil {
			return err
		}
	}
}

// due makes a client due, new or known.
func (w *world) due(t testing.TB, client string, at time.Time) {
	t.Helper()
	w.exec(t, `INSERT INTO clients (external_id, review_at) VALUES ($1, $2)
		ON CONFLICT (external_id) DO UPDATE SET review_at = excluded.review_at`, client, at)
}

// dueAgain makes the client due again, as a planner does.
func (w *world) dueAgain(ctx context.Context, client string, at time.Time) error {
	_, err := w.db.Exec(ctx, "UPDATE clients SET review_at = $2 WHERE external_id = $1", client, at)
	return err
}

// mail puts a letter under way.
func (w *world) mail(ctx context.Context, waiting string) error {
	_, err := w.db.Exec(ctx, "INSERT INTO chunks (sender, message_ids, waiting) VALUES ('anna@example.com', '{1}', $1)", waiting)
	return err
}

// delivered settles all letters under way.
func (w *world) delivered(ctx context.Context) error {
	_, err := w.db.Exec(ctx, "DELETE FROM chunks")
	return err
}

func (w *world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// advance moves the clock and returns the time it shows then.
func (w *world) advance(t testing.TB, d string) time.Time {
	t.Helper()
	now, err := w.clock.Advance(t.Context(), duration(t, d))
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func (w *world) read(t testing.TB) store.Clock {
	t.Helper()
	clock, err := store.ReadClock(context.Background(), w.db)
	if err != nil {
		t.Fatal(err)
	}
	return clock
}

// clients are the deeds' clients, in order.
func (w *world) clients() []string {
	var list []string
	for _, d := range w.deeds {
		list = append(list, d.Client)
	}
	return list
}

func duration(t testing.TB, s string) sequences.Duration {
	t.Helper()
	d, err := sequences.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// day is the date on which t falls, which the seconds a test takes do not change.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
