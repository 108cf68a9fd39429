package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Absence is what a client's latest automatic answer says about when he is back.
type Absence struct {
	ClientID   int64
	Until      time.Time  // nothing of a sequence happens to him before
	SaidUntil  *time.Time // the date of return as he says it, midnight UTC; nil if he says none
	Substitute string     // whom to write to instead, '' for nobody
	MessageID  *int64     // our letter that was answered
	EvidenceID *int64
	SaidAt     time.Time
	NotedAt    time.Time
	EndedAt    *time.Time // when it ended before its time; answers from before do not count
	Told       string     // what the rep was told last
}

// Holds reports whether the client is away at a moment.
func (a *Absence) Holds(now time.Time) bool { return a.EndedAt == nil && a.Until.After(now) }

const absenceColumns = `
	SELECT client_id, until, said_until::timestamp AT TIME ZONE 'UTC' AS said_until, substitute, message_id, evidence_id, said_at, noted_at, ended_at, told
	FROM absences `

// Absences returns who of the clients is away now.
func Absences(ctx context.Context, db DB, clientIDs []int64, now time.Time) (map[int64]Absence, error) {
	list, err := all[Absence](db.Query(ctx, absenceColumns+"WHERE client_id = ANY($1) AND ended_at IS NULL AND until > $2", anew, clientIDs, now))
	if err != nil {
		return nil, fmt.Errorf("looking who of %d clients is away: %w", len(clientIDs), err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	away := make(map[int64]Absence, len(list))
	for _, a := range list {
		away[a.ClientID] = a
	}
	return away, nil
}

// AbsenceOf returns what is known of a client's absence, present or past; nil if there
// never was one.
func AbsenceOf(ctx context.Context, db DB, clientID int64) (*Absence, error) {
	a, err := one[Absence](db.Query(ctx, absenceColumns+"WHERE client_id = $1", clientID))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking whether client %d is away: %w", clientID, err)
	}
	return &a, nil
}

// SaveAbsence writes what is known of a client's absence.
func SaveAbsence(ctx context.Context, db DB, a *Absence) error {
	_, err := db.Exec(ctx, `
		INSERT INTO absences (client_id, until, said_until, substitute, message_id, evidence_id, said_at, noted_at, ended_at, told)
		VALUES (@client_id, @until, @said_until::date, @substitute, @message_id, @evidence_id, @said_at, @noted_at, @ended_at, @told)
		ON CONFLICT (client_id) DO UPDATE SET until = excluded.until, said_until = excluded.said_until, substitute = excluded.substitute,
			message_id = excluded.message_id, evidence_id = excluded.evidence_id, said_at = excluded.said_at, noted_at = excluded.noted_at,
			ended_at = excluded.ended_at, told = excluded.told`, pgx.StrictNamedArgs{
		"client_id": a.ClientID, "until": a.Until, "said_until": a.SaidUntil, "substitute": a.Substitute, "message_id": a.MessageID,
		"evidence_id": a.EvidenceID, "said_at": a.SaidAt, "noted_at": a.NotedAt, "ended_at": a.EndedAt, "told": a.Told,
	})
	if err != nil {
		return fmt.Errorf("noting the absence of client %d: %w", a.ClientID, err)
	}
	return nil
}

// PlanLettersAnew gives letters of clients that are not on the wire back to the planner,
// whoever has them, and has it look at those that wait. The caller holds the locks of
// their addresses.
func PlanLettersAnew(ctx context.Context, db DB, clientIDs []int64, now time.Time) error {
	_, err := db.Exec(ctx, `
		WITH back AS (
			UPDATE messages m SET chunk_id = NULL, reason = 'planned anew' WHERE m.client_id = ANY($1) AND m.state = 'planned' AND NOT `+onTheWire+` RETURNING m.id
		)
		INSERT INTO deferred (message_id, until) SELECT id, $2 FROM back ON CONFLICT (message_id) DO UPDATE SET until = excluded.until`, clientIDs, now)
	if err != nil {
		return fmt.Errorf("planning the letters of %d clients anew: %w", len(clientIDs), err)
	}
	return nil
}
