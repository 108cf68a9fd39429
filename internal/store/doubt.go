package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// doubtReason is what people read on a letter that a restore has put in doubt, and
// how those letters are found again.
const doubtReason = "a backup was restored: this letter may have been sent after the backup was made"

// Doubt is a letter that may have gone out in the time that a restored backup does
// not know of.
type Doubt struct {
	MessageID    int64
	EnrollmentID int64
	Client       string // external id
	Email        string
	Sequence     string
	Step         string
	DueAt        time.Time
}

// HoldPlanned makes the planned letters that were due by now unconfirmed, and holds
// their enrollments. Nothing may be in a worker's hands.
func HoldPlanned(ctx context.Context, tx pgx.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `
		WITH doubtful AS (
			UPDATE messages m SET state = 'unconfirmed', reason = $2, chunk_id = NULL
			WHERE m.state = 'planned' AND NOT EXISTS (SELECT 1 FROM deferred d WHERE d.message_id = m.id AND d.until > $1)
			RETURNING m.id, m.enrollment_id, $1::timestamptz AS at, NULL::timestamptz AS look_at
		), listed AS (`+noteUnconfirmed+`), undeferred AS (
			DELETE FROM deferred WHERE message_id IN (SELECT id FROM doubtful)
		), emptied AS (
			DELETE FROM chunks WHERE worker_id IS NULL
		)
		UPDATE enrollments e SET waiting = 'unconfirmed', next_at = NULL FROM doubtful d WHERE e.id = d.enrollment_id AND e.state <> 'ended'`,
		now, doubtReason)
	if err != nil {
		return fmt.Errorf("holding letters that may have been sent: %w", err)
	}
	return nil
}

// DueEnrollments locks up to limit active enrollments with an id above after whose
// step was due by now, or that started now, by id.
func DueEnrollments(ctx context.Context, tx pgx.Tx, now time.Time, after int64, limit int) ([]Enrollment, error) {
	list, err := all[Enrollment](tx.Query(ctx, "SELECT"+enrollmentColumns+`
		WHERE e.state = 'active' AND e.next_at IS NOT NULL AND (e.next_at <= $1 OR e.started_at = $1) AND e.id > $2
		ORDER BY e.id LIMIT $3 FOR UPDATE OF e`, now, after, limit))
	if err != nil {
		return nil, fmt.Errorf("listing enrollments whose letter may have been sent: %w", err)
	}
	return list, nil
}

// AddDoubts writes letters for steps that have none, in the state given, unconfirmed
// or sent; an unconfirmed one holds its enrollment. A step that has a letter keeps it.
func AddDoubts(ctx context.Context, tx pgx.Tx, letters []Planned, state string) error {
	_, err := tx.Exec(ctx, `
		WITH wanted AS (
			SELECT * FROM unnest(@enrollment_id::bigint[], @client_id::bigint[], @step::text[], @template::text[], @due_at::timestamptz[])
				AS w(enrollment_id, client_id, step, template, due_at)
		), added AS (
			INSERT INTO messages (enrollment_id, client_id, step, template, sender, state, reason, due_at, not_after, at, sent_at)
			SELECT enrollment_id, client_id, step, template, '', @state, @reason, due_at, due_at, due_at, CASE WHEN @state = 'sent' THEN due_at END FROM wanted
			ON CONFLICT (enrollment_id, step, occurrence) DO NOTHING
			RETURNING id, enrollment_id
		), doubtful AS (
			SELECT id, business_now() AS at, NULL::timestamptz AS look_at FROM added WHERE @state = 'unconfirmed'
		), listed AS (`+noteUnconfirmed+`)
		UPDATE enrollments e SET waiting = 'unconfirmed', next_at = NULL FROM added a WHERE e.id = a.enrollment_id AND @state = 'unconfirmed'`, pgx.StrictNamedArgs{
		"state": state, "reason": doubtReason,
		"enrollment_id": column(letters, func(p Planned) int64 { return p.EnrollmentID }),
		"client_id":     column(letters, func(p Planned) int64 { return p.ClientID }),
		"step":          column(letters, func(p Planned) string { return p.Step }),
		"template":      column(letters, func(p Planned) string { return p.Template }),
		"due_at":        column(letters, func(p Planned) time.Time { return p.DueAt }),
	})
	if err != nil {
		return fmt.Errorf("writing down %d letters that may have been sent: %w", len(letters), err)
	}
	return nil
}

