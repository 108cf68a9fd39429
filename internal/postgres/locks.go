package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lockPoll is how often a process that waits for the gate looks again: flock(2) cannot wait for a lock and a context.
const lockPoll = 10 * time.Millisecond

// enterGate waits until no other process starts or stops this server. Every change of the users lock happens inside.
func (s *Server) enterGate(ctx context.Context) (leave func(), err error) {
	if _, err := s.gate.TryLockContext(ctx, lockPoll); err != nil {
		return nil, fmt.Errorf("waiting for another process to start or stop PostgreSQL in %s: %w", s.Dir, err)
	}
	return func() { _ = s.gate.Unlock() }, nil // an unlock fails only for a broken descriptor, which closing drops too
}

// enter counts this process (or this Server, where a process has several) among the users.
func (s *Server) enter() error {
	ok, err := s.users.TryRLock()
	if err != nil {
		return fmt.Errorf("taking the lock of users: %w", err)
	}
	if !ok {
		return errors.New("taking the lock of users: it is held exclusively outside the gate")
	}
	return nil
}

// leave takes this process out of the users and stops the server if it was the last one. Inside the gate nobody can
// join between the two locks.
func (s *Server) leave(ctx context.Context) error {
	if err := s.users.Unlock(); err != nil {
		return fmt.Errorf("giving back the lock of users: %w", err)
	}
	last, err := s.users.TryLock()
	if err != nil {
		return fmt.Errorf("asking whether others use the server: %w", err)
	}
	if !last {
		return nil
	}
	err = s.halt(ctx)
	return errors.Join(err, s.users.Unlock())
}
