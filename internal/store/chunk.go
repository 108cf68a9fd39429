package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Planned is a letter that the planner has decided on.
type Planned struct {
	ID           int64 // 0: a new letter; else one that was deferred before
	EnrollmentID int64
	ClientID     int64
	Step         string
	Occurrence   int  // of a repeat, from 1; 0 is 1
	Pooled       bool // of a repeat: no client gets its template twice
	Template     string
	DueAt        time.Time
	NotAfter     time.Time
}

// InsertChunk writes letters of one sender and the chunk that carries them. A
// letter that exists for its step already is left out, and so is one of a pool that
// the client has had: unique indexes are what keeps letters from being sent twice. It returns how many letters the chunk
// carries; with none there is no chunk.
func InsertChunk(ctx context.Context, db DB, sender string, letters []Planned) (chunk int64, carried int, err error) {
	guard := "(enrollment_id, step, occurrence)"
	if slices.ContainsFunc(letters, func(p Planned) bool { return p.Pooled }) {
		guard = "" // and the pool's; looking at both takes longer
	}
	err = db.QueryRow(ctx, fmt.Sprintf(`
		WITH chunk AS (SELECT nextval(pg_get_serial_sequence('chunks', 'id')) AS id),
		wanted AS (
			SELECT * FROM unnest(@id::bigint[], @enrollment_id::bigint[], @client_id::bigint[], @step::text[], @occurrence::int[], @pooled::boolean[], @template::text[],
				@due_at::timestamptz[], @not_after::timestamptz[]) AS w(id, enrollment_id, client_id, step, occurrence, pooled, template, due_at, not_after)
		), fresh AS (
			INSERT INTO messages (enrollment_id, client_id, step, occurrence, pooled, template, sender, chunk_id, due_at, not_after, at)
			SELECT w.enrollment_id, w.client_id, w.step, w.occurrence, w.pooled, w.template, @sender, chunk.id, w.due_at, w.not_after, w.due_at
			FROM wanted w, chunk WHERE w.id = 0 ORDER BY w.due_at, w.enrollment_id
			ON CONFLICT %s DO NOTHING
			RETURNING id
		), again AS (
			UPDATE messages m SET chunk_id = chunk.id, not_after = w.not_after, sender = @sender, reason = ''
			FROM wanted w, chunk WHERE w.id = m.id AND m.state = 'planned' AND m.chunk_id IS NULL
			RETURNING m.id
		), carried AS (SELECT id FROM fresh UNION ALL SELECT id FROM again)
		INSERT INTO chunks (id, sender, message_ids) OVERRIDING SYSTEM VALUE
		SELECT chunk.id, @sender, (SELECT array_agg(id ORDER BY id) FROM carried) FROM chunk WHERE EXISTS (SELECT 1 FROM carried)
		RETURNING id, cardinality(message_ids)`, guard), pgx.StrictNamedArgs{
		"sender":        sender,
		"id":            column(letters, func(p Planned) int64 { return p.ID }),
		"enrollment_id": column(letters, func(p Planned) int64 { return p.EnrollmentID }),
		"client_id":     column(letters, func(p Planned) int64 { return p.ClientID }),
		"step":          column(letters, func(p Planned) string { return p.Step }),
		"occurrence":    column(letters, Planned.occurrence),
		"pooled":        column(letters, func(p Planned) bool { return p.Pooled }),
		"template":      column(letters, func(p Planned) string { return p.Template }),
		"due_at":        column(letters, func(p Planned) time.Time { return p.DueAt }),
		"not_after":     column(letters, func(p Planned) time.Time { return p.NotAfter }),
	}).Scan(&chunk, &carried)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("planning %d letters of %s: %w", len(letters), sender, err)
	}
	return chunk, carried, nil
}

func (p Planned) occurrence() int { return max(1, p.Occurrence) }

