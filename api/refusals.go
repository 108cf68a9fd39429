package api

import (
	"context"
	"time"

	"seventh/internal/store"
)

// refusalJSON is how many clients said no for one reason.
type refusalJSON struct {
	Said    string    `json:"said" enum:"not_now,refused,not_target,deal_lost" doc:"not_target: not our client; refused: no, but a client for us."`
	Reason  string    `json:"reason" doc:"As the CRM says; empty if it gave none."`
	Side    string    `json:"side" enum:"client,us,"`
	Clients int       `json:"clients"`
	LastAt  time.Time `json:"last_at"`
}

func showRefusal(r *store.Refusal) refusalJSON {
	return refusalJSON{Said: r.Said(), Reason: r.Reason, Side: r.Side, Clients: r.Clients, LastAt: r.LastAt.UTC()}
}

type refusalsAnswer struct {
	Body struct {
		Since time.Time     `json:"since"`
		Until time.Time     `json:"until"`
		Items []refusalJSON `json:"items" nullable:"false"`
	}
}

// refusals counts what clients said no with.
func (s *server) refusals(ctx context.Context, in *struct {
	Since time.Time `query:"since" doc:"90 days ago if left out."`
	Until time.Time `query:"until" doc:"Now if left out."`
}) (*refusalsAnswer, error) {
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	if in.Until.IsZero() {
		in.Until = now
	}
	if in.Since.IsZero() {
		in.Since = in.Until.AddDate(0, 0, -90)
	}
	rows, err := store.RefusalsBetween(ctx, s.DB, in.Since, in.Until)
	if err != nil {
		return nil, err
	}
	answer := &refusalsAnswer{}
	answer.Body.Since, answer.Body.Until, answer.Body.Items = in.Since.UTC(), in.Until.UTC(), make([]refusalJSON, len(rows))
	for i := range rows {
		answer.Body.Items[i] = showRefusal(&rows[i])
	}
	return answer, nil
}
