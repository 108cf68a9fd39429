package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"seventh/internal/store"
	"seventh/sequences"
)

// TellArgs is the job that posts a webhook delivery. The delivery's row is the
// truth: a job that comes twice finds it delivered.
type TellArgs struct {
	DeliveryID int64 `json:"delivery_id"`
}

// Kind names the job in River's table.
func (TellArgs) Kind() string { return "webhook" }

// TellQueue is River's queue of webhooks: receivers that answer slowly must not keep
// letters from going.
const TellQueue = "webhooks"

// tellDelays are the times between attempts: three days in all.
var tellDelays = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
	6 * time.Hour, 8 * time.Hour, 10 * time.Hour, 12 * time.Hour, 12 * time.Hour, 16 * time.Hour,
}

// TellAgain is how long after its attempt-th failure, counted from 1, a webhook is
// tried again.
func TellAgain(attempt int) time.Duration {
	return tellDelays[min(max(attempt, 1), len(tellDelays))-1]
}

// Telling is a webhook step that a client has reached.
type Telling struct {
	Enrollment *store.Enrollment
	Client     *store.Client
	Step       sequences.Step
}

// event is what receivers read.
type event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // business time
	Data      reached   `json:"data"`
}

type reached struct {
	Client         string         `json:"client"`
	Sequence       string         `json:"sequence"`
	Step           string         `json:"step"`
	Enrollment     int64          `json:"enrollment"`
	Email          string         `json:"email"`
	FirstName      string         `json:"first_name"`
	LastName       string         `json:"last_name"`
	Company        string         `json:"company"`
	Category       string         `json:"category"`
	Temperature    string         `json:"temperature"`
	Stage          string         `json:"stage"`
	Owner          string         `json:"owner"`
	Locale         string         `json:"locale"`
	Products       []string       `json:"products"`
	LastPurchaseAt *time.Time     `json:"last_purchase_at"`
	Attributes     map[string]any `json:"attributes"`
}

// Tell writes what webhook steps tell, in the planner's transaction, with a job for
// each. A step that was reached before is not told again.
func (e *Engine) Tell(ctx context.Context, tx pgx.Tx, now time.Time, list []Telling) error {
	if len(list) == 0 {
		return nil
	}
	deliveries := make([]store.WebhookDelivery, len(list))
	for i, t := range list {
		body, err := json.Marshal(event{Type: "step.reached", Timestamp: now.UTC(), Data: t.data()})
		if err != nil {
			return fmt.Errorf("writing what step %s tells: %w", t.Step.ID, err)
		}
		deliveries[i] = store.WebhookDelivery{
			Webhook: t.Step.Webhook, ClientID: t.Client.ID, EnrollmentID: t.Enrollment.ID, Step: t.Step.ID, Body: string(body), CreatedAt: now,
		}
	}
	ids, err := store.InsertWebhookDeliveries(ctx, tx, deliveries)
	if err != nil || len(ids) == 0 {
		return err
	}
	jobs := make([]river.InsertManyParams, len(ids))
	for i, id := range ids {
		jobs[i] = river.InsertManyParams{Args: TellArgs{DeliveryID: id}, InsertOpts: &river.InsertOpts{Queue: TellQueue, MaxAttempts: len(tellDelays) + 1}}
	}
	if _, err := e.Jobs.InsertManyTx(ctx, tx, jobs); err != nil {
		return fmt.Errorf("queueing %d webhooks: %w", len(jobs), err)
	}
	return nil
}

func (t Telling) data() reached {
	c := t.Client
	data := reached{
		Client: c.ExternalID, Sequence: t.Enrollment.Sequence, Step: t.Step.ID, Enrollment: t.Enrollment.ID, Email: c.Email, FirstName: c.FirstName,
		LastName: c.LastName, Company: c.Company, Category: c.Category, Temperature: c.Temperature, Stage: c.Stage, Owner: c.Owner, Locale: c.Locale,
		Products: c.Products, LastPurchaseAt: c.LastPurchaseAt, Attributes: c.Attributes,
	}
	if data.Products == nil {
		data.Products = []string{}
	}
	if data.Attributes == nil {
		data.Attributes = map[string]any{}
	}
	return data
}
