package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/sequences"
)

// HandoverStep is the step of messages that hand a client over to a new rep: out of
// turn, so that their outcome does not move the enrollment.
const HandoverStep = sequences.HandoverStep

// Handover is a client in an enrollment who has, or had, a new rep.
type Handover struct {
	ID           int64
	EnrollmentID int64
	ClientID     int64
	OwnerID      *int64 // nil: nobody yet
	PreviousID   int64
	Occurrence   int // of its message; 0 while none is planned
	DueAt        *time.Time
	MessageID    int64
	State        string // of its message; '' without one
}

// Went reports whether the letter has gone, or cannot be had back.
func (h *Handover) Went() bool {
	return h.State == "sent" || h.State == "unconfirmed" || h.State == "failed"
}

const handoverColumns = `
	h.id, h.enrollment_id, h.client_id, h.owner_id, h.previous_id, h.occurrence, h.due_at, coalesce(m.id, 0) AS message_id, coalesce(m.state, '') AS state
	FROM handovers h LEFT JOIN messages m ON m.enrollment_id = h.enrollment_id AND m.step = 'handover' AND m.occurrence = h.occurrence AND h.occurrence > 0 `

// HandoversOf returns those of the enrollments.
func HandoversOf(ctx context.Context, db DB, enrollmentIDs []int64) ([]Handover, error) {
	list, err := all[Handover](db.Query(ctx, "SELECT"+handoverColumns+"WHERE h.enrollment_id = ANY($1) ORDER BY h.id", enrollmentIDs))
	if err != nil {
		return nil, fmt.Errorf("loading handovers: %w", err)
	}
	return list, nil
}

// HandoversDue locks up to limit handovers whose letter is to be decided about, but
// for those that somebody else is changing.
func HandoversDue(ctx context.Context, tx pgx.Tx, now time.Time, limit int) ([]Handover, error) {
	list, err := all[Handover](tx.Query(ctx, "SELECT"+handoverColumns+"WHERE h.due_at <= $1 ORDER BY h.due_at, h.id LIMIT $2 FOR UPDATE OF h SKIP LOCKED", now, limit))
	if err != nil {
		return nil, fmt.Errorf("finding handovers that are due: %w", err)
	}
	return list, nil
}

// InTouch is an active enrollment that has sent a letter.
type InTouch struct {
	EnrollmentID int64
	ClientID     int64
	VersionID    int64
}

// EnrollmentsInTouch returns those of the clients.
func EnrollmentsInTouch(ctx context.Context, db DB, clientIDs []int64) ([]InTouch, error) {
	list, err := all[InTouch](db.Query(ctx, `
		SELECT e.id AS enrollment_id, e.client_id, e.version_id FROM enrollments e WHERE e.client_id = ANY($1) AND e.state = 'active'
		  AND EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = e.id AND m.state = 'sent' AND m.step <> 'handover') ORDER BY e.id`, clientIDs))
	if err != nil {
		return nil, fmt.Errorf("finding whom to tell of a new rep: %w", err)
	}
	return list, nil
}

// SaveHandover writes a new handover, or one that has changed.
func SaveHandover(ctx context.Context, db DB, h Handover) error {
	sql := "UPDATE handovers SET owner_id = $3, previous_id = $4, occurrence = $5, due_at = $6 WHERE id = $7 AND enrollment_id = $1 AND client_id = $2"
	if h.ID == 0 {
		sql = "INSERT INTO handovers (enrollment_id, client_id, owner_id, previous_id, occurrence, due_at) SELECT $1, $2, $3, $4, $5, $6 WHERE $7 = 0::bigint"
	}
	if _, err := db.Exec(ctx, sql, h.EnrollmentID, h.ClientID, h.OwnerID, h.PreviousID, h.Occurrence, h.DueAt, h.ID); err != nil {
		return fmt.Errorf("saving a handover of client %d: %w", h.ClientID, err)
	}
	return nil
}

// DropHandover forgets one: there is nothing to tell.
func DropHandover(ctx context.Context, db DB, id int64) error {
	if _, err := db.Exec(ctx, "DELETE FROM handovers WHERE id = $1", id); err != nil {
		return fmt.Errorf("dropping handover %d: %w", id, err)
	}
	return nil
}

// NextOccurrence is that of an enrollment's next handover letter.
func NextOccurrence(ctx context.Context, db DB, enrollmentID int64) (int, error) {
	var n int
	err := db.QueryRow(ctx, "SELECT coalesce(max(occurrence), 0) + 1 FROM messages WHERE enrollment_id = $1 AND step = 'handover'", enrollmentID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting handover letters of enrollment %d: %w", enrollmentID, err)
	}
	return n, nil
}

// WithdrawMessage cancels a letter that is not on the wire, and reports whether it did.
func WithdrawMessage(ctx context.Context, db DB, id int64, reason string) (bool, error) {
	tag, err := db.Exec(ctx, `
		WITH cancelled AS (
			UPDATE messages m SET state = 'cancelled', reason = $2 WHERE m.id = $1 AND m.state IN ('planned', 'held') AND NOT `+onTheWire+` RETURNING m.id
		), undeferred AS (
			DELETE FROM deferred WHERE message_id IN (SELECT id FROM cancelled)
		)
		SELECT id FROM cancelled`, id, reason)
	if err != nil {
		return false, fmt.Errorf("withdrawing message %d: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// PreviousReps are the reps before the present ones, by message.
func PreviousReps(ctx context.Context, db DB, messageIDs []int64) (map[int64]int64, error) {
	rows, err := db.Query(ctx, `
		SELECT m.id, h.previous_id FROM messages m JOIN handovers h ON h.enrollment_id = m.enrollment_id AND h.occurrence = m.occurrence
		WHERE m.id = ANY($1) AND m.step = 'handover'`, messageIDs)
	if err != nil {
		return nil, fmt.Errorf("finding previous reps: %w", err)
	}
	reps := make(map[int64]int64)
	var message, rep int64
	if _, err := pgx.ForEachRow(rows, []any{&message, &rep}, func() error { reps[message] = rep; return nil }); err != nil {
		return nil, fmt.Errorf("finding previous reps: %w", err)
	}
	return reps, nil
}
