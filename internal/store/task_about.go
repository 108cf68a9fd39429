package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// What tasks are about that come from answers (tasks.about).
const (
	AboutAnswer    = "answer"    // a person wrote, and waits for an answer
	AboutOptOut    = "opt_out"   // he wants no more letters, and gets none
	AboutAway      = "away"      // he is out of the office
	AboutAutomatic = "automatic" // only machines answer
)

// OpenTaskAbout returns a client's open task about something; nil without one.
func OpenTaskAbout(ctx context.Context, db DB, clientID int64, about string) (*Task, error) {
	t, err := one[Task](db.Query(ctx, "SELECT"+taskColumns+"WHERE t.client_id = $1 AND t.about = $2 AND t.state = 'open'", clientID, about))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a task of client %d: %w", clientID, err)
	}
	return &t, nil
}

// ClosedSince reports whether a client's task about something was closed after a moment,
// or ever if that is nil.
func ClosedSince(ctx context.Context, db DB, clientID int64, about string, since *time.Time) (bool, error) {
	var closed bool
	err := db.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM tasks WHERE client_id = $1 AND about = $2 AND state <> 'open' AND ($3::timestamptz IS NULL OR closed_at > $3))`,
		clientID, about, since).Scan(&closed)
	if err != nil {
		return false, fmt.Errorf("looking for a closed task of client %d: %w", clientID, err)
	}
	return closed, nil
}

// InsertTaskAbout writes a task that comes from an answer and returns its id.
func InsertTaskAbout(ctx context.Context, db DB, t *Task) (int64, error) {
	var id int64
	err := db.QueryRow(ctx, `
		INSERT INTO tasks (client_id, kind, origin, title, owner_id, due_at, created_at, body, about, opt_out)
		VALUES (@client_id, @kind, 'reply', @title, @owner_id, @due_at, @due_at, @body, @about, @opt_out) RETURNING id`, pgx.StrictNamedArgs{
		"client_id": t.ClientID, "kind": t.Kind, "title": t.Title, "owner_id": t.OwnerID, "due_at": t.DueAt, "body": t.Body, "about": t.About, "opt_out": t.OptOut,
	}).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("writing a task about an answer: %w", err)
	}
	return id, nil
}

// RewriteTask gives an open task another text.
func RewriteTask(ctx context.Context, db DB, id int64, title, body string, optOut bool) error {
	if _, err := db.Exec(ctx, "UPDATE tasks SET title = $2, body = $3, opt_out = $4 WHERE id = $1", id, title, body, optOut); err != nil {
		return fmt.Errorf("rewriting task %d: %w", id, err)
	}
	return nil
}

// WithdrawTask removes a client's open task about something that is over.
func WithdrawTask(ctx context.Context, db DB, clientID int64, about string) error {
	if _, err := db.Exec(ctx, "DELETE FROM tasks WHERE client_id = $1 AND about = $2 AND state = 'open'", clientID, about); err != nil {
		return fmt.Errorf("withdrawing a task of client %d: %w", clientID, err)
	}
	return nil
}
