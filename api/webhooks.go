package api

import (
	"context"
	"time"

	"seventh/internal/store"
)

// webhookJSON is one thing told to another system.
type webhookJSON struct {
	ID         int64      `json:"id"`
	WebhookID  string     `json:"webhook_id" doc:"The webhook-id header: the same in every attempt."`
	Webhook    string     `json:"webhook" doc:"Its name in seventh.yaml."`
	Client     string     `json:"client"`
	Sequence   string     `json:"sequence"`
	Step       string     `json:"step"`
	Enrollment int64      `json:"enrollment"`
	State      string     `json:"state" enum:"waiting,delivered,gone,failed,captured" doc:"gone: answered 410; failed: given up after three days; captured: kept in the sandbox."`
	Attempts   int        `json:"attempts"`
	Status     int        `json:"status" doc:"HTTP status of the last answer; 0 without one."`
	Response   string     `json:"response" doc:"The last answer's beginning, or what kept it from coming."`
	CreatedAt  time.Time  `json:"created_at"`
	TriedAt    *time.Time `json:"tried_at"`
}

func showWebhook(d *store.WebhookDelivery) webhookJSON {
	return webhookJSON{
		ID: d.ID, WebhookID: d.EventID, Webhook: d.Webhook, Client: d.Client, Sequence: d.Sequence, Step: d.Step, Enrollment: d.EnrollmentID,
		State: d.State, Attempts: d.Attempts, Status: d.Status, Response: d.Response, CreatedAt: d.CreatedAt.UTC(), TriedAt: utc(d.TriedAt),
	}
}

// webhooks lists what steps have told other systems.
func (s *server) webhooks(ctx context.Context, in *struct {
	Paging
	State   string `query:"state" enum:"waiting,delivered,gone,failed,captured"`
	Webhook string `query:"webhook"`
	Client  string `query:"client"`
}) (*list[webhookJSON], error) {
	before, err := lastID("webhook-deliveries", in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := store.ListWebhookDeliveries(ctx, s.DB, store.WebhookFilter{
		Client: in.Client, Webhook: in.Webhook, State: in.State, Before: before, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, showWebhook, func(d *store.WebhookDelivery) string { return idCursor("webhook-deliveries", d.ID) }), nil
}
