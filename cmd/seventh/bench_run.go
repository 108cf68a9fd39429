package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"seventh/internal/store"
	"seventh/worker"
)

// benchRun is one measurement on a database.
type benchRun struct {
	*bench
	db     *database
	worker *worker.Worker
	ended  chan error // of the worker
	extra  []*extraWorker
	result benchResult
	raw    []byte // a letter as it went out
}

func (b *bench) run(ctx context.Context, name string) (_ benchResult, err error) {
	r := &benchRun{bench: b, ended: make(chan error, 1), result: benchResult{Settings: b.settings(), Load: b.load}}
	if r.db, err = b.connect(ctx, name); err != nil {
		return r.result, err
	}
	defer func() { err = errors.Join(err, r.db.close()) }()
	links, err := sealer(ctx, r.db.Pool)
	if err != nil {
		return r.result, err
	}
	r.worker, err = worker.New(worker.Options{Pool: r.db.Pool, Server: b.target, PublicURL: benchURL, Links: links, Log: b.log})
	if err != nil {
		return r.result, err
	}
	if err := r.work(ctx, b.address(name)); err != nil {
		return r.result, err
	}
	after, err := b.ceiling(ctx, r.raw)
	if err != nil {
		return r.result, err
	}
	r.result.addCeiling(after)
	return r.result, nil
}

// work has the workers at it: first the warm-up, then what is measured.
func (r *benchRun) work(ctx context.Context, database string) (err error) {
	ctx, stop := context.WithCancel(ctx)
	go func() { r.ended <- r.worker.Run(ctx) }()
	defer func() {
		stopWorkers(r.extra)
		stop()
		err = errors.Join(err, <-r.ended)
	}()
	if r.extra, err = r.startWorkers(ctx, r.db.Pool, database); err != nil {
		return err
	}
	if r.Warmup > 0 {
		if err := r.warmUp(ctx); err != nil {
			return err
		}
	}
	if err := r.measure(ctx); err != nil {
		return err
	}
	return r.check(ctx)
}

func (r *benchRun) warmUp(ctx context.Context) error {
	if err := store.MoveClock(ctx, r.db.Pool, r.warmupDue()); err != nil {
		return err
	}
	if err := r.settled(ctx, r.warmupDue(), 20*time.Millisecond); err != nil {
		return err
	}
	raw, err := r.sample(ctx)
	if err != nil {
		return err
	}
	before, err := r.ceiling(ctx, raw)
	if err != nil {
		return err
	}
	r.result.addCeiling(before)
	return nil
}

// measure makes the letters due and waits for the last one to be settled.
func (r *benchRun) measure(ctx context.Context) error {
	meter, err := newMeter(filepath.Join(r.dir, "postgres"), r.sink, r.extra)
	if err != nil {
		return err
	}
	// All begin alike: no pages of the preparation are left to be written.
	if err := store.Checkpoint(ctx, r.db.Pool); err != nil {
		return err
	}
	before, err := store.ReadVolume(ctx, r.db.Pool)
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	var arrived <-chan struct{}
	if r.sink != nil {
		if err := r.sink.reset(); err != nil {
			return err
		}
		arrived = r.sink.await(r.Letters)
	}
	stopProfile, err := r.profile()
	if err != nil {
		return err
	}
	if err := meter.begin(); err != nil {
		return err
	}
	r.say("sending %d letters", r.Letters)
	started := time.Now()
	if err := store.MoveClock(ctx, r.db.Pool, r.due); err != nil {
		return err
	}
	if err := r.wait(ctx, arrived); err != nil {
		return err
	}
	r.result.Seconds = time.Since(started).Seconds()
	spent, err := meter.end()
	if err != nil {
		return err
	}
	r.result.RSS, r.result.WorkersRSS = meter.peak()
	r.result.PostgresRSS = meter.postgresMemory()
	if err := stopProfile(); err != nil {
		return err
	}
	after, err := store.ReadVolume(ctx, r.db.Pool)
	if err != nil {
		return err
	}
	r.result.count(float64(r.Letters), spent, before, after)
	return nil
}

