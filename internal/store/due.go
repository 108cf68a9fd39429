package store

import (
	"context"
	"fmt"
	"time"
)

// Due is an enrollment that was to be due by now.
type Due struct {
	EnrollmentID int64
	ClientID     int64 // 0: it has been moved, or has ended, since
}

// TakeDue takes out up to limit of what is due, the earliest first. What is not
// dealt with in the same transaction must be given back (ReturnDue).
func TakeDue(ctx context.Context, db DB, now time.Time, limit int) ([]Due, error) {
	list, err := all[Due](db.Query(ctx, `
		WITH taken AS (
			DELETE FROM due WHERE ctid = ANY(ARRAY(SELECT ctid FROM due WHERE at <= $1 ORDER BY at LIMIT $2)) RETURNING enrollment_id
		)
		SELECT t.enrollment_id, coalesce(e.client_id, 0) AS client_id
		FROM taken t LEFT JOIN enrollments e ON e.id = t.enrollment_id AND e.state = 'active' AND e.next_at <= $1`, now, limit))
	if err != nil {
		return nil, fmt.Errorf("finding due enrollments: %w", err)
	}
	return list, nil
}

// ReturnDue makes enrollments due again that were taken, and not moved.
func ReturnDue(ctx context.Context, db DB, enrollmentIDs []int64) error {
	_, err := db.Exec(ctx, `
		INSERT INTO due SELECT next_at, id FROM enrollments WHERE id = ANY($1) AND state = 'active' AND next_at IS NOT NULL`, enrollmentIDs)
	if err != nil {
		return fmt.Errorf("returning %d due enrollments: %w", len(enrollmentIDs), err)
	}
	return nil
}

// MendDue gives active enrollments with a date that stand nowhere in due their
// place there, and returns how many there were. There should be none: the
// triggers see to it. But nobody may be forgotten.
func MendDue(ctx context.Context, db DB) (int64, error) {
	tag, err := db.Exec(ctx, `
		INSERT INTO due SELECT e.next_at, e.id FROM enrollments e
		WHERE e.state = 'active' AND e.next_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM due d WHERE d.enrollment_id = e.id AND d.at <= e.next_at)`)
	if err != nil {
		return 0, fmt.Errorf("looking for forgotten enrollments: %w", err)
	}
	return tag.RowsAffected(), nil
}
