package api

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// evidenceJSON is a piece of evidence, without what came: that is full of addresses.
type evidenceJSON struct {
	ID         int64     `json:"id"`
	Source     string    `json:"source" enum:"hook,mailbox"`
	Origin     string    `json:"origin" doc:"The provider, or the mailbox."`
	State      string    `json:"state" enum:"waiting,applied,ignored,quarantined" doc:"ignored: it is about no letter of ours, or says nothing; quarantined: it could not be read."`
	Note       string    `json:"note" doc:"What was made of it."`
	ReceivedAt time.Time `json:"received_at" doc:"Wall time."`
	MessageID  *int64    `json:"message_id" doc:"The letter that it is about."`
	Attempts   int       `json:"attempts"`
}

func showEvidence(e *store.Evidence) evidenceJSON {
	return evidenceJSON{
		ID: e.ID, Source: e.Source, Origin: e.Origin, State: e.State, Note: e.Note, ReceivedAt: e.ReceivedAt.UTC(), MessageID: e.MessageID, Attempts: e.Attempts,
	}
}

// evidence lists what came back.
func (s *server) evidence(ctx context.Context, in *struct {
	Paging
	State     string `query:"state" enum:"waiting,applied,ignored,quarantined"`
	Source    string `query:"source" enum:"hook,mailbox"`
	Origin    string `query:"origin"`
	MessageID int64  `query:"message_id"`
}) (*list[evidenceJSON], error) {
	before, err := lastID("evidence", in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := store.ListEvidence(ctx, s.DB, store.EvidenceFilter{
		State: in.State, Source: in.Source, Origin: in.Origin, MessageID: in.MessageID, Before: before, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, showEvidence, func(e *store.Evidence) string { return idCursor("evidence", e.ID) }), nil
}

// evidenceAgain lets a piece of evidence be read once more. What it did before it does
// not do twice.
func (s *server) evidenceAgain(ctx context.Context, in *struct {
	ID int64 `path:"id"`
}) (*struct{ Body evidenceJSON }, error) {
	var e store.Evidence
	err := store.Tx(ctx, s.DB, func(tx pgx.Tx) (err error) {
		e, err = s.Engine.EvidenceAgain(ctx, tx, in.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body evidenceJSON }{showEvidence(&e)}, nil
}
