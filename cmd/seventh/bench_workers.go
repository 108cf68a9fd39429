package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/store"
)

// extraWorker is a `seventh work` process on the database of a run.
type extraWorker struct {
	name    string // its EHLO
	command *exec.Cmd
	ended   chan error
}

// startWorkers starts extra processes and waits until they have registered.
func (b *bench) startWorkers(ctx context.Context, db *pgxpool.Pool, database string) (list []*extraWorker, err error) {
	defer func() {
		if err != nil {
			stopWorkers(list)
			list = nil
		}
	}()
	for i := range b.Workers {
		w, err := b.startWorker(fmt.Sprintf("worker-%d", i+1), database)
		if err != nil {
			return list, fmt.Errorf("starting a worker: %w", err)
		}
		list = append(list, w)
	}
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		n, err := store.CountWorkers(waiting, db)
		if err != nil || n > b.Workers { // the others and this process
			return list, err
		}
		for _, w := range list {
			select {
			case err := <-w.ended:
				return list, fmt.Errorf("%s has ended: %w", w.name, errors.Join(err, errors.New("see what it said above")))
			default:
			}
		}
		if err := pauseFor(waiting, 20*time.Millisecond); err != nil {
			return list, fmt.Errorf("waiting for %d workers to register: %w", b.Workers, err)
		}
	}
}

func (b *bench) startWorker(name, database string) (*extraWorker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(b.url)
	if err != nil {
		return nil, err
	}
	query := to.Query()
	query.Set("pool", strconv.Itoa(b.pool()))
	if b.sink != nil {
		query.Set("helo", name)
	}
	to.RawQuery = query.Encode()
	w := &extraWorker{name: name, command: exec.Command(self, "work"), ended: make(chan error, 1)}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "SEVENTH_") {
			w.command.Env = append(w.command.Env, pair)
		}
	}
	w.command.Env = append(w.command.Env, "SEVENTH_DATABASE_URL="+database, "SEVENTH_SMTP_URL="+to.String(), "SEVENTH_SECRET="+rand.Text()+rand.Text(),
		"SEVENTH_SANDBOX=false", "SEVENTH_PUBLIC_URL="+benchURL, "SEVENTH_LOG=text,warn")
	w.command.Stderr = b.process.stderr
	if err := w.command.Start(); err != nil {
		return nil, err
	}
	go func() { w.ended <- w.command.Wait() }()
	return w, nil
}

// stopWorkers lets them finish, and ends them if they do not.
func stopWorkers(list []*extraWorker) {
	for _, w := range list {
		w.command.Process.Signal(syscall.SIGTERM)
	}
	for _, w := range list {
		select {
		case <-w.ended:
		case <-time.After(30 * time.Second):
			w.command.Process.Kill()
		}
	}
}

// pauseFor waits, or returns the error of a context that ends.
func pauseFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
