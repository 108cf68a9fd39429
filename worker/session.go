package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// session is this process's standing in the database: a row, a session lock that is
// free as soon as the process, or its connection, is gone, and a lease that it renews.
// The same connection hears NOTIFY.
type session struct {
	pool   *pgxpool.Pool
	engine *engine.Engine
	log    *slog.Logger
	lease  time.Duration
	water  highWater

	conn *pgx.Conn    // nil while there is no standing
	id   atomic.Int32 // this worker's row; 0 while there is no standing
	beat time.Time    // when the lease was renewed last

	wake atomic.Pointer[chan struct{}] // the planner's

	mu      sync.Mutex
	trouble error     // why there is no standing, or the lease cannot be renewed
	steady  time.Time // since when it was always renewed in time
}

// errNoStanding is what keeps a worker from working before its first registration.
var errNoStanding = errors.New("the worker is starting")

// begin registers the worker, unless the restore guard keeps him from it.
func (s *session) begin(ctx context.Context) (err error) {
	defer func() { s.note(err) }()
	wake := make(chan struct{}, 1)
	s.wake.CompareAndSwap(nil, &wake)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
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
	id, mark, err := s.engine.Register(ctx, conn, host, os.Getpid(), s.water.of)
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
	s.conn, s.beat = conn, time.Now()
	s.remember(mark)
	s.id.Store(id)
	return nil
}

// retry is how often a worker without standing tries to get one.
const retry = time.Second

// keep hears notifications, renews the lease and, when the connection breaks or
// others have declared the worker dead, gets a new standing: what he had on the wire
// is unconfirmed by then, until its outcome is told under the old fence.
func (s *session) keep(ctx context.Context) {
	for ctx.Err() == nil {
		var err error
		if s.conn == nil {
			err = s.begin(ctx)
			if err == nil {
				s.log.Info("worker has a database session", "worker_id", s.id.Load())
				s.wakePlanner()
			} else {
				pause(ctx, retry)
			}
			continue
		}
		if err = s.hear(ctx); err == nil || ctx.Err() != nil {
			continue
		}
		s.log.Warn("worker lost its database session", "err", err)
		s.drop(ctx, err)
	}
}

// drop gives up a standing that does not hold any more.
func (s *session) drop(ctx context.Context, why error) {
	s.id.Store(0)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	s.conn.Close(closing)
	s.conn = nil
	s.note(why)
}

// beatEvery is how often the lease is renewed.
func (s *session) beatEvery() time.Duration { return min(5*time.Second, s.lease/4) }

// hear waits for a notification, at most until the lease is to be renewed.
func (s *session) hear(ctx context.Context) error {
	waiting, cancel := context.WithDeadline(ctx, s.beat.Add(s.beatEvery()))
	defer cancel()
	_, err := s.conn.WaitForNotification(waiting)
	if err == nil {
		s.wakePlanner()
		return nil
	}
	if waiting.Err() == nil || ctx.Err() != nil {
		return err
	}
	return s.renew(ctx)
}

// renew renews the lease. A database that refuses to write keeps the standing: the
// lock is still ours, and nobody else can write either.
func (s *session) renew(ctx context.Context) error {
	// A timeout costs the connection, and so the standing: a database that stalls for
	// some seconds is waited for.
	renewing, cancel := context.WithTimeout(ctx, max(5*time.Second, s.lease/4))
	defer cancel()
	last := s.beat
	mark, err := store.Beat(renewing, s.conn, s.id.Load())
	s.beat = time.Now()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errors.New("others have taken this worker for dead")
	case err != nil && s.conn.IsClosed():
		return err
	case err != nil:
		s.log.Warn("worker could not renew its lease", "err", err)
		s.note(err)
		return nil
	}
	if known := s.water.of(mark.Installation); mark.Beat <= known.Beat {
		reason := fmt.Sprintf("the database went back to beat %d after this machine had seen %d: a backup was restored while it ran", mark.Beat-1, known.Beat)
		return errors.Join(errors.New(reason), s.engine.Trip(ctx, reason))
	}
	s.remember(mark)
	if s.beat.Sub(last) > 3*s.beatEvery() {
		s.note(errors.New("the lease was renewed late")) // it was we who hung, or the database
	}
	s.note(nil)
	return nil
}

func (s *session) remember(mark store.Mark) {
	if err := s.water.keep(mark); err != nil {
		s.log.Warn("a restored backup may go unnoticed", "err", err)
	}
}

// note keeps what is wrong, and since when nothing was.
func (s *session) note(trouble error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case trouble == nil && s.steady.IsZero():
		s.steady = time.Now()
	case trouble != nil:
		s.steady = time.Time{}
	}
	if errors.Is(trouble, engine.ErrGuarded) && !errors.Is(s.trouble, engine.ErrGuarded) {
		s.log.Error("no letter is sent", "err", trouble)
	}
	s.trouble = trouble
}

// ready says why this worker cannot work, nil when it can.
func (s *session) ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == nil && s.id.Load() == 0 {
		return errNoStanding
	}
	return s.trouble
}

// judges reports whether this process may say of others that they hang: not before
// it has itself been renewing its lease in time for as long. After a database that
// stood still for a while every lease looks old.
func (s *session) judges() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.steady.IsZero() && time.Since(s.steady) > s.lease
}

func (s *session) wakePlanner() {
	select {
	case *s.wake.Load() <- struct{}{}:
	default: // it will run anyway
	}
}

// end gives up the standing: nothing is in this worker's hands any more.
func (s *session) end() {
	if s.conn == nil {
		return
	}
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
