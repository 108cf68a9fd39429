package worker

import (
	"context"
	"time"

	"seventh/internal/store"
)

// A planner that found something looks again soon: letters that fall due one by one
// are planned by the handful then, which costs a fraction.
const soon = 40 * time.Millisecond

// plan runs the planner at start, whenever it is woken, every second, and soon after
// it found something.
func (w *Worker) plan(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	more := w.tick(ctx)
	for ctx.Err() == nil {
		var again <-chan time.Time
		if more {
			again = time.After(soon)
		}
		select {
		case <-*w.session.wake.Load():
			more = w.tick(ctx)
		case <-tick.C:
			more = w.tick(ctx)
		case <-again:
			more = w.planSome(ctx)
		case <-ctx.Done():
		}
	}
}

// mendEvery is how often a process makes sure that nobody is forgotten. It reads all
// open enrollments: a second for a million.
const mendEvery = time.Hour

// mend finds enrollments that the planner would never hear of again. There should
// be none: if there are, the log says so.
func (w *Worker) mend(ctx context.Context) {
	tick := time.NewTicker(mendEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		forgotten, err := store.MendDue(ctx, w.options.Pool)
		w.report(ctx, "looking for forgotten enrollments failed", err)
		if forgotten > 0 {
			w.options.Log.Error("enrollments were missing from what is due; they are due again", "enrollments", forgotten)
		}
		w.mendCalls(ctx)
		w.forget(ctx)
	}
}

// mendCalls finds clients whom nobody would ever call again.
func (w *Worker) mendCalls(ctx context.Context) {
	now, err := store.Now(ctx, w.options.Pool)
	var forgotten int64
	if err == nil {
		forgotten, err = store.MendCalls(ctx, w.options.Pool, now)
	}
	w.report(ctx, "looking for forgotten calls failed", err)
	if forgotten > 0 {
		w.options.Log.Error("clients had neither a date for their next call nor a task; they are reviewed", "clients", forgotten)
	}
}

// tick takes over from the dead and from those who hang, gives forgotten chunks a
// job, and plans what is due. Without a standing others do so: this process has lost
// its connection, or the restore guard keeps everybody from working.
func (w *Worker) tick(ctx context.Context) (more bool) {
	id := w.session.id.Load()
	if id == 0 {
		return false
	}
	unconfirmed, err := w.engine.Bury(ctx)
	w.buried(ctx, "a worker died with letters on the wire", unconfirmed, err)
	if w.session.judges() {
		unconfirmed, err := w.engine.BuryHung(ctx, id, w.session.lease)
		w.buried(ctx, "a worker hangs with letters on the wire", unconfirmed, err)
	}
	w.report(ctx, "freeing orphaned chunks failed", w.engine.FreeOrphans(ctx, id, w.hands.has))
	w.report(ctx, "finding forgotten chunks failed", w.engine.Redeliver(ctx))
	w.report(ctx, "looking at the breakers failed", w.engine.Breakers(ctx))
	return w.planSome(ctx)
}

// turn is how long the planner plans before it looks after the others again.
const turn = time.Second

// planSome plans for a turn, as long as what is due fills a batch. It reports
// whether there may be more.
func (w *Worker) planSome(ctx context.Context) (more bool) {
	if w.session.id.Load() == 0 {
		return false
	}
	for began := time.Now(); time.Since(began) < turn; {
		planned, err := w.engine.Plan(ctx)
		w.report(ctx, "planning failed", err)
		if err != nil || !planned.Any() {
			return false
		}
		if !planned.Full() {
			return true
		}
	}
	return true
}

func (w *Worker) buried(ctx context.Context, message string, unconfirmed int64, err error) {
	if unconfirmed > 0 {
		w.options.Log.Warn(message, "unconfirmed", unconfirmed)
	}
	w.report(ctx, "taking over from another worker failed", err)
}

// PlanAll looks at the breakers and plans until nothing is due, or another process
// plans.
func (w *Worker) PlanAll(ctx context.Context) error {
	if err := w.engine.Breakers(ctx); err != nil {
		return err
	}
	for {
		planned, err := w.engine.Plan(ctx)
		if err != nil || !planned.Any() {
			return err
		}
	}
}

func (w *Worker) report(ctx context.Context, message string, err error) {
	if err != nil && ctx.Err() == nil {
		w.options.Log.Error(message, "err", err)
	}
}
