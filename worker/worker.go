// Package worker is what River runs, and the planner's loop.
//
// A worker process registers itself with a session lock and a lease (session.go), so
// that others notice within a second when it dies, and soon when it hangs. It plans what is due whenever it is
// woken (planner.go), and delivers chunks of letters (deliver.go): each letter is
// composed (compose.go) and sent over kept SMTP connections (lane.go), while the
// committer writes T2 and T3 of all connections in group commits (committer.go).
// What webhook steps tell other systems is posted in jobs of its own (webhook.go), and
// what comes back is read in others (evidence.go). One process at a time reads the
// mailboxes in which some of that arrives (mailboxes.go).
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"golang.org/x/sync/errgroup"

	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/token"
)

// Options are what a worker needs to know.
type Options struct {
	Pool      *pgxpool.Pool
	Server    mail.Server   // where letters go whose sender has no mail server of his own
	OneServer bool          // every sender's letters go to Server: the sandbox captures them
	PublicURL string        // base of the links in letters
	Links     *token.Sealer // seals them
	Log       *slog.Logger

	// Lease is how long a worker that lives but hangs keeps its letters from others;
	// zero is two minutes.
	Lease time.Duration
	// Eager takes up new work at once, at the price of more looks at the queue: for
	// rehearsals, in which a year has thousands of instants, each waited for.
	Eager bool
	// HighWater is the file that remembers how far the database had come, so that a
	// restored backup is noticed; '' remembers it while the process lives.
	HighWater string
	// MailboxRest is the longest rest before a mailbox that cannot be read is tried again;
	// zero is five minutes.
	MailboxRest time.Duration
	// Wall is the time that mailboxes are read at; nil is time.Now.
	Wall func() time.Time
	// WebhookPatience is how long a receiver of webhooks may take; zero is ten seconds.
	WebhookPatience time.Duration
}

// Worker plans and delivers until its context ends.
type Worker struct {
	options   Options
	desk      *pgxpool.Pool  // for engine
	engine    *engine.Engine // plans, claims and settles
	river     *river.Client[pgx.Tx]
	session   session
	hands     hands
	fleet     *fleet
	committer *committer
	letters   letters

	mailboxSlots chan struct{} // held while letters of a mailbox are being read
}

const (
	chunksAtOnce = 8   // chunks in one process's hands
	pacedAtOnce  = 200 // and those beside them that go at a pace, and mostly wait
	// softStop bounds how long a stop waits for letters in dialogue.
	softStop = 20 * time.Second
	// defaultLease is far more than a healthy process ever needs to renew it.
	defaultLease = 2 * time.Minute
)

// NewInserter returns a River client that only queues jobs, for processes and
// commands that do not work.
func NewInserter(pool *pgxpool.Pool) (*river.Client[pgx.Tx], error) {
	return river.NewClient(riverpgxv5.New(pool), &river.Config{})
}

// New prepares a worker.
func New(o Options) (*Worker, error) {
	if o.Lease <= 0 {
		o.Lease = defaultLease
	}
	w := &Worker{options: o, mailboxSlots: make(chan struct{}, mailboxesAtOnce)}
	workers := river.NewWorkers()
	river.AddWorker(workers, &deliverWorker{worker: w})
	river.AddWorker(workers, newWebhookWorker(w, o.WebhookPatience))
	river.AddWorker(workers, &evidenceWorker{worker: w})
	client, err := river.NewClient(riverpgxv5.New(o.Pool), &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: chunksAtOnce}, engine.PacedQueue: {MaxWorkers: pacedAtOnce}, engine.TellQueue: {MaxWorkers: tellingsAtOnce},
			engine.EvidenceQueue: {MaxWorkers: evidenceAtOnce},
		},
		Workers:                     workers,
		FetchCooldown:               o.fetchCooldown(),
		FetchPollInterval:           500 * time.Millisecond,
		JobTimeout:                  -1, // the deadlines of SMTP and HTTP bound a job
		CompletedJobRetentionPeriod: 15 * time.Minute,
		SoftStopTimeout:             softStop,
		Logger:                      quiet(o.Log),
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the queue: %w", err)
	}
	w.river = client
	if w.desk, err = newDesk(o.Pool); err != nil {
		return nil, err
	}
	w.engine = &engine.Engine{DB: w.desk, Jobs: client, Log: o.Log}
	w.session = session{pool: o.Pool, engine: w.engine, log: o.Log, lease: o.Lease, water: highWater{path: o.HighWater}}
	w.committer = newCommitter(w.engine, w.session.id.Load, o.Log)
	w.fleet = newFleet(w)
	return w, nil
}

func (o *Options) fetchCooldown() time.Duration {
	if o.Eager {
		return river.FetchCooldownMin
	}
	return 20 * time.Millisecond
}

// Engine is an engine for what people and the CRM do beside the worker.
func (w *Worker) Engine() *engine.Engine {
	return &engine.Engine{DB: w.options.Pool, Jobs: w.river, Log: w.options.Log}
}

// Ready says why this worker cannot work at the moment, nil when it can:
// engine.ErrGuarded, or what PostgreSQL refuses.
func (w *Worker) Ready() error { return w.session.ready() }

// Run works until ctx ends, then finishes the letters in dialogue and releases
// the rest, within softStop.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.session.begin(ctx); ctx.Err() != nil {
		w.session.end()
		return nil // told to stop before it began
	} else if err != nil && !errors.Is(err, engine.ErrGuarded) {
		return err // a guard that keeps letters back is waited for, until somebody confirms
	}
	// What must go on while letters in dialogue are being finished.
	finishing, finished := context.WithCancel(context.WithoutCancel(ctx))
	defer finished()
	ctx, stopPlanning := context.WithCancel(ctx)
	defer stopPlanning()
	var group errgroup.Group
	group.Go(func() error { w.committer.run(finishing); return nil })
	group.Go(func() error { w.session.keep(finishing); return nil })
	group.Go(func() error { w.plan(ctx); return nil })
	group.Go(func() error { w.mend(ctx); return nil })
	group.Go(func() error { w.listen(ctx); return nil })
	group.Go(func() error { w.rejudge(ctx); return nil })
	if err := w.river.Start(finishing); err != nil {
		stopPlanning()
		finished()
		group.Wait()
		w.session.end()
		return fmt.Errorf("starting the queue: %w", err)
	}
	<-ctx.Done()
	w.fleet.stop() // chunks in hand are given back after the letters in dialogue
	stopping, cancel := context.WithTimeout(finishing, softStop)
	defer cancel()
	err := w.river.Stop(stopping)
	if err != nil {
		// A mail server keeps us waiting. Others see this session end, and take the
		// letter on the wire for unconfirmed, which it is.
		err = fmt.Errorf("letters were still in dialogue after %s: %w", softStop, err)
	} else {
		w.fleet.close()
	}
	finished()
	group.Wait()
	w.session.end()
	if err == nil {
		w.desk.Close()
	}
	return err
}

// quiet keeps River's own reports to what needs attention.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}
