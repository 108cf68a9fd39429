package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// NextCall is when a client is to be called because his category asks for it.
type NextCall struct {
	ClientID int64
	Category string // the dates were made from it, and from Every
	Every    string
	GivenAt  time.Time  // when he got the category
	DueAt    *time.Time // nil while there is an open task
	LateAt   time.Time
}

// CallFacts is what the date of a client's next call depends on.
type CallFacts struct {
	ClientID    int64
	Category    string
	Stage       string
	OwnerID     *int64
	TouchedAt   *time.Time // when somebody of ours spoke or wrote to him last
	DatedFor    string     // NextCall.Category, '' if there is none
	Every       string
	GivenAt     *time.Time
	DueAt       *time.Time
	LateAt      *time.Time
	TaskID      *int64 // the open one
	TaskDueAt   *time.Time
	TaskLateAt  *time.Time
	TaskOwnerID *int64
}

// humanTouch picks the touches t by which somebody of ours spoke or wrote to a client.
// Its parts are those of the index touches_by_people.
const humanTouch = "(t.actor = 'rep' AND t.channel IN ('email', 'call', 'meeting', 'message') OR t.kind = 'meeting_booked')"

// IsHumanTouch is humanTouch for a touch to be written.
func IsHumanTouch(t NewTouch) bool {
	switch t.Channel {
	case "email", "call", "meeting", "message":
		return t.Actor == "rep" || t.Kind == "meeting_booked"
	}
	return t.Kind == "meeting_booked"
}

// CallFactsOf returns what the next calls of clients depend on. The caller has
// locked them.
func CallFactsOf(ctx context.Context, db DB, clientIDs []int64) ([]CallFacts, error) {
	list, err := all[CallFacts](db.Query(ctx, `
		SELECT c.id AS client_id, c.category, c.stage, c.owner_id,
			(SELECT max(t.at) FROM touches t WHERE t.client_id = c.id AND `+humanTouch+`) AS touched_at,
			coalesce(n.category, '') AS dated_for, coalesce(n.every, '') AS every, n.given_at, n.due_at, n.late_at,
			k.id AS task_id, k.due_at AS task_due_at, k.late_at AS task_late_at, k.owner_id AS task_owner_id
		FROM clients c LEFT JOIN next_calls n ON n.client_id = c.id
		LEFT JOIN tasks k ON k.client_id = c.id AND k.origin = 'cadence' AND k.state = 'open'
		WHERE c.id = ANY($1)`, anew, clientIDs))
	if err != nil {
		return nil, fmt.Errorf("loading when %d clients were spoken to: %w", len(clientIDs), err)
	}
	return list, nil
}

// SaveNextCalls writes when clients are to be called next.
func SaveNextCalls(ctx context.Context, db DB, list []NextCall) error {
	_, err := db.Exec(ctx, `
		INSERT INTO next_calls (client_id, category, every, given_at, due_at, late_at)
		SELECT * FROM unnest(@client_id::bigint[], @category::text[], @every::text[], @given_at::timestamptz[],
			@due_at::timestamptz[], @late_at::timestamptz[])
		ON CONFLICT (client_id) DO UPDATE SET category = excluded.category, every = excluded.every, given_at = excluded.given_at,
			due_at = excluded.due_at, late_at = excluded.late_at`, pgx.StrictNamedArgs{
		"client_id": column(list, func(n NextCall) int64 { return n.ClientID }),
		"category":  column(list, func(n NextCall) string { return n.Category }),
		"every":     column(list, func(n NextCall) string { return n.Every }),
		"given_at":  column(list, func(n NextCall) time.Time { return n.GivenAt }),
		"due_at":    column(list, func(n NextCall) *time.Time { return n.DueAt }),
		"late_at":   column(list, func(n NextCall) time.Time { return n.LateAt }),
	})
	if err != nil {
		return fmt.Errorf("dating the next calls of %d clients: %w", len(list), err)
	}
	return nil
}

// DropNextCalls forgets the calls of clients whom nobody is to call.
func DropNextCalls(ctx context.Context, db DB, clientIDs []int64) error {
	if _, err := db.Exec(ctx, "DELETE FROM next_calls WHERE client_id = ANY($1)", clientIDs); err != nil {
		return fmt.Errorf("dropping the next calls of %d clients: %w", len(clientIDs), err)
	}
	return nil
}

