package store

import (
	"context"
	"fmt"
	"time"
)

// Event is what the CRM says has happened.
type Event struct {
	ID       string
	ClientID int64
	Type     string
	At       time.Time
	Data     map[string]any
}

// InsertEvent stores an event and reports whether it is new: the CRM may say
// things twice.
func InsertEvent(ctx context.Context, db DB, e Event) (bool, error) {
	tag, err := db.Exec(ctx, `
		INSERT INTO events (id, client_id, type, at, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
		e.ID, e.ClientID, e.Type, e.At, jsonText(e.Data, "{}"))
	if err != nil {
		return false, fmt.Errorf("storing event %q: %w", e.ID, err)
	}
	return tag.RowsAffected() == 1, nil
}
