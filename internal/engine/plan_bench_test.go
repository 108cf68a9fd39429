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

// BenchmarkPlan plans a thousand letters that are due, without and with limits.
func BenchmarkPlan(b *testing.B) {
	for name, settings := range map[string]string{
		"without limits": "time_zone: UTC\nfallback_sender: ann\nsenders: { ann: { email: ann@firm.example } }\n",
		"with limits": "time_zone: UTC\nfallback_sender: ann\nsenders: { ann: { email: ann@firm.example, daily_limit: 1000000, rate: 900000/s } }\n" +
			"limits: { client: { letters: 9, in: 7d }, company: { letters: 900, in: 7d }, providers: { gmail: { daily_limit: 1000000 } }, human: { quiet: 3d, open_deals: wait } }\n" +
			"breakers: { bounces: { over: 5%, of: 200 } }\n",
	} {
		b.Run(name, func(b *testing.B) { benchmarkPlan(b, settings) })
	}
}

func benchmarkPlan(b *testing.B, settings string) {
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
	err = store.Tx(b.Context(), pool, func(tx pgx.Tx) error {
		id, err := store.InsertPublication(b.Context(), tx, []byte("hash"), time.Now(), map[string][]byte{"seventh.yaml": []byte(settings)})
		if err != nil {
			return err
		}
		_, err = store.SaveVersion(b.Context(), tx, "mass", "sequences/mass.yaml", "sequence: mass\nsender: ann\nsteps:\n  - { id: one, email: a }\n", id)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	exec(`INSERT INTO clients (external_id, email, address, consent_basis)
		SELECT 'c' || n, 'c' || n || '@firm' || n % 200 || '.example', 'c' || n || '@firm' || n % 200 || '.example', 'opt_in' FROM generate_series(1, 1000) n`)
	exec("ANALYZE")
	b.ReportAllocs()
	letters := 0
	for b.Loop() {
		b.StopTimer()
		exec("TRUNCATE messages, chunks, enrollments, due, river_job")
		exec(`INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, next_at, started_at)
			SELECT c.id, s.id, s.version_id, 'api', 'one', now() - interval '1 minute', now() FROM clients c, sequences s`)
		b.StartTimer()
		planned, err := e.Plan(b.Context())
		if err != nil || planned.Due != 1000 {
			b.Fatal(planned, err)
		}
		letters += planned.Due
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(letters), "µs/letter")
	var sent int
	if err := pool.QueryRow(b.Context(), "SELECT count(*) FROM messages").Scan(&sent); err != nil || sent != 1000 {
		b.Fatal(fmt.Sprint(sent, " letters "), err)
	}
}
