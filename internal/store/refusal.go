package store

import (
	"context"
	"fmt"
	"time"
)

// Refusal is what clients said no with: how many of them for one reason.
type Refusal struct {
	Type    string // refusal, deal_lost
	Target  string // of a refusal: "" (not now), "true" (refused), "false" (not our client)
	Reason  string // '' if none was given
	Side    string // client, us; '' if it was not said
	Clients int
	LastAt  time.Time
}

// RefusalsBetween counts what clients said no with, the most frequent first.
func RefusalsBetween(ctx context.Context, db DB, since, until time.Time) ([]Refusal, error) {
	list, err := all[Refusal](db.Query(ctx, `
		SELECT type, coalesce(data->>'target', '') AS target, coalesce(data->>'reason', '') AS reason, coalesce(data->>'side', '') AS side,
			count(DISTINCT client_id) AS clients, max(at) AS last_at
		FROM events WHERE type IN ('refusal', 'deal_lost') AND at >= $1 AND at < $2
		GROUP BY 1, 2, 3, 4 ORDER BY clients DESC, last_at DESC, reason LIMIT 1000`, since, until))
	if err != nil {
		return nil, fmt.Errorf("counting refusals: %w", err)
	}
	return list, nil
}

// Said is what kind of no it is: not_now, refused, not_target or deal_lost.
func (r *Refusal) Said() string {
	switch {
	case r.Type != "refusal":
		return r.Type
	case r.Target == "false":
		return "not_target"
	case r.Target == "true":
		return "refused"
	}
	return "not_now"
}
