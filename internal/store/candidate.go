package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Candidate is a client as far as it takes to decide whether he may enter a sequence.
type Candidate struct {
	ID           int64
	ExternalID   string
	Address      string
	Owner        string // his e-mail, '' without one
	Stage        string
	ConsentBasis string
	TimeZone     string
	Category     string
	Temperature  string
	Matches      bool // the audience

	LastPurchaseAt *time.Time
}

// CandidatesAfter returns up to limit of the clients that a condition picks, by id,
// after the one given. Both conditions are as FilterSQL makes them, with args for both.
func CandidatesAfter(ctx context.Context, db DB, where, audience string, args []any, after int64, limit int) ([]Candidate, error) {
	n := len(args)
	rows, err := db.Query(ctx, fmt.Sprintf(`
		SELECT c.id, c.external_id, c.address, coalesce(o.email, ''), c.stage, c.consent_basis, c.time_zone, c.category, c.temperature, c.last_purchase_at, (%s) AS matches
		%s WHERE c.id > $%d AND (%s) ORDER BY c.id LIMIT $%d`, audience, clientTables, n+1, where, n+2), append(append([]any{anew}, args...), after, limit)...)
	if err != nil {
		return nil, fmt.Errorf("finding candidates: %w", err)
	}
	var found []Candidate
	var r Candidate
	_, err = pgx.ForEachRow(rows, []any{&r.ID, &r.ExternalID, &r.Address, &r.Owner, &r.Stage, &r.ConsentBasis, &r.TimeZone, &r.Category, &r.Temperature, &r.LastPurchaseAt, &r.Matches}, func() error {
		found = append(found, r)
		r.LastPurchaseAt = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("finding candidates: %w", err)
	}
	return found, nil
}

// Past is a client's history with one sequence.
type Past struct {
	Open  bool // he is in it
	Ended bool // he was in it before
}

// PastsOf returns the clients' histories with a sequence, of those who have one.
func PastsOf(ctx context.Context, db DB, sequenceID int64, clientIDs []int64) (map[int64]Past, error) {
	rows, err := db.Query(ctx, `
		SELECT client_id, bool_or(state <> 'ended'), bool_or(state = 'ended') FROM enrollments
		WHERE sequence_id = $1 AND client_id = ANY($2) GROUP BY client_id`, anew, sequenceID, clientIDs)
	if err != nil {
		return nil, fmt.Errorf("loading histories: %w", err)
	}
	pasts := make(map[int64]Past)
	var id int64
	var past Past
	if _, err := pgx.ForEachRow(rows, []any{&id, &past.Open, &past.Ended}, func() error { pasts[id] = past; return nil }); err != nil {
		return nil, fmt.Errorf("loading histories: %w", err)
	}
	return pasts, nil
}
