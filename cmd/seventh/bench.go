package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/postgres"
	"seventh/internal/store"
	"seventh/migrations"
	"seventh/worker"
)

//go:embed bench
var benchFiles embed.FS

type benchCommand struct {
	Letters     int    `default:"20000" help:"Letters to send."`
	Connections int    `default:"50" help:"SMTP connections."`
	Waiting     int    `default:"0" help:"Enrollments that wait for a date meanwhile."`
	SMTPURL     string `name:"to" placeholder:"URL" help:"Mail server to send to; default: a sink in a process of its own."`
	JSON        bool   `name:"json" help:"Print one JSON object."`
}

// benchResult is what a run measured.
type benchResult struct {
	Letters          int                `json:"letters"`
	Connections      int                `json:"connections"`
	Waiting          int                `json:"waiting"`
	Seconds          float64            `json:"seconds"`
	LettersPerSecond float64            `json:"letters_per_second"`
	CPU              map[string]float64 `json:"cpu_us_per_letter"` // by process, and total
	RSS              int64              `json:"rss_bytes"`         // peak of this process
	Ceiling          float64            `json:"ceiling_letters_per_second"`
	Ratio            float64            `json:"ratio_to_ceiling"`
}

// Run sends letters over the real path: planner, chunks, T1 to T3 in a durable
// PostgreSQL of its own, real SMTP.
func (c benchCommand) Run(p *process, s *Settings) (err error) {
	dir, err := os.MkdirTemp("", "seventh-bench-")
	if err != nil {
		return fmt.Errorf("making a folder for the run: %w", err)
	}
	defer os.RemoveAll(dir)
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	server, err := postgres.Start(p, postgres.Options{Dir: filepath.Join(dir, "postgres"), Log: log})
	if err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(p))) }()
	bench := &bench{benchCommand: c, process: p, log: log, settings: &Settings{DatabaseURL: server.URL(), Listen: "127.0.0.1:8080"}}
	result, err := bench.run(dir)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(result)
	}
	return result.print(p)
}

// bench is a run.
type bench struct {
	benchCommand
	process  *process
	log      *slog.Logger
	settings *Settings
	db       *database
	target   mail.Server
	sink     *sinkProcess // nil when another server was named
}

func (b *bench) run(dir string) (result benchResult, err error) {
	ctx := b.process
	if b.db, err = connect(ctx, b.settings, b.log); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, b.db.close()) }()
	if err := migrations.Up(ctx, b.db.Pool); err != nil {
		return result, err
	}
	url := b.SMTPURL
	if url == "" {
		if b.sink, err = startSink(); err != nil {
			return result, err
		}
		defer b.sink.stop()
		url = b.sink.url
	}
	if b.target, err = mail.ParseURL(url); err != nil {
		return result, fmt.Errorf("--to: %w", err)
	}
	b.target.Pool = b.Connections
	links, err := sealer(ctx, b.db.Pool)
	if err != nil {
		return result, err
	}
	w, err := worker.New(worker.Options{Pool: b.db.Pool, Server: b.target, PublicURL: "http://127.0.0.1:8080", Links: links, Log: b.log})
	if err != nil {
		return result, err
	}
	if err := b.prepare(w.Engine(), filepath.Join(dir, "content")); err != nil {
		return result, err
	}
	result = benchResult{Letters: b.Letters, Connections: b.Connections, Waiting: b.Waiting}
	if err := b.measure(w, &result, filepath.Join(dir, "postgres")); err != nil {
		return result, err
	}
	raw, err := b.sample()
	if err != nil {
		return result, err
	}
	if result.Ceiling, err = b.ceiling(raw); err != nil {
		return result, err
	}
	result.Ratio = result.LettersPerSecond / result.Ceiling
	return result, nil
}

// prepare publishes the content of the run and enrolls its clients.
func (b *bench) prepare(e *engine.Engine, dir string) error {
	ctx := b.process
	if err := writeBenchContent(dir); err != nil {
		return err
	}
	folder, err := loadFolder(ctx, os.DirFS(dir))
	if err != nil {
		return err
	}
	if _, err := content.Publish(ctx, b.db.Pool, folder); err != nil {
		return err
	}
	for _, group := range []struct {
		sequence, category string
		count              int
	}{{"waiting", "D", b.Waiting}, {"now", "C", b.Letters}} {
		if group.count == 0 {
			continue
		}
		b.say("adding %d clients for the sequence %q", group.count, group.sequence)
		ids, err := b.addClients(e, group.category, group.count)
		if err != nil {
			return err
		}
		err = store.Tx(ctx, b.db.Pool, func(tx pgx.Tx) error {
			_, err := e.Enroll(ctx, tx, engine.EnrollRequest{Sequence: group.sequence, Clients: ids})
			return err
		})
		if err != nil {
			return err
		}
	}
	// What the publication and the new clients ask for is not part of the figures.
	return store.SettleReviews(ctx, b.db.Pool)
}