// LettersBefore returns the enrollments among the new letters given whose step
// has a letter from before that is not on its way.
func LettersBefore(ctx context.Context, db DB, letters []Planned) ([]int64, error) {
	rows, err := db.Query(ctx, `
		SELECT m.enrollment_id FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[]) AS w(id, enrollment_id, step, occurrence)
		JOIN messages m ON m.enrollment_id = w.enrollment_id AND m.step = w.step AND m.occurrence = w.occurrence
		WHERE w.id = 0 AND m.state IN ('sent', 'failed', 'cancelled', 'unconfirmed')`,
		column(letters, func(p Planned) int64 { return p.ID }),
		column(letters, func(p Planned) int64 { return p.EnrollmentID }),
		column(letters, func(p Planned) string { return p.Step }),
		column(letters, Planned.occurrence))
	if err != nil {
		return nil, fmt.Errorf("finding steps that had their letter: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("finding steps that had their letter: %w", err)
	}
	return ids, nil
}

// Chunk is a chunk in a worker's hands.
type Chunk struct {
	ID         int64
	Sender     string
	Fence      int64
	MessageIDs []int64
	PerSecond  float64 // how fast its letters may go; 0 for no limit
}

// ClaimChunk is T1: it gives a chunk that nobody has to a worker, under a fence
// higher than any before. ErrNotFound: it is settled, or in other hands, or the
// worker has been declared dead.
func ClaimChunk(ctx context.Context, db DB, id int64, workerID int32) (Chunk, error) {
	c, err := one[Chunk](db.Query(ctx, `
		WITH living AS (SELECT id FROM workers WHERE id = $2 FOR KEY SHARE)
		UPDATE chunks k SET worker_id = living.id, fence = k.fence + 1, waiting = '' FROM living WHERE k.id = $1 AND k.worker_id IS NULL
		RETURNING k.id, k.sender, k.fence, k.message_ids, k.per_second`, id, workerID))
	if err != nil {
		return c, fmt.Errorf("claiming chunk %d: %w", id, err)
	}
	return c, nil
}

// ReleaseChunk ends a claim: the chunk goes when none of its letters is planned
// any more, else it waits for another worker, with the reason why, for five
// seconds at first and up to five minutes. Without a reason, as when a process stops,
// another one may have it at once. Whoever has an old fence changes nothing.
func ReleaseChunk(ctx context.Context, db DB, c Chunk, waiting string) error {
	_, err := db.Exec(ctx, `
		WITH mine AS (
			SELECT id, worker_id FROM chunks WHERE id = $1 AND fence = $2 FOR UPDATE
		), rest AS (
			SELECT coalesce(array_agg(m.id ORDER BY m.id), '{}') AS ids FROM messages m
			WHERE m.id = ANY($3) AND m.chunk_id = $1 AND m.state = 'planned'
		), gone AS (
			DELETE FROM chunks k USING mine, rest WHERE k.id = mine.id AND rest.ids = '{}'
		)
		UPDATE chunks k SET worker_id = NULL, waiting = $4, message_ids = rest.ids, attempts = CASE WHEN $4 = '' THEN 0 ELSE k.attempts + 1 END,
			retry_at = now() + CASE WHEN $4 = '' THEN interval '0' ELSE least(interval '5 seconds' * power(2, least(k.attempts, 6)), interval '5 minutes') END
		FROM mine, rest WHERE k.id = mine.id AND rest.ids <> '{}'`, c.ID, c.Fence, c.MessageIDs, waiting)
	if err != nil {
		return fmt.Errorf("releasing chunk %d: %w", c.ID, err)
	}
	return nil
}

// PacedChunks returns those of the chunks whose letters go at a pace.
func PacedChunks(ctx context.Context, db DB, ids []int64) ([]int64, error) {
	rows, err := db.Query(ctx, "SELECT id FROM chunks WHERE id = ANY($1) AND per_second > 0", ids)
	if err != nil {
		return nil, fmt.Errorf("finding paced chunks: %w", err)
	}
	paced, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("finding paced chunks: %w", err)
	}
	return paced, nil
}

// ForgottenChunks returns chunks that nobody has and whose wait is over, so that
// they get a job, and lets them wait again meanwhile.
func ForgottenChunks(ctx context.Context, db DB) ([]int64, error) {
	rows, err := db.Query(ctx, `
		UPDATE chunks SET retry_at = now() + least(interval '2 minutes' * power(2, least(attempts, 6)), interval '1 hour'), attempts = attempts + 1
		WHERE worker_id IS NULL AND retry_at <= now() RETURNING id`)
	if err != nil {
		return nil, fmt.Errorf("finding chunks that nobody has: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("finding chunks that nobody has: %w", err)
	}
	return ids, nil
}

// ChunksOf returns the chunks that the database says a worker has.
func ChunksOf(ctx context.Context, db DB, workerID int32) ([]Chunk, error) {
	chunks, err := all[Chunk](db.Query(ctx, "SELECT id, sender, fence, message_ids, per_second FROM chunks WHERE worker_id = $1", workerID))
	if err != nil {
		return nil, fmt.Errorf("listing the chunks of worker %d: %w", workerID, err)
	}
	return chunks, nil
}

// OpenChunks counts chunks with letters to be dealt with, and gives the reason
// why one of them waits, if any does.
func OpenChunks(ctx context.Context, db DB) (count int, waiting string, err error) {
	err = db.QueryRow(ctx, "SELECT count(*), coalesce(max(waiting), '') FROM chunks").Scan(&count, &waiting)
	if err != nil {
		return 0, "", fmt.Errorf("counting open chunks: %w", err)
	}
	return count, waiting, nil
}
