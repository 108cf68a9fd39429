package engine

import (
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/store"
)

// BenchmarkEnrollSegment enrolls 100,000 clients by a segment in each round.
//
//	TEST_DATABASE_URL=… go test ./internal/engine -run '^$' -bench EnrollSegment -benchtime 3x
func BenchmarkEnrollSegment(b *testing.B) { benchmarkSegment(b, 100_000, false) }

// BenchmarkEnrollSegmentDryRun only tells what would happen.
func BenchmarkEnrollSegmentDryRun(b *testing.B) { benchmarkSegment(b, 100_000, true) }

func benchmarkSegment(b *testing.B, clients int, dryRun bool) {
	b.ReportAllocs()
	e, pool := open(b)
	base(b, pool, clients)
	request := EnrollRequest{Sequence: "manual", Segment: "everybody", DryRun: dryRun}
	for b.Loop() {
		b.StopTimer()
		change(b, pool, "TRUNCATE enrollments, due")
		b.StartTimer()
		if got := enrolled(b, e, pool, request); got.Enrolled != clients {
			b.Fatalf("%d are enrolled, %v are not", got.Enrolled, got.Reasons)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MB") // all that the process has had, tests and pool with it
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/segment")
}

// BenchmarkReview has the planner decide, in each round, which automatic sequences
// 20,000 new clients belong in.
func BenchmarkReview(b *testing.B) {
	const clients = 20_000
	b.ReportAllocs()
	e, pool := open(b)
	base(b, pool, clients)
	for b.Loop() {
		b.StopTimer()
		change(b, pool, "TRUNCATE enrollments, due; UPDATE clients SET review_at = business_now() - interval '1 day'")
		change(b, pool, "VACUUM ANALYZE clients")
		b.StartTimer()
		for reviewed := 0; reviewed < clients; {
			err := store.Tx(b.Context(), pool, func(tx pgx.Tx) error {
				now, err := store.Now(b.Context(), tx)
				if err != nil {
					return err
				}
				catalog, err := e.Catalog(b.Context(), tx)
				if err != nil {
					return err
				}
				p := &planning{engine: e, tx: tx, now: now, catalog: catalog}
				n, err := p.review(b.Context())
				reviewed += n
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N*clients), "µs/client")
}

// base is many clients, all of the segment "everybody" and mailable, and a sequence
// that takes them.
func base(tb testing.TB, pool *pgxpool.Pool, clients int) {
	tb.Helper()
	err := store.Tx(tb.Context(), pool, func(tx pgx.Tx) error {
		publication, err := store.LatestPublication(tb.Context(), tx)
		if err != nil {
			return err
		}
		_, err = store.SaveVersion(tb.Context(), tx, "manual", "sequences/manual.yaml", manualYAML, publication.ID)
		if err != nil {
			return err
		}
		return store.SaveSegment(tb.Context(), tx, store.Segment{Name: "everybody", Source: "segment: everybody\nwhere: { locale: [ru] }", Origin: "content"})
	})
	if err != nil {
		tb.Fatal(err)
	}
	change(tb, pool, `
		INSERT INTO clients (external_id, email, address, first_name, last_name, company, category, consent_basis, locale, time_zone, attributes, source)
		SELECT 'crm-' || i, 'c' || i || '@customer.example', 'c' || i || '@customer.example', 'Иван', 'Петров ' || i, 'ООО Ромашка ' || i % 1000, 'C', 'opt_in', 'ru',
			(ARRAY['Europe/Moscow', 'Asia/Omsk', 'Asia/Vladivostok', ''])[i % 4 + 1], '{"industry": "food", "power_kw": 75, "vip": true}', 'partner:ACME'
		FROM generate_series(1, $1) AS i`, clients)
	change(tb, pool, "ANALYZE clients")
}

const manualYAML = `
sequence: manual
audience: { category: C }
enroll: manual
steps:
  - { id: one, email: a, after: 3d }
  - { id: two, email: b, after: 21d }
`

func change(tb testing.TB, pool *pgxpool.Pool, sql string, args ...any) {
	tb.Helper()
	if _, err := pool.Exec(tb.Context(), sql, args...); err != nil {
		tb.Fatal(err)
	}
}

func enrolled(tb testing.TB, e *Engine, pool *pgxpool.Pool, r EnrollRequest) (result Enrolled) {
	tb.Helper()
	err := store.Tx(tb.Context(), pool, func(tx pgx.Tx) (err error) {
		result, err = e.Enroll(tb.Context(), tx, r)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return result
}
