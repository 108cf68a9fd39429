package worker

import (
	"context"
	"time"

	"seventh/internal/store"
)

// mendEvery is how often the planner makes sure that nobody is forgotten.
const mendEvery = time.Hour

// plan runs the planner at start, whenever it is woken, and every second.
func (w *Worker) plan(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var mended time.Time
	for ctx.Err() == nil {
		w.tick(ctx)
		if time.Since(mended) > mendEvery {
			mended = time.Now()
			w.mend(ctx)
		}
		select {
		case <-*w.session.wake.Load():
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// mend finds enrollments that the planner would never hear of again. There should
// be none: if there are, the log says so.
func (w *Worker) mend(ctx context.Context) {
	forgotten, err := store.MendDue(ctx, w.options.Pool)
	w.report(ctx, "looking for forgotten enrollments failed", err)
	if forgotten > 0 {
		w.options.Log.Error("enrollments were missing from what is due; they are due again", "enrollments", forgotten)
	}
}

// tick takes over from the dead and from those who hang, gives forgotten chunks a
// job, and plans what is due. Without a standing others do so: this process has lost
// its connection, or the restore guard keeps everybody from working.
func (w *Worker) tick(ctx context.Context) {
	id := w.session.id.Load()
	if id == 0 {
		return
	}
	unconfirmed, err := w.engine.Bury(ctx)
	w.buried(ctx, "a worker died with letters on the wire", unconfirmed, err)
	if w.session.judges() {
		unconfirmed, err := w.engine.BuryHung(ctx, id, w.session.lease)
		w.buried(ctx, "a worker hangs with letters on the wire", unconfirmed, err)
	}
	w.report(ctx, "freeing orphaned chunks failed", w.engine.FreeOrphans(ctx, id, w.hands.has))
	w.report(ctx, "finding forgotten chunks failed", w.engine.Redeliver(ctx))
	w.report(ctx, "planning failed", w.planSome(ctx))
}

// turn is how long the planner plans before it looks after the others again.
const turn = time.Second

// planSome is PlanAll for a turn; when more is due, the next one follows at once.
func (w *Worker) planSome(ctx context.Context) error {
	if err := w.engine.Breakers(ctx); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < turn; {
		planned, err := w.engine.Plan(ctx)
		if err != nil || !planned.Any() {
			return err
		}
	}
	w.session.wakePlanner()
	return nil
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
