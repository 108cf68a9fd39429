package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/internal/store"
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
	failure := w.applySafely(ctx, &evidence)
	if failure != nil && errors.Is(ctx.Err(), context.Canceled) {
		return river.JobSnooze(time.Second) // the process stops: that is no attempt
	}
	if failure != nil {
		evidence.State, evidence.Note = store.EvidenceWaiting, kept(failure.Error())
		if job.Attempt >= job.MaxAttempts {
			evidence.State = store.EvidenceQuarantined
			w.options.Log.Error("evidence was put aside", "evidence_id", evidence.ID, "source", evidence.Source, "origin", evidence.Origin, "err", failure)
			failure = nil
		} else {
			evidence.MessageID = nil // its letter may be gone, and what it says of that still to be kept
		}
	}
	// What has taken too long is settled all the same: it must not wait for ever.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settlePatience)
	defer cancel()
	if err := store.SettleEvidence(ctx, db, evidence); err != nil {
		return err
	}
	return failure
}

// settlePatience bounds writing down what became of a piece of evidence.
const settlePatience = 10 * time.Second

// applySafely is apply, and takes a panic for an error: what strangers write must not
// keep a piece of evidence from being settled.
func (w *Worker) applySafely(ctx context.Context, evidence *store.Evidence) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a mistake in the program: %v\n%s", p, debug.Stack())
		}
	}()
	return w.apply(ctx, evidence)
}

// apply reads a piece of evidence and applies it, and writes into it what was made of it.
func (w *Worker) apply(ctx context.Context, evidence *store.Evidence) error {
	events, err := w.read(ctx, evidence)
	if err != nil && !errors.Is(err, errUnreadable) {
		return err // it is not the evidence's fault
	}
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
		evidence.MessageID = &id // if it is put aside, it goes with its client
		err := w.engine.Apply(ctx, engine.Report{MessageID: id, EvidenceID: evidence.ID, Source: sourceOf(evidence), ReceivedAt: evidence.ReceivedAt, Event: event})
		if err != nil {
			return err
		}
		evidence.State, evidence.Note = store.EvidenceApplied, string(event.Kind)
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

// errUnreadable says that evidence cannot be read, however often one tries.
var errUnreadable = errors.New("it cannot be read")

// read makes events of evidence.
func (w *Worker) read(ctx context.Context, evidence *store.Evidence) ([]inbound.Event, error) {
	switch evidence.Source {
	case store.FromHook:
		return readHook(evidence)
	case store.FromMailbox:
		return w.readMail(ctx, evidence.Raw)
	}
	return nil, fmt.Errorf("%w: nobody reads what comes from a %s", errUnreadable, evidence.Source)
}

// readHook reads what a provider posted.
func readHook(evidence *store.Evidence) ([]inbound.Event, error) {
	provider := inbound.Providers[evidence.Origin]
	if provider == nil {
		return nil, fmt.Errorf("%w: there is no provider %s", errUnreadable, evidence.Origin)
	}
	events, err := provider.Events(evidence.Raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return events, nil
}

// letterOf finds the letter of ours that an event is about.
func (w *Worker) letterOf(event inbound.Event) (int64, bool) {
	if event.Number > 0 {
		return event.Number, true
	}
	return w.messageOf(event.Refs)
}
