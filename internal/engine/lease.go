package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// BuryHung takes over from workers other than self who are connected and have not
// been heard of for longer than the lease: stopped, or on a machine that hangs. Should
// one wake up, his fences are stale. It returns how many letters are unconfirmed.
func (e *Engine) BuryHung(ctx context.Context, self int32, lease time.Duration) (int64, error) {
	hung, err := store.HungWorkers(ctx, e.DB, self, lease)
	if err != nil {
		return 0, err
	}
	var total, unconfirmed int64
	for _, id := range hung {
		err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
			now, err := store.Now(ctx, tx)
			if err != nil {
				return err
			}
			var chunks []int64
			if chunks, unconfirmed, err = store.BuryHung(ctx, tx, id, lease, now); err != nil {
				return err
			}
			return e.deliver(ctx, tx, chunks)
		})
		if err != nil {
			return total, fmt.Errorf("taking over from worker %d, who hangs: %w", id, err)
		}
		total += unconfirmed
	}
	return total, nil
}
