package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// InsertSkipped writes letters that were given up before they were ever planned,
// so that people see why a step had none. A letter that exists already stays.
func InsertSkipped(ctx context.Context, db DB, senders []string, letters []Planned, reasons []string) error {
	_, err := db.Exec(ctx, `
		INSERT INTO messages (enrollment_id, client_id, step, occurrence, template, sender, state, due_at, not_after, at, reason)
		SELECT w.enrollment_id, w.client_id, w.step, w.occurrence, w.template, w.sender, 'cancelled', w.due_at, w.not_after, w.not_after, w.reason
		FROM unnest(@enrollment_id::bigint[], @client_id::bigint[], @step::text[], @occurrence::int[], @template::text[], @sender::text[], @due_at::timestamptz[],
			@not_after::timestamptz[], @reason::text[]) AS w(enrollment_id, client_id, step, occurrence, template, sender, due_at, not_after, reason)
		ON CONFLICT (enrollment_id, step, occurrence) DO NOTHING`, pgx.StrictNamedArgs{
		"enrollment_id": column(letters, func(p Planned) int64 { return p.EnrollmentID }),
		"client_id":     column(letters, func(p Planned) int64 { return p.ClientID }),
		"step":          column(letters, func(p Planned) string { return p.Step }),
		"occurrence":    column(letters, Planned.occurrence),
		"template":      column(letters, func(p Planned) string { return p.Template }),
		"sender":        senders,
		"due_at":        column(letters, func(p Planned) time.Time { return p.DueAt }),
		"not_after":     column(letters, func(p Planned) time.Time { return p.NotAfter }),
		"reason":        reasons,
	})
	if err != nil {
		return fmt.Errorf("writing %d skipped letters: %w", len(letters), err)
	}
	return nil
}

// EnrollmentsByID finds enrollments, by id.
func EnrollmentsByID(ctx context.Context, db DB, ids []int64) ([]Enrollment, error) {
	list, err := all[Enrollment](db.Query(ctx, "SELECT"+enrollmentColumns+"WHERE e.id = ANY($1) ORDER BY e.id", ids))
	if err != nil {
		return nil, fmt.Errorf("loading %d enrollments: %w", len(ids), err)
	}
	return list, nil
}

// ThreadLetter is a sent letter of an enrollment that a later one can answer.
type ThreadLetter struct {
	EnrollmentID int64
	MessageID    int64
	Step         string
	Sender       string
	Subject      string
}

// SentLetters returns the sent letters of enrollments, each one's in order.
func SentLetters(ctx context.Context, db DB, enrollmentIDs []int64) ([]ThreadLetter, error) {
	list, err := all[ThreadLetter](db.Query(ctx, `
		SELECT m.enrollment_id, m.id AS message_id, m.step, m.sender, coalesce(said.subjects[m.content_place], m.subject) AS subject
		FROM messages m LEFT JOIN contents said ON said.id = m.content_id
		WHERE m.enrollment_id = ANY($1) AND m.state = 'sent' ORDER BY m.enrollment_id, m.sent_at, m.id`, enrollmentIDs))
	if err != nil {
		return nil, fmt.Errorf("loading the letters that are answered: %w", err)
	}
	return list, nil
}
