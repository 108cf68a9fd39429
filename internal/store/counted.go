package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/sequences"
)

// humanKinds are the touches by people that count toward seven: calls and meetings
// held, letters written by hand, human replies. A letter that seventh sent, the other
// thing that counts, is a row of messages.
const humanKinds = "t.kind IN ('call', 'meeting', 'letter', 'replied')"

// What a filter asks about a client's touches. Both tables have an index that begins
// with the client.
const (
	touchesOfClient = `
		((SELECT count(*) FROM messages m WHERE m.client_id = c.id AND m.state = 'sent')
		+ (SELECT count(*) FROM touches t WHERE t.client_id = c.id AND ` + humanKinds + `))`
	lastHumanTouchOfClient = `(SELECT max(t.at) FROM touches t WHERE t.client_id = c.id AND ` + humanKinds + `)`
	lastTouchOfClient      = `
		greatest((SELECT max(coalesce(m.sent_at, m.at)) FROM messages m WHERE m.client_id = c.id AND m.state = 'sent'), ` + lastHumanTouchOfClient + `)`
)

// TouchFacts is what filters and conditions ask about a client's touches.
type TouchFacts struct {
	Touches          int // that count toward seven
	LastTouchAt      *time.Time
	LastHumanTouchAt *time.Time
}

// Fill adds them to what is known about the client.
func (f TouchFacts) Fill(facts *sequences.Facts) {
	facts.Touches, facts.LastTouchAt, facts.LastHumanTouchAt = f.Touches, f.LastTouchAt, f.LastHumanTouchAt
}

// TouchFactsOf counts the touches of clients; one without any is not in the map, and
// the zero TouchFacts is his.
func TouchFactsOf(ctx context.Context, db DB, clientIDs []int64) (map[int64]TouchFacts, error) {
	rows, err := db.Query(ctx, `
		SELECT client_id, count(*), max(at), max(at) FILTER (WHERE human) FROM (
			SELECT m.client_id, coalesce(m.sent_at, m.at) AS at, false AS human FROM messages m WHERE m.client_id = ANY($1) AND m.state = 'sent'
			UNION ALL
			SELECT t.client_id, t.at, true FROM touches t WHERE t.client_id = ANY($1) AND `+humanKinds+`
		) AS counted GROUP BY client_id`, anew, clientIDs)
	if err != nil {
		return nil, fmt.Errorf("counting the touches of %d clients: %w", len(clientIDs), err)
	}
	facts := make(map[int64]TouchFacts)
	var id int64
	var f TouchFacts
	_, err = pgx.ForEachRow(rows, []any{&id, &f.Touches, &f.LastTouchAt, &f.LastHumanTouchAt}, func() error {
		facts[id] = f
		f.LastTouchAt, f.LastHumanTouchAt = nil, nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting the touches of %d clients: %w", len(clientIDs), err)
	}
	return facts, nil
}
