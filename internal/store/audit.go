package store

import (
	"context"
	"fmt"
	"time"
)

// AuditEntry is something that a person has done and that others can check later.
type AuditEntry struct {
	ID      int64
	At      time.Time // business time
	Actor   string    // a user's address, or key:ID
	Action  string
	Subject string // what it was done to, such as an address
	Data    map[string]any
}

// Note writes an entry of the audit.
func (a AuditEntry) Note(ctx context.Context, db DB) error {
	_, err := db.Exec(ctx, "INSERT INTO audit (at, actor, action, subject, data) VALUES ($1, $2, $3, $4, $5)",
		a.At, a.Actor, a.Action, a.Subject, jsonText(a.Data, "{}"))
	if err != nil {
		return fmt.Errorf("noting that %s was done: %w", a.Action, err)
	}
	return nil
}

// ListAudit returns entries, newest first, of one subject if given, before the one with
// the id before if that is not 0.
func ListAudit(ctx context.Context, db DB, subject string, before int64, limit int) ([]AuditEntry, error) {
	list, err := all[AuditEntry](db.Query(ctx, `
		SELECT id, at, actor, action, subject, data FROM audit
		WHERE ($1 = '' OR subject = $1) AND ($2::bigint = 0 OR id < $2) ORDER BY id DESC LIMIT $3`, subject, before, limit))
	if err != nil {
		return nil, fmt.Errorf("listing the audit: %w", err)
	}
	return list, nil
}