// Doubts returns up to limit letters with an id above after that a restore has put
// in doubt and nobody has decided about, by id.
func Doubts(ctx context.Context, db DB, after int64, limit int) ([]Doubt, error) {
	list, err := all[Doubt](db.Query(ctx, `
		SELECT m.id AS message_id, m.enrollment_id, c.external_id AS client, c.email, s.name AS sequence, m.step, m.due_at
		FROM messages m JOIN clients c ON c.id = m.client_id JOIN enrollments e ON e.id = m.enrollment_id JOIN sequences s ON s.id = e.sequence_id
		WHERE m.state = 'unconfirmed' AND m.reason = $1 AND m.id > $2 ORDER BY m.id LIMIT $3`, doubtReason, after, limit))
	if err != nil {
		return nil, fmt.Errorf("listing letters that may have been sent: %w", err)
	}
	return list, nil
}

// SendDoubts lets letters in doubt be planned again, and their enrollments go on
// with them. It returns how many there are.
func SendDoubts(ctx context.Context, tx pgx.Tx, now time.Time) (int64, error) {
	var count int64
	err := tx.QueryRow(ctx, `
		WITH freed AS (
			UPDATE messages SET state = 'planned', reason = '' WHERE state = 'unconfirmed' AND reason = $1 RETURNING id, enrollment_id
		), queued AS (
			INSERT INTO deferred (message_id, until) SELECT id, $2 FROM freed ON CONFLICT (message_id) DO UPDATE SET until = excluded.until
		), woken AS (
			UPDATE enrollments e SET waiting = '' FROM freed f WHERE e.id = f.enrollment_id AND e.waiting = 'unconfirmed'
		)
		SELECT count(*) FROM freed`, doubtReason, now).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("planning letters in doubt again: %w", err)
	}
	return count, nil
}

// AssumeSent makes letters in doubt sent, each on the day it was due. It returns
// their enrollments that have not ended, which stand where they stood.
func AssumeSent(ctx context.Context, tx pgx.Tx) (letters int64, enrollments []int64, err error) {
	err = tx.QueryRow(ctx, `
		WITH assumed AS (
			UPDATE messages SET state = 'sent', sent_at = due_at, reason = 'assumed: a backup was restored that does not know of it'
			WHERE state = 'unconfirmed' AND reason = $1 RETURNING enrollment_id
		)
		SELECT count(*), coalesce(array_agg(DISTINCT e.id) FILTER (WHERE e.waiting = 'unconfirmed' AND e.state <> 'ended'), '{}')
		FROM assumed a JOIN enrollments e ON e.id = a.enrollment_id`, doubtReason).Scan(&letters, &enrollments)
	if err != nil {
		return 0, nil, fmt.Errorf("assuming letters in doubt to be sent: %w", err)
	}
	return letters, enrollments, nil
}

// LastDueOf returns, by enrollment, when the last of its letters was due.
func LastDueOf(ctx context.Context, db DB, ids []int64) (map[int64]time.Time, error) {
	rows, err := db.Query(ctx, "SELECT enrollment_id, max(due_at) FROM messages WHERE enrollment_id = ANY($1) GROUP BY enrollment_id", ids)
	if err != nil {
		return nil, fmt.Errorf("dating the last letters of %d enrollments: %w", len(ids), err)
	}
	last := make(map[int64]time.Time, len(ids))
	var id int64
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&id, &at}, func() error { last[id] = at.UTC(); return nil }); err != nil {
		return nil, fmt.Errorf("dating the last letters of %d enrollments: %w", len(ids), err)
	}
	return last, nil
}
