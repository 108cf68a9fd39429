package api

import (
	"context"
	"time"

	"seventh/internal/store"
)

// wishJSON is what a client has asked for by the link of a letter.
type wishJSON struct {
	LettersEvery string    `json:"letters_every" doc:"At most one automated letter in so long, over all sequences: a duration such as 1mo."`
	NotedAt      time.Time `json:"noted_at"`
}

// preference is what a client has asked for; nil if he has not.
func (s *server) preference(ctx context.Context, clientID int64) (*wishJSON, error) {
	p, err := s.Engine.PreferenceOf(ctx, s.DB, clientID)
	if err != nil || p == nil {
		return nil, err
	}
	return &wishJSON{LettersEvery: p.LettersEvery.String(), NotedAt: p.NotedAt}, nil
}

// dropPreference lets letters come as their sequences say again. That there was no
// preference is no error.
func (s *server) dropPreference(ctx context.Context, in *clientPath) (*struct{}, error) {
	client, err := store.ClientByExternalID(ctx, s.DB, in.ExternalID)
	if err != nil {
		return nil, err
	}
	_, err = s.Engine.DropPreference(ctx, client.ID, "the CRM (API key "+callerOf(ctx).called()+")")
	return nil, err
}
