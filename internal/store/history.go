package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Happening is something that happened in the course of an enrollment.
type Happening struct {
	EnrollmentID int64
	// Kind is sent, opened, clicked, replied, bounced, purchased, called, met, done, or
	// an event's type.
	Kind  string
	Step  string // whose letter or task it belongs to, '' for none of the enrollment's
	Human bool   // of opened and clicked: a person did
	At    time.Time
}

// HistoryOf returns what has happened in the course of enrollments, each since its
// start: to their own letters and tasks, and to their clients at all.
func HistoryOf(ctx context.Context, db DB, enrollmentIDs []int64) ([]Happening, error) {
	list, err := all[Happening](db.Query(ctx, `
		WITH e AS (SELECT id, client_id, started_at FROM enrollments WHERE id = ANY($1))
		SELECT e.id AS enrollment_id, 'sent' AS kind, m.step, false AS human, coalesce(m.sent_at, m.at) AS at
		FROM e JOIN messages m ON m.enrollment_id = e.id WHERE m.state = 'sent'
		UNION ALL
		SELECT e.id, t.kind, m.step, t.actor = 'human', t.at
		FROM e JOIN messages m ON m.enrollment_id = e.id JOIN touches t ON t.message_id = m.id AND t.kind IN ('opened', 'clicked')
		UNION ALL
		SELECT e.id, CASE t.kind WHEN 'call' THEN 'called' WHEN 'meeting' THEN 'met' ELSE t.kind END, coalesce(m.step, ''), false, t.at
		FROM e JOIN touches t ON t.client_id = e.client_id AND t.at >= e.started_at AND t.kind IN ('replied', 'bounced', 'call', 'meeting')
		LEFT JOIN messages m ON m.id = t.message_id AND m.enrollment_id = e.id
		UNION ALL
		SELECT e.id, k.kind, '', false, v.at
		FROM e JOIN events v ON v.client_id = e.client_id AND v.at >= e.started_at,
			unnest(CASE WHEN v.type IN ('purchase', 'deal_won') THEN ARRAY[v.type, 'purchased'] ELSE ARRAY[v.type] END) AS k(kind)
		UNION ALL
		SELECT e.id, 'purchased', '', false, c.last_purchase_at FROM e JOIN clients c ON c.id = e.client_id WHERE c.last_purchase_at >= e.started_at
		UNION ALL
		SELECT e.id, 'done', d.step, false, d.at FROM e JOIN decisions d ON d.enrollment_id = e.id AND d.outcome = 'done' AND d.kind IN ('call', 'task')
		ORDER BY at`, enrollmentIDs))
	if err != nil {
		return nil, fmt.Errorf("loading the history of %d enrollments: %w", len(enrollmentIDs), err)
	}
	return list, nil
}

// somethingHappened gives the planner hints about clients who are in a version that
// listens. Where none does it looks at nothing.
const somethingHappened = `
	INSERT INTO happened (client_id)
	SELECT DISTINCT e.client_id FROM enrollments e JOIN sequence_versions v ON v.id = e.version_id AND v.listens
	WHERE (SELECT EXISTS (SELECT 1 FROM sequence_versions WHERE listens)) AND e.client_id = ANY($1::bigint[]) AND e.state <> 'ended'`

// NoteHappened has the planner look at what the clients' sequences wait for.
func NoteHappened(ctx context.Context, db DB, clientIDs []int64) error {
	if _, err := db.Exec(ctx, somethingHappened, clientIDs); err != nil {
		return fmt.Errorf("noting that something happened to %d clients: %w", len(clientIDs), err)
	}
	return nil
}

// TakeHappened takes out up to limit hints and returns their clients. Those that are
// not dealt with in the same transaction must be noted again.
func TakeHappened(ctx context.Context, db DB, limit int) ([]int64, error) {
	rows, err := db.Query(ctx, "DELETE FROM happened WHERE ctid = ANY(ARRAY(SELECT ctid FROM happened LIMIT $1)) RETURNING client_id", limit)
	if err != nil {
		return nil, fmt.Errorf("taking what happened: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("taking what happened: %w", err)
	}
	return ids, nil
}
