package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/sandbox"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
	"seventh/worker"
)

// Played is how a story went.
type Played struct {
	File     string
	Problems []Problem // in the order of the story; none: everything came as expected
	Diff     string    // of the touches, with the story's line numbers; "" if they are as expected
	Touches  string    // what happened, as the story would write it
	Days     int       // how much time went by
	Letters  int
}

// Passed reports whether everything came as the story says.
func (p *Played) Passed() bool { return len(p.Problems) == 0 && p.Diff == "" }

// publicURL is where links in letters lead.
const publicURL = "https://seventh.example.com"

// play is a story being played.
type play struct {
	story  *Story
	folder fs.FS // the content in force
	loaded *content.Folder
	pool   *pgxpool.Pool
	log    *slog.Logger
	links  *token.Sealer
	inbox  *sandbox.Inbox
	clock  *sandbox.Clock
	engine *engine.Engine // for what people and the CRM do
	worker *worker.Worker
	stop   func() error // ends the worker

	zone     *time.Location
	began    time.Time
	answers  answers
	line     line
	expected map[string][]expectedLetter // by client
	told     map[string]bool             // of whose unexpected letters something is said
	events   int
	read     map[int64]*letter // captured letters, by their id
	played   *Played
}

// Play plays a story on a database of its own, with the current schema and nothing
// in it. base is the content that the story's files are laid over. The error is
// about playing; what went otherwise than the story says is in Played.
func Play(ctx context.Context, pool *pgxpool.Pool, story *Story, base fs.FS, log *slog.Logger) (_ *Played, err error) {
	p := &play{
		story: story, folder: base, pool: pool, log: log, zone: time.UTC, expected: make(map[string][]expectedLetter),
		told: make(map[string]bool), read: make(map[int64]*letter), played: &Played{File: story.File},
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.open(); err != nil {
		return nil, err
	}
	for _, l := range story.lines {
		p.line = l
		err := l.verb.do(ctx, p, l.args)
		if err == nil && p.worker != nil {
			err = p.rest(ctx)
		}
		var broken *brokenError
		if errors.As(err, &broken) {
			p.fail("%s", broken.message)
			return p.played, nil // what follows would be wrong for that alone
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", story.File, l.number, l.text, err)
		}
	}
	return p.played, p.finish(ctx)
}

// brokenError says that a line cannot be played, in words for the story's author.
type brokenError struct{ message string }

func (e *brokenError) Error() string { return e.message }

func broken(format string, args ...any) error { return &brokenError{fmt.Sprintf(format, args...)} }

// fail notes that something did not come as the line says.
func (p *play) fail(format string, args ...any) {
	p.played.Problems = append(p.played.Problems, p.story.problem(p.line.number, format, args...))
}

// open prepares what a play needs before its first day.
func (p *play) open() error {
	var err error
	if p.links, err = token.NewSealer(token.NewKey()); err != nil {
		return err
	}
	p.inbox, err = sandbox.StartInbox(p.pool, p.log, func(i *sandbox.Inbox) { i.Refuse = p.answers.next })
	if err != nil {
		return err
	}
	jobs, err := worker.NewInserter(p.pool)
	if err != nil {
		return err
	}
	p.engine = &engine.Engine{DB: p.pool, Jobs: jobs, Log: p.log}
	p.clock = &sandbox.Clock{DB: p.pool, Log: p.log, Plan: p.plan}
	return nil
}

func (p *play) close() error {
	var err error
	if p.stop != nil {
		err = p.stop()
	}
	if p.inbox != nil {
		p.inbox.Close()
	}
	return err
}

// at sets the clock at first, and moves it later.
func (p *play) at(ctx context.Context, text string) error {
	moment, err := sequences.ParseMoment(text)
	if err != nil {
		return err
	}
	if p.worker != nil {
		return p.clock.To(ctx, moment.In(p.zone))
	}
	if moment.Zone() != nil {
		p.zone = moment.Zone()
	}
	p.began = moment.In(p.zone)
	return p.begin(ctx)
}

func (p *play) wait(ctx context.Context, text string) error {
	d, err := sequences.ParseDuration(text)
	if err != nil {
		return err
	}
	now, err := p.clock.Now(ctx)
	if err != nil {
		return err
	}
	catalog, err := p.engine.Catalog(ctx, p.pool)
	if err != nil {
		return err
	}
	return p.clock.To(ctx, d.Add(now.In(p.zone), catalog.Calendar))
}

// begin opens the firm on its first day.
func (p *play) begin(ctx context.Context) error {
	if err := p.clock.Set(ctx, p.began); err != nil {
		return err
	}
	if err := p.publish(ctx, p.story.files); err != nil {
		return err
	}
	// One after the other: their numbers, which spread letters over the beginning of
	// a window, are the same each time.
	for i := range p.story.Clients {
		if err := p.upsert(ctx, p.patch(&p.story.Clients[i])); err != nil {
			return err
		}
	}
	return p.hire()
}

// publish puts the content with files laid over it in force.
func (p *play) publish(ctx context.Context, files []section) error {
	bodies := make(map[string][]byte, len(files))
	for _, f := range files {
		bodies[f.name] = f.body
	}
	folder, err := content.Overlay(p.folder, bodies)
	if err != nil {
		return err
	}
	loaded, problems, err := content.Load(folder)
	if err != nil {
		return err
	}
	mistakes := content.Mistakes(problems)
	for _, problem := range mistakes {
		i := slices.IndexFunc(files, func(f section) bool { return f.name == problem.File })
		if i >= 0 { // it stands in the story
			problem.File, problem.Line = p.story.File, problem.Line+files[i].line-1
		}
		p.played.Problems = append(p.played.Problems, problem)
	}
	if len(mistakes) > 0 {
		return broken("the content has mistakes: see above")
	}
	p.folder, p.loaded = folder, loaded
	_, err = content.Publish(ctx, p.pool, loaded)
	return err
}

// hire starts the worker.
func (p *play) hire() error {
	server, err := mail.ParseURL(p.inbox.URL())
	if err != nil {
		return err
	}
	server.Pool = 2
	p.worker, err = worker.New(worker.Options{Pool: p.pool, Server: server, OneServer: true, PublicURL: publicURL, Links: p.links, Log: p.log, Eager: true})
	if err != nil {
		return err
	}
	p.engine = p.worker.Engine() // whose jobs are taken up at once
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.worker.Run(ctx) }()
	p.stop = func() error {
		cancel()
		p.stop = nil
		return <-done
	}
	return nil
}

