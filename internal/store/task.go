package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Task is something that a rep should do.
type Task struct {
	ID           int64
	ClientID     int64
	Client       string // external id
	Name         string // the client's
	EnrollmentID *int64 // whose sequence waits for it; nil for none
	Sequence     string // '' for none
	Step         string
	Kind         string // call, task, notice
	Origin       string // sequence, cadence, event, reply
	Title        string // '' of a call, which needs none
	Script       string
	OwnerID      *int64
	Owner        string // e-mail, '' for whoever takes it
	State        string // open, done, given_up, cancelled
	DueAt        time.Time
	LateAt       *time.Time
	CreatedAt    time.Time
	ClosedAt     *time.Time
	ClosedBy     string
	Note         string
	Body         string // what the client wrote, '' for nothing
	About        string // of a task that comes from an answer: one of the About constants
	OptOut       bool   // he seems to want no more letters
}

// The kinds of tasks.
const (
	TaskCall   = "call"
	TaskOther  = "task"
	TaskNotice = "notice"
)

// What can become of a task.
const (
	TaskOpen      = "open"
	TaskDone      = "done"
	TaskGivenUp   = "given_up"
	TaskCancelled = "cancelled"
)

const taskColumns = `
	t.id, t.client_id, c.external_id AS client, concat_ws(' ', nullif(c.first_name, ''), nullif(c.last_name, '')) AS name,
	t.enrollment_id, coalesce(s.name, '') AS sequence, t.step, t.kind, t.origin, t.title, t.script, t.owner_id, coalesce(o.email, '') AS owner,
	t.state, t.due_at, t.late_at, t.created_at, t.closed_at, t.closed_by, t.note, t.body, t.about, t.opt_out
	FROM tasks t JOIN clients c ON c.id = t.client_id LEFT JOIN users o ON o.id = t.owner_id
	LEFT JOIN enrollments e ON e.id = t.enrollment_id LEFT JOIN sequences s ON s.id = e.sequence_id `

// TaskByID finds a task.
func TaskByID(ctx context.Context, db DB, id int64) (Task, error) {
	t, err := one[Task](db.Query(ctx, "SELECT"+taskColumns+"WHERE t.id = $1", id))
	if err != nil {
		return t, fmt.Errorf("loading task %d: %w", id, err)
	}
	return t, nil
}

// TaskFilter narrows a list of tasks; zero fields do not.
type TaskFilter struct {
	Client string // external id
	Owner  string // e-mail
	Kind   string
	Origin string
	State  string
	DueBy  *time.Time
	Nobody bool // only those without an owner
	Latest bool // those that are due last in front
	// After is when the last task of the page before was due, and its id.
	After   *time.Time
	AfterID int64
	Limit   int
}

