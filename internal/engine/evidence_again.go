package engine

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"seventh/internal/store"
)

// EvidenceAgain lets a piece of evidence be read and applied once more, because the
// rules have changed or what was in its way is gone; store.ErrNotFound if there is none.
func (e *Engine) EvidenceAgain(ctx context.Context, tx pgx.Tx, id int64) (store.Evidence, error) {
	evidence, err := store.ReopenEvidence(ctx, tx, id)
	if err != nil {
		return evidence, err
	}
	_, err = e.Jobs.InsertManyTx(ctx, tx, []river.InsertManyParams{{
		Args: EvidenceArgs{EvidenceID: id}, InsertOpts: &river.InsertOpts{Queue: EvidenceQueue, MaxAttempts: evidenceAttempts},
	}})
	if err != nil {
		return evidence, fmt.Errorf("queueing evidence %d again: %w", id, err)
	}
	return evidence, nil
}
