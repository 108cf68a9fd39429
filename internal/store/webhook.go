package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// States of what is told to other systems.
const (
	WebhookWaiting   = "waiting"
	WebhookDelivered = "delivered"
	WebhookGone      = "gone"     // the receiver wants no more of it
	WebhookFailed    = "failed"   // given up
	WebhookCaptured  = "captured" // the sandbox kept it
)

// WebhookDelivery is one thing told to another system.
type WebhookDelivery struct {
	ID           int64
	EventID      string
	Webhook      string
	ClientID     int64
	Client       string // external id
	EnrollmentID int64
	Sequence     string
	Step         string
	Body         string
	State        string
	Attempts     int
	Status       int
	Response     string
	CreatedAt    time.Time
	TriedAt      *time.Time
}

const webhookColumns = `
	d.id, d.event_id, d.webhook, d.client_id, c.external_id AS client, d.enrollment_id, s.name AS sequence, d.step, d.body, d.state, d.attempts, d.status,
	d.response, d.created_at, d.tried_at
	FROM webhook_deliveries d JOIN clients c ON c.id = d.client_id JOIN enrollments e ON e.id = d.enrollment_id JOIN sequences s ON s.id = e.sequence_id `

// InsertWebhookDeliveries writes what is to be told, each step of an enrollment
// once, and returns the ids of those that are new.
func InsertWebhookDeliveries(ctx context.Context, db DB, list []WebhookDelivery) ([]int64, error) {
	rows, err := db.Query(ctx, `
		INSERT INTO webhook_deliveries (webhook, client_id, enrollment_id, step, body, created_at)
		SELECT * FROM unnest(@webhook::text[], @client_id::bigint[], @enrollment_id::bigint[], @step::text[], @body::text[], @created_at::timestamptz[])
		ON CONFLICT (enrollment_id, step) DO NOTHING RETURNING id`, pgx.StrictNamedArgs{
		"webhook":       column(list, func(d WebhookDelivery) string { return d.Webhook }),
		"client_id":     column(list, func(d WebhookDelivery) int64 { return d.ClientID }),
		"enrollment_id": column(list, func(d WebhookDelivery) int64 { return d.EnrollmentID }),
		"step":          column(list, func(d WebhookDelivery) string { return d.Step }),
		"body":          column(list, func(d WebhookDelivery) string { return d.Body }),
		"created_at":    column(list, func(d WebhookDelivery) time.Time { return d.CreatedAt }),
	})
	if err != nil {
		return nil, fmt.Errorf("writing %d webhook deliveries: %w", len(list), err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("writing %d webhook deliveries: %w", len(list), err)
	}
	return ids, nil
}

// WebhookDeliveryByID finds one; ErrNotFound also when its client was erased.
func WebhookDeliveryByID(ctx context.Context, db DB, id int64) (WebhookDelivery, error) {
	d, err := one[WebhookDelivery](db.Query(ctx, "SELECT"+webhookColumns+"WHERE d.id = $1", id))
	if err != nil {
		return d, fmt.Errorf("loading webhook delivery %d: %w", id, err)
	}
	return d, nil
}

// SettleWebhook writes what came of an attempt. What was delivered stays so.
func SettleWebhook(ctx context.Context, db DB, d WebhookDelivery) error {
	_, err := db.Exec(ctx, `
		UPDATE webhook_deliveries SET state = @state, attempts = attempts + 1, status = @status, response = @response, tried_at = @tried_at
		WHERE id = @id AND state <> 'delivered'`, pgx.StrictNamedArgs{
		"id": d.ID, "state": d.State, "status": d.Status, "response": d.Response, "tried_at": d.TriedAt,
	})
	if err != nil {
		return fmt.Errorf("settling webhook delivery %d: %w", d.ID, err)
	}
	return nil
}

// WebhookFilter narrows a list; zero fields do not.
type WebhookFilter struct {
	Client  string
	Webhook string
	State   string
	Before  int64 // id of the last row of the page before
	Limit   int
}

// ListWebhookDeliveries returns them, newest first.
func ListWebhookDeliveries(ctx context.Context, db DB, f WebhookFilter) ([]WebhookDelivery, error) {
	list, err := all[WebhookDelivery](db.Query(ctx, "SELECT"+webhookColumns+`
		WHERE (@client = '' OR c.external_id = @client) AND (@webhook = '' OR d.webhook = @webhook)
		  AND (@state = '' OR d.state = @state) AND (@before::bigint = 0 OR d.id < @before)
		ORDER BY d.id DESC LIMIT @limit`, pgx.StrictNamedArgs{
		"client": f.Client, "webhook": f.Webhook, "state": f.State, "before": f.Before, "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing webhook deliveries: %w", err)
	}
	return list, nil
}