// ListTasks returns tasks, those that are due first in front.
func ListTasks(ctx context.Context, db DB, f TaskFilter) ([]Task, error) {
	order := "AND (@after::timestamptz IS NULL OR (t.due_at, t.id) > (@after, @after_id)) ORDER BY t.due_at, t.id"
	if f.Latest {
		order = "AND (@after::timestamptz IS NULL OR (t.due_at, t.id) < (@after, @after_id)) ORDER BY t.due_at DESC, t.id DESC"
	}
	list, err := all[Task](db.Query(ctx, "SELECT"+taskColumns+`
		WHERE (@client = '' OR c.external_id = @client) AND (@owner = '' OR o.email = @owner) AND (@kind = '' OR t.kind = @kind)
		  AND (@origin = '' OR t.origin = @origin) AND (@state = '' OR t.state = @state) AND (@due_by::timestamptz IS NULL OR t.due_at <= @due_by)
		  AND (NOT @nobody OR t.owner_id IS NULL) `+order+" LIMIT @limit", pgx.StrictNamedArgs{
		"client": f.Client, "owner": f.Owner, "kind": f.Kind, "origin": f.Origin, "state": f.State, "due_by": f.DueBy, "nobody": f.Nobody,
		"after": f.After, "after_id": f.AfterID, "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing tasks: %w", err)
	}
	return list, nil
}

// InsertTasks writes tasks. A step of an enrollment has one, whatever happens: one
// that is there already stays as it is.
func InsertTasks(ctx context.Context, db DB, list []Task) error {
	_, err := db.Exec(ctx, `
		INSERT INTO tasks (client_id, enrollment_id, step, kind, origin, title, script, owner_id, due_at, late_at, created_at)
		SELECT * FROM unnest(@client_id::bigint[], @enrollment_id::bigint[], @step::text[], @kind::text[], @origin::text[], @title::text[],
			@script::text[], @owner_id::bigint[], @due_at::timestamptz[], @late_at::timestamptz[], @created_at::timestamptz[])
		ON CONFLICT DO NOTHING`, pgx.StrictNamedArgs{
		"client_id":     column(list, func(t Task) int64 { return t.ClientID }),
		"enrollment_id": column(list, func(t Task) *int64 { return t.EnrollmentID }),
		"step":          column(list, func(t Task) string { return t.Step }),
		"kind":          column(list, func(t Task) string { return t.Kind }),
		"origin":        column(list, func(t Task) string { return t.Origin }),
		"title":         column(list, func(t Task) string { return t.Title }),
		"script":        column(list, func(t Task) string { return t.Script }),
		"owner_id":      column(list, func(t Task) *int64 { return t.OwnerID }),
		"due_at":        column(list, func(t Task) time.Time { return t.DueAt }),
		"late_at":       column(list, func(t Task) *time.Time { return t.LateAt }),
		"created_at":    column(list, func(t Task) time.Time { return t.CreatedAt }),
	})
	if err != nil {
		return fmt.Errorf("writing %d tasks: %w", len(list), err)
	}
	return nil
}

// CloseTask closes an open task and reports whether it was open. The caller holds
// its client.
func CloseTask(ctx context.Context, db DB, id int64, state, by, note string, now time.Time) (bool, error) {
	tag, err := db.Exec(ctx, `
		UPDATE tasks SET state = $2, closed_by = $3, note = $4, closed_at = $5 WHERE id = $1 AND state = 'open'`, id, state, by, note, now)
	if err != nil {
		return false, fmt.Errorf("closing task %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// StepRef is a step of an enrollment.
type StepRef struct {
	EnrollmentID int64
	Step         string
}

// TasksOfSteps returns the state of the tasks that steps of enrollments have.
func TasksOfSteps(ctx context.Context, db DB, enrollmentIDs []int64) (map[StepRef]string, error) {
	rows, err := db.Query(ctx, "SELECT enrollment_id, step, state FROM tasks WHERE enrollment_id = ANY($1)", enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("loading tasks of enrollments: %w", err)
	}
	tasks := make(map[StepRef]string)
	var ref StepRef
	var state string
	if _, err := pgx.ForEachRow(rows, []any{&ref.EnrollmentID, &ref.Step, &state}, func() error { tasks[ref] = state; return nil }); err != nil {
		return nil, fmt.Errorf("loading tasks of enrollments: %w", err)
	}
	return tasks, nil
}

// GiveUpTasks gives up the open tasks of steps that a sequence waits for no longer.
func GiveUpTasks(ctx context.Context, db DB, steps []StepRef, now time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE tasks t SET state = 'given_up', closed_by = 'seventh', closed_at = $3
		FROM unnest($1::bigint[], $2::text[]) AS s(enrollment_id, step)
		WHERE t.enrollment_id = s.enrollment_id AND t.step = s.step AND t.state = 'open'`,
		column(steps, func(s StepRef) int64 { return s.EnrollmentID }), column(steps, func(s StepRef) string { return s.Step }), now)
	if err != nil {
		return fmt.Errorf("giving up %d tasks: %w", len(steps), err)
	}
	return nil
}

// OldestCall returns a client's open call that has waited longest among those that
// sequences wait for. ErrNotFound: there is none.
func OldestCall(ctx context.Context, db DB, clientID int64) (Task, error) {
	t, err := one[Task](db.Query(ctx, "SELECT"+taskColumns+`
		WHERE t.client_id = $1 AND t.state = 'open' AND t.kind = 'call' AND t.origin = 'sequence' ORDER BY t.due_at, t.id LIMIT 1`, clientID))
	if err != nil {
		return t, fmt.Errorf("looking for a call of client %d: %w", clientID, err)
	}
	return t, nil
}

// HandTasksOver gives the clients' open tasks to the owners that they have now.
func HandTasksOver(ctx context.Context, db DB, clientIDs []int64) error {
	_, err := db.Exec(ctx, `
		UPDATE tasks t SET owner_id = c.owner_id FROM clients c
		WHERE c.id = t.client_id AND t.client_id = ANY($1) AND t.state = 'open' AND t.owner_id IS DISTINCT FROM c.owner_id`, clientIDs)
	if err != nil {
		return fmt.Errorf("handing tasks over: %w", err)
	}
	return nil
}

// cancelTasks drops what nobody waits for any more: calls and tasks of enrollments
// that have ended. Notices stay, they are news.
const cancelTasks = `
	UPDATE tasks SET state = 'cancelled', closed_by = 'seventh', note = $2, closed_at = $3
	WHERE enrollment_id = ANY($1) AND state = 'open' AND kind <> 'notice'`