// writeBenchContent writes the content of a run out, in the built-in frame.
func writeBenchContent(dir string) error {
	own, err := fs.Sub(benchFiles, "bench")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, own); err != nil {
		return fmt.Errorf("writing the content of the run: %w", err)
	}
	frame, err := fs.ReadFile(content.BuiltIn(), "templates/layout.html")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "templates", "layout.html"), frame, 0o644)
}

func (b *bench) addClients(e *engine.Engine, category string, count int) ([]string, error) {
	now, err := store.Now(b.process, b.db.Pool)
	if err != nil {
		return nil, err
	}
	bought := now.AddDate(0, -3, 0)
	first, company, stage := "Ann", "Northern Bakery", "customer"
	ids := make([]string, count)
	patches := make([]engine.ClientPatch, count)
	for i := range patches {
		ids[i] = fmt.Sprintf("%s%d", category, i)
		email := ids[i] + "@client.example"
		patches[i] = engine.ClientPatch{
			ExternalID: ids[i], Email: &email, FirstName: &first, Company: &company, Category: &category, Stage: &stage,
			Attributes: map[string]any{"industry": "baking"}, Consent: &engine.Consent{Basis: "opt_in"},
		}
		if i%2 == 0 {
			patches[i].LastPurchaseAt = &bought
		}
	}
	_, err = e.UpsertClients(b.process, patches)
	return ids, err
}

// measure runs the worker until every letter is settled.
func (b *bench) measure(w *worker.Worker, result *benchResult, dataDir string) error {
	b.say("sending %d letters", b.Letters)
	meter := newMeter(dataDir, b.sink)
	if err := meter.begin(); err != nil {
		return err
	}
	started := time.Now()
	ctx, stop := context.WithCancel(b.process)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	if err := b.wait(ctx); err != nil {
		return err
	}
	result.Seconds = time.Since(started).Seconds()
	cpu, err := meter.end()
	if err != nil {
		return err
	}
	stop()
	if err := <-ended; err != nil {
		return err
	}
	counts, err := store.CountMessages(b.process, b.db.Pool)
	if err != nil {
		return err
	}
	if counts["sent"] != b.Letters {
		return fmt.Errorf("of %d letters only these were settled: %v", b.Letters, counts)
	}
	result.LettersPerSecond = float64(b.Letters) / result.Seconds
	result.CPU = make(map[string]float64, len(cpu)+1)
	for name, spent := range cpu {
		result.CPU[name] = float64(spent.Microseconds()) / float64(b.Letters)
		result.CPU["total"] += result.CPU[name]
	}
	result.RSS = peakMemory()
	return nil
}

// wait returns when nothing is due any more and no chunk is open.
func (b *bench) wait(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		open, waiting, err := store.OpenChunks(ctx, b.db.Pool)
		if err != nil {
			return err
		}
		if waiting != "" {
			return errors.New(waiting)
		}
		next, err := store.NextDue(ctx, b.db.Pool)
		if err != nil {
			return err
		}
		if open == 0 && (next == nil || next.After(time.Now())) {
			return nil
		}
	}
}

// sample is the source of one of the letters sent.
func (b *bench) sample() ([]byte, error) {
	m := &machine{db: b.db}
	list, err := store.ListMessages(b.process, b.db.Pool, store.MessageFilter{State: "sent", Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("no letter was sent")
	}
	return m.source(b.process, list[0].ID)
}

func (b *bench) say(format string, args ...any) {
	if !b.JSON {
		fmt.Fprintf(b.process.stderr, format+"\n", args...)
	}
}

func (r benchResult) print(p *process) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "letters\t%d over %d connections, %d enrollments waiting\n", r.Letters, r.Connections, r.Waiting)
	fmt.Fprintf(table, "rate\t%.0f letters/s in %.1f s\n", r.LettersPerSecond, r.Seconds)
	for _, name := range []string{"seventh", "postgresql", "sink", "total"} {
		if spent, ok := r.CPU[name]; ok {
			fmt.Fprintf(table, "cpu %s\t%.0f µs a letter\n", name, spent)
		}
	}
	fmt.Fprintf(table, "memory\t%.0f MB at the peak\n", float64(r.RSS)/(1<<20))
	fmt.Fprintf(table, "ceiling\t%.0f letters/s written down the same connections without any books; ratio %.2f\n", r.Ceiling, r.Ratio)
	return table.Flush()
}
