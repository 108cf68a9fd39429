package engine

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// tell has other systems told that clients came to a step with a webhook. That it
// came to it is kept as a decision in any case.
func (e *Engine) tell(_ context.Context, _ pgx.Tx, list []told, _ time.Time) error {
	for _, t := range list {
		e.Log.Info("webhook step", "webhook", t.webhook, "sequence", t.enrollment.Sequence, "step", t.step, "client", t.client)
	}
	return nil
}
