package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/store"
)

// session is this process's standing in the database: a row, and a session lock
// that is free as soon as the process, or its connection, is gone. The same
// connection hears NOTIFY.
type session struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	conn *pgx.Conn
	id   atomic.Int32 // this worker's row; 0 while there is no standing

	wake atomic.Pointer[chan struct{}] // the planner's
}

// begin registers the worker.
func (s *session) begin(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	s.wake.CompareAndSwap(nil, &wake)
	config := s.pool.Config().ConnConfig.Copy()
	// A host that is gone without a word is noticed in 25 seconds, not in hours.
	config.RuntimeParams["tcp_keepalives_idle"] = "10"
	config.RuntimeParams["tcp_keepalives_interval"] = "5"
	config.RuntimeParams["tcp_keepalives_count"] = "3"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connecting the worker: %w", err)
	}
	host, _ := os.Hostname()
	id, err := store.RegisterWorker(ctx, conn, host, os.Getpid())
	if err == nil {
		for _, channel := range []string{store.PlanChannel, store.ContentChannel, store.ClockChannel} {
			_, listening := conn.Exec(ctx, "LISTEN "+channel)
			err = errors.Join(err, listening)
		}
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return err
	}
	s.conn = conn
	s.id.Store(id)
	return nil
}

// keep hears notifications and, when the connection breaks, gets a new standing:
// others have declared the old one dead, and its letters unconfirmed.
func (s *session) keep(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.hear(ctx); ctx.Err() != nil {
			return
		} else if err == nil {
			continue
		} else {
			s.log.Warn("worker lost its database session", "err", err)
		}
		s.id.Store(0)
		s.conn.Close(ctx)
		for ctx.Err() == nil {
			if err := s.begin(ctx); err == nil {
				s.log.Info("worker has a new database session", "worker_id", s.id.Load())
				break
			}
			pause(ctx, time.Second)
		}
		s.wakePlanner()
	}
}

// hear waits for a notification, at most a while: silence is checked by a ping.
func (s *session) hear(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := s.conn.WaitForNotification(waiting)
	if err == nil {
		s.wakePlanner()
		return nil
	}
	if waiting.Err() == nil || ctx.Err() != nil {
		return err
	}
	pinging, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return s.conn.Ping(pinging)
}

func (s *session) wakePlanner() {
	select {
	case *s.wake.Load() <- struct{}{}:
	default: // it will run anyway
	}
}

// end gives up the standing: nothing is in this worker's hands any more.
func (s *session) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if id := s.id.Swap(0); id != 0 {
		if err := store.RemoveWorker(ctx, s.conn, id); err != nil {
			s.log.Warn("worker could not sign off", "err", err)
		}
	}
	s.conn.Close(ctx)
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
