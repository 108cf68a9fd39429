package api

import (
	"context"
	"time"

	"seventh/internal/store"
)

// auditJSON is something that somebody has done and that others can check.
type auditJSON struct {
	ID      int64          `json:"id"`
	At      time.Time      `json:"at"`
	Actor   string         `json:"actor" doc:"A user's address, or key:NAME, an API key."`
	Action  string         `json:"action"`
	Subject string         `json:"subject" doc:"What it was done to, such as an address."`
	Data    map[string]any `json:"data"`
}

func showAudit(a *store.AuditEntry) auditJSON {
	return auditJSON{ID: a.ID, At: a.At.UTC(), Actor: a.Actor, Action: a.Action, Subject: a.Subject, Data: a.Data}
}

// audit lists what people have done.
func (s *server) audit(ctx context.Context, in *struct {
	Paging
	Subject string `query:"subject" doc:"Done to this only."`
}) (*list[auditJSON], error) {
	before, err := lastID("audit", in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := store.ListAudit(ctx, s.DB, in.Subject, before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, showAudit, func(a *store.AuditEntry) string { return idCursor("audit", a.ID) }), nil
}