func (p *play) restart(context.Context) error {
	if err := p.stop(); err != nil {
		return err
	}
	return p.hire()
}

// down is that nothing works until a moment.
func (p *play) down(ctx context.Context, text string) error {
	moment, err := sequences.ParseMoment(text)
	if err != nil {
		return err
	}
	if err := p.stop(); err != nil {
		return err
	}
	if err := store.MoveClock(ctx, p.pool, moment.In(p.zone)); err != nil {
		return err
	}
	return p.hire()
}

// rest deals with everything that is due by now.
func (p *play) rest(ctx context.Context) error {
	if err := p.plan(ctx); err != nil {
		return err
	}
	now, err := p.clock.Now(ctx)
	if err != nil {
		return err
	}
	return p.clock.To(ctx, now)
}

// plan plans until nothing is left to be decided, after whatever planner is at work:
// that one may have begun before the last line of the story.
func (p *play) plan(ctx context.Context) error {
	if err := p.engine.Breakers(ctx); err != nil {
		return err
	}
	for {
		planned, err := p.engine.Plan(ctx)
		switch {
		case err != nil:
			return err
		case planned.Busy:
			if err := store.AwaitPlanner(ctx, p.pool); err != nil {
				return err
			}
		case !planned.Any():
			return nil
		}
	}
}

// finish compares everything with what the story expects.
func (p *play) finish(ctx context.Context) error {
	p.line = line{number: p.story.lines[len(p.story.lines)-1].number}
	if p.story.ledger == nil {
		if err := p.nothingElse(ctx); err != nil {
			return err
		}
	}
	if err := p.acceptedAsWritten(ctx); err != nil {
		return err
	}
	now, err := p.clock.Now(ctx)
	if err != nil {
		return err
	}
	p.played.Days = int(now.Sub(p.began).Hours() / 24)
	if p.played.Touches, err = p.touches(ctx); err != nil {
		return err
	}
	if l := p.story.ledger; l != nil {
		p.played.Diff = diff(trimmed(string(l.body)), trimmed(p.played.Touches), l.line)
	}
	return nil
}

// Now is what the story's clock shows: for tests that look behind a play.
func (p *play) now(ctx context.Context) (time.Time, error) { return store.Now(ctx, p.pool) }
