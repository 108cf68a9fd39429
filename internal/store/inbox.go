package store

import (
	"context"
	"fmt"
	"time"
)

// Captured is a letter in the sandbox's inbox.
type Captured struct {
	ID        int64
	At        time.Time
	Sender    string
	Recipient string
	MessageID string
	Subject   string
	Raw       []byte
}

// Capture stores a letter that the sandbox's SMTP server took.
func Capture(ctx context.Context, db DB, c Captured) error {
	_, err := db.Exec(ctx, `
		INSERT INTO sandbox_inbox (at, sender, recipient, message_id, subject, raw) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.At, c.Sender, c.Recipient, c.MessageID, c.Subject, c.Raw)
	if err != nil {
		return fmt.Errorf("capturing a letter: %w", err)
	}
	return nil
}

// ListCaptured returns captured letters, newest first, to one recipient if given.
func ListCaptured(ctx context.Context, db DB, recipient string, before int64, limit int) ([]Captured, error) {
	list, err := all[Captured](db.Query(ctx, `
		SELECT id, at, sender, recipient, message_id, subject, raw FROM sandbox_inbox
		WHERE ($1 = '' OR recipient = $1) AND ($2::bigint = 0 OR id < $2) ORDER BY id DESC LIMIT $3`, recipient, before, limit))
	if err != nil {
		return nil, fmt.Errorf("listing captured letters: %w", err)
	}
	return list, nil
}

// CapturedByID finds a captured letter.
func CapturedByID(ctx context.Context, db DB, id int64) (Captured, error) {
	c, err := one[Captured](db.Query(ctx, `
		SELECT id, at, sender, recipient, message_id, subject, raw FROM sandbox_inbox WHERE id = $1`, id))
	if err != nil {
		return c, fmt.Errorf("loading captured letter %d: %w", id, err)
	}
	return c, nil
}

// CountCaptured counts the inbox.
func CountCaptured(ctx context.Context, db DB) (int, error) {
	var n int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM sandbox_inbox").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting captured letters: %w", err)
	}
	return n, nil
}