// profile begins a CPU profile, if one is wanted, and returns what ends it.
func (r *benchRun) profile() (end func() error, err error) {
	if r.CPUProfile == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(r.CPUProfile)
	if err == nil {
		err = pprof.StartCPUProfile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("starting the CPU profile: %w", err)
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}

// wait costs what it measures next to nothing: the sink says when it has the last
// letter, and only then the database is asked closely whether all is settled.
func (r *benchRun) wait(ctx context.Context, arrived <-chan struct{}) error {
	if arrived == nil {
		return r.settled(ctx, r.lastDue(), 50*time.Millisecond)
	}
	for {
		select {
		case <-arrived:
			return r.settled(ctx, r.lastDue(), 2*time.Millisecond)
		case <-time.After(time.Second):
		}
		if done, err := r.look(ctx, r.lastDue()); err != nil || done {
			return err
		}
	}
}

// settled waits until nothing that was due by a time is left.
func (r *benchRun) settled(ctx context.Context, by time.Time, every time.Duration) error {
	for {
		done, err := r.look(ctx, by)
		if err != nil || done {
			return err
		}
		if err := pauseFor(ctx, every); err != nil {
			return err
		}
	}
}

func (r *benchRun) look(ctx context.Context, by time.Time) (done bool, err error) {
	select {
	case err := <-r.ended:
		r.ended <- nil
		return false, fmt.Errorf("the worker has ended: %w", errors.Join(err, ctx.Err()))
	default:
	}
	ahead, err := store.LookAhead(ctx, r.db.Pool)
	if err != nil {
		return false, err
	}
	if ahead.Waiting != "" {
		return false, errors.New(ahead.Waiting)
	}
	return ahead.Open == 0 && (ahead.Due == nil || ahead.Due.After(by)), nil
}

// check holds the outcome against what was asked for.
func (r *benchRun) check(ctx context.Context) error {
	delays, err := store.ReadDelays(ctx, r.db.Pool, r.due)
	if err != nil {
		return err
	}
	if delays.Letters != r.Letters {
		counts, err := store.CountMessages(ctx, r.db.Pool)
		return errors.Join(fmt.Errorf("of %d letters %d were sent; all letters by state: %v", r.Letters, delays.Letters, counts), err)
	}
	r.result.Latency = benchLatency{P50: milliseconds(delays.Half), P99: milliseconds(delays.P99)}
	if r.sink != nil {
		report, err := r.sink.report()
		if err != nil {
			return err
		}
		if err := r.compare(report); err != nil {
			return err
		}
		r.result.Split = map[string]int64{"seventh": report.By["seventh"]}
		for _, w := range r.extra {
			r.result.Split[w.name] = report.By[w.name] // 0 is worth knowing
		}
	}
	r.raw, err = r.sample(ctx)
	r.result.LetterBytes = len(r.raw)
	return err
}

// compare holds what the sink has got against what was sent.
func (r *benchRun) compare(got sinkReport) error {
	if got.Accepted != int64(r.Letters) {
		return fmt.Errorf("%d letters were sent, but the sink has taken %d", r.Letters, got.Accepted)
	}
	if !r.Verify {
		return nil
	}
	if got.Distinct != r.Letters || got.Twice > 0 || got.Unnamed > 0 {
		return fmt.Errorf("of %d letters %d different ones arrived, %d more than once, %d without a Message-ID", r.Letters, got.Distinct, got.Twice, got.Unnamed)
	}
	r.result.ExactlyOnce = true
	return nil
}

// sample is the source of the letter sent last.
func (r *benchRun) sample(ctx context.Context) ([]byte, error) {
	list, err := store.ListMessages(ctx, r.db.Pool, store.MessageFilter{State: "sent", Sequence: "now", Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("no letter was sent")
	}
	return (&machine{db: r.db}).source(ctx, list[0].ID)
}
