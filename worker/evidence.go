package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/internal/store"
	"seventh/internal/token"
)

// evidenceWorker reads what came back, finds the letter of ours that it is about and
// has the engine apply it.
type evidenceWorker struct {
	river.WorkerDefaults[engine.EvidenceArgs]
	worker *Worker
}

// evidenceAtOnce is how many pieces of evidence one process reads at a time.
const evidenceAtOnce = 4

// Timeout bounds a job, the database included.
func (*evidenceWorker) Timeout(*river.Job[engine.EvidenceArgs]) time.Duration { return 2 * time.Minute }

// Work settles one piece of evidence. One that cannot be read, or applied, is put aside
// after its last attempt.
func (v *evidenceWorker) Work(ctx context.Context, job *river.Job[engine.EvidenceArgs]) error {
	w := v.worker
	db := w.options.Pool
	evidence, err := store.EvidenceByID(ctx, db, job.Args.EvidenceID)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the client was erased
	}
	if err != nil || evidence.State != store.EvidenceWaiting {
		return err
	}
	failure := w.apply(ctx, &evidence)
	if failure != nil {
		evidence.Note = kept(failure.Error())
		if job.Attempt >= job.MaxAttempts {
			evidence.State = store.EvidenceQuarantined
			w.options.Log.Error("evidence was put aside", "evidence_id", evidence.ID, "source", evidence.Source, "origin", evidence.Origin, "err", failure)
			failure = nil
		}
	}
	if err := store.SettleEvidence(ctx, db, evidence); err != nil {
		return err
	}
	return failure
}

// apply reads a piece of evidence and applies it, and writes into it what was made of it.
func (w *Worker) apply(ctx context.Context, evidence *store.Evidence) error {
	events, err := w.read(evidence)
	if err != nil {
		evidence.State, evidence.Note = store.EvidenceQuarantined, kept(err.Error())
		w.options.Log.Warn("evidence cannot be read", "evidence_id", evidence.ID, "source", evidence.Source, "origin", evidence.Origin, "err", err)
		return nil
	}
	evidence.State, evidence.Note = store.EvidenceIgnored, "it says nothing about a letter of ours"
	for _, event := range events {
		id, found := w.letterOf(event)
		if !found {
			continue
		}
		err := w.engine.Apply(ctx, engine.Report{MessageID: id, EvidenceID: evidence.ID, Source: sourceOf(evidence), ReceivedAt: evidence.ReceivedAt, Event: event})
		if err != nil {
			return err
		}
		evidence.State, evidence.MessageID, evidence.Note = store.EvidenceApplied, &id, string(event.Kind)
	}
	return nil
}

// sourceOf is where evidence comes from, as suppressions name it.
func sourceOf(evidence *store.Evidence) string {
	if evidence.Source == store.FromHook {
		return evidence.Source + ":" + evidence.Origin
	}
	return evidence.Source // a mailbox is named by an address
}

// read makes events of evidence.
func (w *Worker) read(evidence *store.Evidence) ([]inbound.Event, error) {
	return nil, fmt.Errorf("nobody reads what comes from %s %s", evidence.Source, evidence.Origin)
}

// marks are what addresses and Message-IDs of ours hold, and how the left part of an
// address begins.
var marks = []token.Purpose{token.Return, token.Reply, token.MessageID}

// letterOf finds the letter of ours that an event is about.
func (w *Worker) letterOf(event inbound.Event) (int64, bool) {
	for _, ref := range event.Refs {
		mark := inbound.MarkIn(ref)
		for _, purpose := range marks {
			if id, err := w.options.Links.OpenMark(mark, purpose); err == nil {
				return id, true
			}
		}
	}
	return 0, false
}