// CallsDue makes tasks of up to limit calls that are due and returns how many there
// were. Clients who are being changed, or are to be reviewed first, come later.
func CallsDue(ctx context.Context, db DB, now time.Time, limit int) (int, error) {
	tag, err := db.Exec(ctx, `
		WITH taken AS MATERIALIZED (
			SELECT n.client_id, n.due_at, n.late_at, c.owner_id FROM next_calls n JOIN clients c ON c.id = n.client_id
			WHERE n.due_at <= $1 AND (c.review_at IS NULL OR c.review_at > $1)
			ORDER BY n.due_at LIMIT $2 FOR UPDATE OF n SKIP LOCKED FOR SHARE OF c SKIP LOCKED
		), made AS (
			INSERT INTO tasks (client_id, kind, origin, title, owner_id, due_at, late_at, created_at)
			SELECT client_id, 'call', 'cadence', '', owner_id, due_at, late_at, $1 FROM taken ON CONFLICT DO NOTHING
		)
		UPDATE next_calls n SET due_at = NULL FROM taken WHERE n.client_id = taken.client_id`, now, limit)
	if err != nil {
		return 0, fmt.Errorf("making tasks of calls that are due: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// CadenceTask is a change to an open task that a category's cadence has made.
type CadenceTask struct {
	ID      int64
	State   string // store.TaskOpen: it stays, with the dates and the owner given
	By      string
	Note    string
	OwnerID *int64
	DueAt   time.Time
	LateAt  *time.Time
}

// ChangeCadenceTasks writes changes of open tasks.
func ChangeCadenceTasks(ctx context.Context, db DB, list []CadenceTask, now time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE tasks t SET state = i.state, owner_id = i.owner_id, due_at = i.due_at, late_at = i.late_at,
			closed_by = CASE WHEN i.state = 'open' THEN '' ELSE i.by END, note = CASE WHEN i.state = 'open' THEN t.note ELSE i.note END,
			closed_at = CASE WHEN i.state = 'open' THEN NULL ELSE @now::timestamptz END
		FROM unnest(@id::bigint[], @state::text[], @by::text[], @note::text[], @owner_id::bigint[], @due_at::timestamptz[], @late_at::timestamptz[])
			AS i(id, state, by, note, owner_id, due_at, late_at)
		WHERE t.id = i.id AND t.state = 'open'`, pgx.StrictNamedArgs{
		"id":       column(list, func(t CadenceTask) int64 { return t.ID }),
		"state":    column(list, func(t CadenceTask) string { return t.State }),
		"by":       column(list, func(t CadenceTask) string { return t.By }),
		"note":     column(list, func(t CadenceTask) string { return t.Note }),
		"owner_id": column(list, func(t CadenceTask) *int64 { return t.OwnerID }),
		"due_at":   column(list, func(t CadenceTask) time.Time { return t.DueAt }),
		"late_at":  column(list, func(t CadenceTask) *time.Time { return t.LateAt }),
		"now":      now,
	})
	if err != nil {
		return fmt.Errorf("changing %d call tasks: %w", len(list), err)
	}
	return nil
}

// NextCallAt is when a client is to be called next: when his open task was due, or
// when there will be one. nil: his category asks for no calls.
func NextCallAt(ctx context.Context, db DB, clientID int64) (*time.Time, error) {
	var at *time.Time
	err := db.QueryRow(ctx, `
		SELECT least((SELECT min(due_at) FROM tasks WHERE client_id = $1 AND state = 'open' AND origin = 'cadence'),
			(SELECT due_at FROM next_calls WHERE client_id = $1))`, clientID).Scan(&at)
	if err != nil {
		return nil, fmt.Errorf("finding the next call to client %d: %w", clientID, err)
	}
	return at, nil
}

// MendCalls has clients reviewed who have neither a date nor an open task, though
// they had one, and returns how many there were. There should be none: but nobody
// may be forgotten.
func MendCalls(ctx context.Context, db DB, now time.Time) (int64, error) {
	tag, err := db.Exec(ctx, `
		UPDATE clients c SET review_at = $1 FROM next_calls n
		WHERE n.client_id = c.id AND n.due_at IS NULL
		  AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.client_id = n.client_id AND k.origin = 'cadence' AND k.state = 'open')`, now)
	if err != nil {
		return 0, fmt.Errorf("looking for forgotten calls: %w", err)
	}
	return tag.RowsAffected(), nil
}
