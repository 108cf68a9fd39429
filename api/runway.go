package api

import (
	"context"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// runwayJSON is how long a sequence's letters last.
type runwayJSON struct {
	Sequence string     `json:"sequence"`
	Title    string     `json:"title"`
	Category string     `json:"category" doc:"The category whose chain it is; empty for none."`
	Lasting  bool       `json:"lasting" doc:"It should never come to its end: a category's chain, or one that waits for new letters."`
	Clients  int        `json:"clients" doc:"People under way."`
	Waiting  int        `json:"waiting" doc:"Of them, those who have had all letters and wait for new ones."`
	DryAt    *time.Time `json:"dry_at" doc:"When the first of the others is to get a letter that nobody has written; null if there are no others."`
	Letters  int        `json:"letters" doc:"How many letters those who run dry first still have ahead."`
	Within30 int        `json:"within_30_days" doc:"How many of the others run dry within 30 days."`
	Within60 int        `json:"within_60_days"`
	Within90 int        `json:"within_90_days"`
}

// runway tells when sequences run out of letters.
func (s *server) runway(ctx context.Context, _ *struct{}) (*list[runwayJSON], error) {
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	if _, err := s.catalog(ctx); err != nil {
		return nil, err
	}
	runways, err := s.Engine.Runway(ctx, s.DB, now)
	if err != nil {
		return nil, err
	}
	return pageOf(runways, len(runways), showRunway, nil), nil
}

func showRunway(r *engine.Runway) runwayJSON {
	return runwayJSON{
		Sequence: r.Sequence, Title: r.Title, Category: r.Category, Lasting: r.Lasting, Clients: r.Clients, Waiting: r.Waiting,
		DryAt: utc(r.DryAt), Letters: r.Letters, Within30: r.Within30, Within60: r.Within60, Within90: r.Within90,
	}
}
