package worker

import (
	"context"
	"time"

	"seventh/internal/store"
)

const (
	// evidenceKept is how long what came back is kept as it came: rules can be run over
	// it again for as long, and the same thing told again is known as such.
	evidenceKept = 90 * 24 * time.Hour
	// forgetAtOnce bounds a statement, so that nobody waits for it.
	forgetAtOnce = 5000
)

// forget removes what is kept for a time only.
func (w *Worker) forget(ctx context.Context) {
	before := time.Now().Add(-evidenceKept)
	for ctx.Err() == nil {
		n, err := store.ForgetEvidence(ctx, w.options.Pool, before, forgetAtOnce)
		w.report(ctx, "forgetting old evidence failed", err)
		if err != nil || n < forgetAtOnce {
			return
		}
	}
}
