package engine

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"seventh/internal/store"
)

// EvidenceArgs is the job that reads a piece of evidence and applies what it says. The
// evidence's row is the truth: a job that comes twice finds it settled.
type EvidenceArgs struct {
	EvidenceID int64 `json:"evidence_id"`
}

// Kind names the job in River's table.
func (EvidenceArgs) Kind() string { return "evidence" }

// EvidenceQueue is River's queue of evidence: a flood of events must not keep letters
// from going.
const EvidenceQueue = "evidence"

// evidenceAttempts is how often a piece of evidence is tried before it is put aside.
const evidenceAttempts = 10

// KeepEvidence keeps what came back, each thing once by its key, and queues the reading
// of what is new; it returns how much that is. Whoever sent it may be told that we have
// it when the transaction has committed.
func (e *Engine) KeepEvidence(ctx context.Context, tx pgx.Tx, list []store.Evidence) (int, error) {
	if len(list) == 0 {
		return 0, nil
	}
	ids, err := store.InsertEvidence(ctx, tx, list)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	jobs := make([]river.InsertManyParams, len(ids))
	for i, id := range ids {
		jobs[i] = river.InsertManyParams{Args: EvidenceArgs{EvidenceID: id}, InsertOpts: &river.InsertOpts{Queue: EvidenceQueue, MaxAttempts: evidenceAttempts}}
	}
	if _, err := e.Jobs.InsertManyTx(ctx, tx, jobs); err != nil {
		return 0, fmt.Errorf("queueing %d pieces of evidence: %w", len(jobs), err)
	}
	return len(ids), nil
}
