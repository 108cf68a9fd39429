package api

import (
	"context"
	"encoding/json"
	"time"

	"seventh/internal/store"
)

// consentJSON is a ground for mailing as it was recorded.
type consentJSON struct {
	Basis       string     `json:"basis" doc:"Empty: it was withdrawn."`
	Source      string     `json:"source"`
	At          *time.Time `json:"at"`
	TextVersion string     `json:"text_version"`
	Evidence    string     `json:"evidence"`
	RecordedAt  time.Time  `json:"recorded_at"`
}

type consentsAnswer struct {
	Body struct {
		Items []consentJSON `json:"items" nullable:"false"`
	}
}

type ofClient struct {
	ExternalID string `path:"external_id"`
}

// consents are those of one client, the first one first.
func (s *server) consents(ctx context.Context, in *ofClient) (*consentsAnswer, error) {
	client, err := store.ClientByExternalID(ctx, s.DB, in.ExternalID)
	if err != nil {
		return nil, err
	}
	versions, err := store.ConsentsOf(ctx, s.DB, client.ID)
	if err != nil {
		return nil, err
	}
	answer := &consentsAnswer{}
	answer.Body.Items = make([]consentJSON, len(versions))
	for i, v := range versions {
		answer.Body.Items[i] = consentJSON{
			Basis: v.Basis, Source: v.Source, At: utc(v.At), TextVersion: v.TextVersion, Evidence: v.Evidence, RecordedAt: v.RecordedAt.UTC(),
		}
	}
	return answer, nil
}

type exportAnswer struct {
	Disposition string `header:"Content-Disposition"`
	Body        json.RawMessage
}

// exportClient is everything that is kept about one client.
func (s *server) exportClient(ctx context.Context, in *ofClient) (*exportAnswer, error) {
	client, err := store.ClientByExternalID(ctx, s.DB, in.ExternalID)
	if err != nil {
		return nil, err
	}
	export, err := store.ExportClient(ctx, s.DB, client.ID)
	if err != nil {
		return nil, err
	}
	return &exportAnswer{Disposition: `attachment; filename="client.json"`, Body: export}, nil
}
