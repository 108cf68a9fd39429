package engine

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

// BenchmarkCadence is what twenty thousand clients with categories, all waiting for
// a letter, cost: to review, to give another pace, to make tasks for, and to look how
// long their letters last.
func BenchmarkCadence(b *testing.B) {
	const clients = 20_000
	pool := pgtest.DB(b)
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{})
	if err != nil {
		b.Fatal(err)
	}
	e := &Engine{DB: pool, Jobs: jobs, Log: slog.New(slog.DiscardHandler)}
	exec := func(sql string, args ...any) {
		if _, err := pool.Exec(b.Context(), sql, args...); err != nil {
			b.Fatal(err)
		}
	}
	editions := 0
	publish := func(categories string) {
		editions++
		err := store.Tx(b.Context(), pool, func(tx pgx.Tx) error {
			id, err := store.InsertPublication(b.Context(), tx, []byte(fmt.Sprint(editions)), time.Now(), map[string][]byte{"seventh.yaml": []byte(cadenceYAML + categories)})
			if err == nil {
				_, err = store.SaveVersion(b.Context(), tx, "nurture", "sequences/nurture.yaml", fmt.Sprintf(paceYAML, "nurture", "C"), id)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	// all plans until nothing is due and returns what it was.
	all := func() (sum Planned) {
		for {
			planned, err := e.Plan(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if !planned.Any() {
				return sum
			}
			sum.Reviewed, sum.Calls, sum.Retimed = sum.Reviewed+planned.Reviewed, sum.Calls+planned.Calls, sum.Retimed+planned.Retimed
		}
	}
	publish("")
	exec(`INSERT INTO clients (external_id, email, address, consent_basis, category)
		SELECT 'c' || n, 'c' || n || '@firm' || n % 2000 || '.example', 'c' || n || '@firm' || n % 2000 || '.example', 'opt_in', 'C' FROM generate_series(1, $1) n`, clients)
	exec(`INSERT INTO enrollments (client_id, sequence_id, version_id, origin, last_step, next_step, next_at, started_at, anchor_at)
		SELECT c.id, s.id, s.version_id, 'api', 'one', CASE WHEN c.id % 2 = 0 THEN 'two' ELSE 'tips' END, now() + make_interval(mins => (c.id % 30000)::int + 600), now(), now() FROM clients c, sequences s`)
	exec("ANALYZE")
	all()
	each := func(name string, prepare func(), count func() int) {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				b.StopTimer()
				prepare()
				b.StartTimer()
				if n = count(); n != clients {
					b.Fatalf("%d of %d", n, clients)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*clients), "µs/client")
		})
	}
	review := func() {
		exec("UPDATE clients SET review_at = now()")
		exec("VACUUM ANALYZE clients")
	}
	reviewed := func() int { return all().Reviewed }
	each("first review", func() { exec("TRUNCATE next_calls"); review() }, reviewed)
	each("review", review, reviewed)
	spans := []string{"2w", "4w", "5w"}
	each("review with another pace", func() { publish("categories: { C: { calls: " + spans[editions%3] + " } }\n"); review() }, reviewed)
	each("letters at another pace", func() { publish("categories: { C: { letters: " + spans[editions%3] + " } }\n") }, func() int { return all().Retimed })
	each("tasks", func() { exec("TRUNCATE tasks"); exec("UPDATE next_calls SET due_at = now()") }, func() int { return all().Calls })
	each("runway", func() {}, func() int {
		list, err := e.Runway(b.Context(), pool, time.Now())
		if err != nil || len(list) != 1 {
			b.Fatal(list, err)
		}
		return list[0].Clients
	})
}
