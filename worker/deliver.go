package worker

import (
	"context"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"seventh/internal/engine"
	"seventh/internal/failpoint"
)

// deliverWorker delivers chunks. What is left of a chunk waits in its row, and
// gets a new job from there: River's own retries only matter when the database is
// away.
type deliverWorker struct {
	river.WorkerDefaults[engine.DeliverArgs]
	worker *Worker
}

// Work claims a chunk, sends its letters over the kept connections, and releases it.
func (d *deliverWorker) Work(ctx context.Context, job *river.Job[engine.DeliverArgs]) error {
	w := d.worker
	id := w.session.id.Load()
	if id == 0 || isClosed(w.fleet.stopped) {
		return river.JobSnooze(time.Second)
	}
	// Before the claim: a chunk that is claimed and not in hand is an orphan.
	if !w.hands.take(job.Args.ChunkID) {
		return river.JobSnooze(time.Second) // an earlier job of the same chunk is still at it
	}
	defer w.hands.drop(job.Args.ChunkID)
	failpoint.Hit(failpoint.BeforeT1)
	claim, err := w.engine.Claim(ctx, job.Args.ChunkID, id)
	if err != nil || claim == nil {
		return err
	}
	failpoint.Hit(failpoint.AfterT1)
	run := &run{claim: claim, claimed: time.Now(), stopped: w.fleet.stopped, pace: newPace(claim.Chunk.PerSecond)}
	w.deliver(ctx, run)
	return w.engine.Release(context.WithoutCancel(ctx), claim.Chunk, run.reason())
}

// deliver sends what a run has, or says what keeps it.
func (w *Worker) deliver(ctx context.Context, r *run) {
	var err error
	if r.edition, err = w.letters.current(ctx, w.options.Pool); err != nil {
		w.report(ctx, "letters cannot be prepared", err)
		r.halt("the published letters cannot be prepared: " + err.Error())
		return
	}
	lanes, err := w.fleet.of(r.claim.Chunk.Sender, r.edition)
	if err != nil {
		w.report(ctx, "letters have no mail server", err)
		r.halt(err.Error())
		return
	}
	lanes.deliver(r)
}

// run is a chunk being delivered.
type run struct {
	claim   *engine.Claim
	claimed time.Time
	edition *edition
	pace    *pace           // of its sender
	stopped <-chan struct{} // closed when the process is to end
	pending sync.WaitGroup  // letters that are not dealt with yet

	mu     sync.Mutex
	halted string // why the rest of the chunk waits
}

// halt keeps the letters that have not been taken up from being tried now. It
// reports whether this is the first reason.
func (r *run) halt(reason string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted != "" {
		return false
	}
	r.halted = reason
	return true
}

func (r *run) reason() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.halted
}

// over reports whether the rest of the chunk is to be left.
func (r *run) over() bool { return isClosed(r.stopped) || r.reason() != "" }

// now is business time for this chunk, by the database's clock: the sandbox's is
// not moved while a chunk is open.
func (r *run) now() time.Time { return r.claim.Clock.Now.Add(time.Since(r.claimed)) }

// hands are the chunks that this process is delivering.
type hands struct {
	mu     sync.Mutex
	chunks map[int64]bool
}

func (h *hands) take(chunk int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.chunks[chunk] {
		return false
	}
	if h.chunks == nil {
		h.chunks = make(map[int64]bool)
	}
	h.chunks[chunk] = true
	return true
}

func (h *hands) drop(chunk int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.chunks, chunk)
}

func (h *hands) has(chunk int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.chunks[chunk]
}
