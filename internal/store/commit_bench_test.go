package store_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

// BenchmarkGroupCommit settles letters that were sent (T3) and lets the next ones
// through (T2), 25 of each in a commit, as half of fifty connections do.
//
//	TEST_DATABASE_URL=… go test ./internal/store -run '^$' -bench GroupCommit
//
// Without that variable the server is the throw-away one, which does not sync.
func BenchmarkGroupCommit(b *testing.B) {
	const letters, batch = 20_000, 25
	pool := pgtest.DB(b)
	exec := func(sql string, args ...any) {
		if _, err := pool.Exec(b.Context(), sql, args...); err != nil {
			b.Fatal(err)
		}
	}
	exec("INSERT INTO publications (hash, published_at) VALUES ('', now())")
	exec("INSERT INTO sequences (name) VALUES ('hello')")
	exec("INSERT INTO sequence_versions (sequence_id, number, publication_id, path, source) VALUES (1, 1, 1, 'hello.yaml', '')")
	exec(`INSERT INTO clients (external_id, address, consent_basis) SELECT i, i || '@client.example', 'opt_in' FROM generate_series(1, $1) i`, letters)
	exec("INSERT INTO workers (host, pid) VALUES ('bench', 1)")
	b.ReportAllocs()
	done := letters // written so far
	for b.Loop() {
		if done+batch > letters {
			b.StopTimer()
			refill(b, pool, letters)
			done = 0
			b.StartTimer()
		}
		commitNext(b, pool, done, batch)
		done += batch
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*batch), "µs/letter")
}

// refill has all letters planned, and in the hands of the one worker.
func refill(b *testing.B, pool *pgxpool.Pool, letters int) {
	for _, sql := range []string{
		"TRUNCATE enrollments, messages, chunks, transmissions, contents, due RESTART IDENTITY",
		fmt.Sprintf(`INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, started_at) SELECT i, 1, 1, 'api', 'one', now() FROM generate_series(1, %d) i`, letters),
		fmt.Sprintf(`INSERT INTO messages (enrollment_id, client_id, step, template, sender, chunk_id, due_at, not_after, at)
			SELECT i, i, 'one', 'letter', 'ann@firm.example', 1, now(), '2100-01-01', now() FROM generate_series(1, %d) i`, letters),
		"INSERT INTO chunks (sender, message_ids, worker_id, fence) VALUES ('ann@firm.example', '{}', 1, 1)",
		"VACUUM ANALYZE",
	} {
		if _, err := pool.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
}

// commitNext lets a batch through and settles the one before it.
func commitNext(b *testing.B, pool *pgxpool.Pool, from, batch int) {
	group := store.GroupCommit{Now: noon, WorkerID: 1, Consents: []string{optIn}}
	next := noon.AddDate(0, 0, 21)
	for i := range batch {
		id := int64(from + i + 1)
		content := store.Content{Subject: "A letter", Recipient: fmt.Sprintf("%d@client.example", id), LetterHash: make([]byte, 32), Personal: make([]byte, 700)}
		group.Wanted = append(group.Wanted, store.Transmit{Content: content, MessageID: id, ChunkID: 1, Fence: 1, Sequence: "hello"})
		if from > 0 {
			group.Sent = append(group.Sent, store.Settlement{
				MessageID: id - int64(batch), ChunkID: 1, Fence: 1, State: "sent", At: noon, Response: "250 2.0.0 taken", LastStep: "one", NextStep: "two", NextAt: &next,
				ContentRef: store.ContentRef{ContentID: int64(from / batch), Place: i + 1},
			})
		}
	}
	if from > 0 {
		group.Settled = []int64{int64(from / batch)}
	}
	passed, err := store.CommitGroup(b.Context(), pool, group)
	if err != nil || len(passed.MessageIDs) != batch {
		b.Fatal(len(passed.MessageIDs), err)
	}
}
