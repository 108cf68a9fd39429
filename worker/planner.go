package worker

import (
	"context"
	"time"
)

// plan runs the planner at start, whenever it is woken, and every second.
func (w *Worker) plan(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.tick(ctx)
		select {
		case <-*w.session.wake.Load():
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// tick takes over from the dead, gives forgotten chunks a job, and plans what is due.
func (w *Worker) tick(ctx context.Context) {
	unconfirmed, err := w.engine.Bury(ctx)
	if unconfirmed > 0 {
		w.options.Log.Warn("a worker died with letters on the wire", "unconfirmed", unconfirmed)
	}
	w.report(ctx, "taking over from dead workers failed", err)
	if id := w.session.id.Load(); id != 0 {
		w.report(ctx, "freeing orphaned chunks failed", w.engine.FreeOrphans(ctx, id, w.hands.has))
	}
	w.report(ctx, "finding forgotten chunks failed", w.engine.Redeliver(ctx))
	w.report(ctx, "planning failed", w.PlanAll(ctx))
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
