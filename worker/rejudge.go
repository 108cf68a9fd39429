package worker

import (
	"context"
	"time"
)

// rejudgePause is between two steps of going over old hits: it is in no hurry.
const rejudgePause = time.Second

// rejudge goes over the hits of the last months once if this program's rules about who
// is behind them are newer than those that judged them.
func (w *Worker) rejudge(ctx context.Context) {
	for {
		more, err := w.engine.RejudgeHits(ctx)
		w.report(ctx, "going over old hits failed", err)
		if err == nil && !more {
			return
		}
		select {
		case <-time.After(rejudgePause):
		case <-ctx.Done():
			return
		}
	}
}
