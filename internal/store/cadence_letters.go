package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cadence are the times between letters, by category, that enrollments were dated by.
type Cadence struct {
	Letters map[string]string
	After   *int64 // the last enrollment that a change has been worked into; nil: all
}

// CadenceInForce returns what enrollments were dated by; ErrNotFound before the first
// publication.
func CadenceInForce(ctx context.Context, db DB) (Cadence, error) {
	c, err := one[Cadence](db.Query(ctx, "SELECT letters, after FROM cadence"))
	if err != nil {
		return c, fmt.Errorf("loading the cadence: %w", err)
	}
	return c, nil
}

// SaveCadence stores what enrollments are dated by.
func SaveCadence(ctx context.Context, db DB, c Cadence) error {
	_, err := db.Exec(ctx, `
		WITH updated AS (UPDATE cadence SET letters = $1, after = $2 RETURNING 1)
		INSERT INTO cadence SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM updated)`, c.Letters, c.After)
	if err != nil {
		return fmt.Errorf("storing the cadence: %w", err)
	}
	return nil
}

// Waiting is an enrollment whose next step has a date in the future, and nothing
// holds it, with what the date depends on.
type Waiting struct {
	ID        int64
	ClientID  int64
	VersionID int64
	LastStep  string
	NextStep  string
	NextAt    time.Time
	AnchorAt  time.Time
	Category  string
	TimeZone  string
	Owner     string
}

const waitingRows = `
	SELECT e.id, e.client_id, e.version_id, e.last_step, e.next_step, e.next_at, e.anchor_at, c.category, c.time_zone, coalesce(o.email, '') AS owner
	FROM enrollments e JOIN clients c ON c.id = e.client_id LEFT JOIN users o ON o.id = c.owner_id
	WHERE e.state = 'active' AND e.waiting = '' AND e.next_at > @now AND e.anchor_at IS NOT NULL AND e.last_step <> ''`

// WaitingAfter returns up to limit enrollments that wait for their date, by id.
func WaitingAfter(ctx context.Context, db DB, after int64, now time.Time, limit int) ([]Waiting, error) {
	list, err := all[Waiting](db.Query(ctx, waitingRows+" AND e.id > @after ORDER BY e.id LIMIT @limit",
		pgx.StrictNamedArgs{"now": now, "after": after, "limit": limit}))
	if err != nil {
		return nil, fmt.Errorf("finding who waits for a date: %w", err)
	}
	return list, nil
}

// WaitingOf is WaitingAfter for clients.
func WaitingOf(ctx context.Context, db DB, clientIDs []int64, now time.Time) ([]Waiting, error) {
	list, err := all[Waiting](db.Query(ctx, waitingRows+" AND e.client_id = ANY(@clients)", pgx.StrictNamedArgs{"now": now, "clients": clientIDs}))
	if err != nil {
		return nil, fmt.Errorf("finding what %d clients wait for: %w", len(clientIDs), err)
	}
	return list, nil
}

// Redated is a new date for an enrollment, if it still has the old one.
type Redated struct {
	ID      int64
	Was, At time.Time
}

// Redate gives enrollments new dates.
func Redate(ctx context.Context, db DB, list []Redated) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments e SET next_at = r.at FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS r(id, was, at)
		WHERE e.id = r.id AND e.next_at = r.was AND e.state = 'active' AND e.waiting = ''`,
		column(list, func(r Redated) int64 { return r.ID }), column(list, func(r Redated) time.Time { return r.Was }),
		column(list, func(r Redated) time.Time { return r.At }))
	if err != nil {
		return fmt.Errorf("dating %d enrollments anew: %w", len(list), err)
	}
	return nil
}

// LastLetters returns when clients were sent their last letter, of those who were.
func LastLetters(ctx context.Context, db DB, clientIDs []int64) (map[int64]time.Time, error) {
	rows, err := db.Query(ctx, `
		SELECT client_id, max(sent_at) FROM messages WHERE client_id = ANY($1) AND state = 'sent' AND sent_at IS NOT NULL GROUP BY client_id`, anew, clientIDs)
	if err != nil {
		return nil, fmt.Errorf("finding the last letters to %d clients: %w", len(clientIDs), err)
	}
	last := make(map[int64]time.Time)
	var id int64
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&id, &at}, func() error { last[id] = at; return nil }); err != nil {
		return nil, fmt.Errorf("finding the last letters to %d clients: %w", len(clientIDs), err)
	}
	return last, nil
}
