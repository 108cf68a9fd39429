package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"seventh/internal/mail"
	"seventh/internal/postgres"
	"seventh/internal/store"
)

type benchCommand struct {
	Letters     int     `default:"20000" help:"Letters to send."`
	Connections int     `default:"50" help:"SMTP connections, of all processes together."`
	Waiting     int     `default:"0" help:"Enrollments that wait for a date within the next year meanwhile."`
	History     int     `default:"0" help:"Letters that went to those who wait before, and are kept. Needs --waiting."`
	Rate        float64 `default:"0" placeholder:"N" help:"Let N letters become due each second. Default: all at once."`
	Workers     int     `default:"0" help:"Extra 'seventh work' processes on the same database. Implies --verify."`
	Runs        int     `default:"1" help:"Runs, each on the same fresh database; the figures are medians."`
	Warmup      int     `default:"1000" help:"Letters sent before the measured ones."`

	Delay        time.Duration `default:"0s" help:"How long the sink takes over each letter, such as 20ms."`
	NoPipelining bool          `name:"no-pipelining" help:"The sink does not offer PIPELINING."`
	TLS          bool          `name:"tls" help:"The sink insists on STARTTLS."`
	Verify       bool          `help:"The sink looks at each Message-ID: every letter arrived exactly once, or the run fails."`
	DKIM         string        `name:"dkim" enum:",ed25519,rsa" default:"" placeholder:"KEY" help:"Sign letters: ed25519 or rsa."`

	Ceiling    time.Duration `default:"1500ms" help:"How long the ceiling is measured, before and after each run; 0 leaves it out."`
	CPUProfile string        `name:"cpuprofile" type:"path" placeholder:"FILE" help:"Write a CPU profile of this process while it is measured, for 'go tool pprof'."`
	Keep       bool          `help:"Keep the database. PostgreSQL runs on until Enter, Ctrl-C or the end of the input."`
	JSON       bool          `name:"json" help:"Print one JSON object."`
}

// Validate refuses what makes no sense (kong calls it).
func (c benchCommand) Validate() error {
	switch {
	case c.Letters < 1 || c.Connections < 1 || c.Runs < 1:
		return errors.New("--letters, --connections and --runs are 1 or more")
	case c.Waiting < 0 || c.History < 0 || c.Rate < 0 || c.Workers < 0 || c.Warmup < 0 || c.Delay < 0 || c.Ceiling < 0:
		return errors.New("numbers and times are not negative")
	case c.Connections < 1+c.Workers:
		return fmt.Errorf("--connections %d is less than one for each of %d processes", c.Connections, 1+c.Workers)
	case c.History > 0 && c.Waiting == 0:
		return errors.New("--history needs --waiting: earlier letters went to those who wait")
	}
	return nil
}

// benchURL is the base of links in the letters of a run. Nobody follows them.
const benchURL = "http://127.0.0.1:8080"

// Run sends letters over the real path: planner, chunks, T1 to T3 in a durable
// PostgreSQL of its own, real SMTP.
func (c benchCommand) Run(p *process, s *Settings, k *kong.Context) (err error) {
	b := &bench{benchCommand: c, process: p, load: loadAverage()}
	b.Verify = b.Verify || b.Workers > 0
	if err := b.chooseServer(s, k); err != nil {
		return err
	}
	if b.load > 0.5 {
		fmt.Fprintf(p.stderr, "This machine was busy before the run (load average %.2f): trust ratios, not figures.\n", b.load)
	}
	if b.dir, err = os.MkdirTemp("", "seventh-bench-"); err != nil {
		return fmt.Errorf("making a folder for the run: %w", err)
	}
	if !b.Keep {
		defer os.RemoveAll(b.dir)
	}
	b.log = slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b.server, err = postgres.Start(p, postgres.Options{Dir: filepath.Join(b.dir, "postgres"), Database: benchDatabase, Log: b.log})
	if err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, b.server.Stop(context.WithoutCancel(p))) }()
	if b.url == "" {
		if err := b.startSink(); err != nil {
			return err
		}
		defer b.sink.stop()
	}
	result, err := b.runs(p)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(p.stdout).Encode(result)
	} else {
		err = result.print(p.stdout)
	}
	if c.Keep {
		b.linger()
	}
	return err
}

// bench is all runs of one command.
type bench struct {
	benchCommand
	process *process
	log     *slog.Logger
	load    float64 // of the machine before
	dir     string
	server  *postgres.Server
	url     string // of the mail server
	target  mail.Server
	sink    *sinkProcess // nil when another server was named
	due     time.Time    // business time at which the first letter is due
}

const benchDatabase = "bench"

// chooseServer takes the mail server from --smtp-url. SEVENTH_SMTP_URL does not
// count: whoever has it set for his letters does not want 20,000 more in there.
func (b *bench) chooseServer(s *Settings, k *kong.Context) error {
	given := make(map[string]bool)
	for _, step := range k.Path {
		if step.Flag != nil {
			given[step.Flag.Name] = true
		}
	}
	switch own := b.Delay > 0 || b.NoPipelining || b.TLS || b.Verify; {
	case given["database-url"]:
		return errors.New("bench makes a PostgreSQL of its own: leave --database-url out")
	case !given["smtp-url"]:
		return nil // the sink is started when everything else can be
	case own:
		return errors.New("--delay, --no-pipelining, --tls, --verify and --workers are about bench's own sink: leave --smtp-url out")
	}
	return b.sendTo(s.SMTPURL)
}

func (b *bench) startSink() (err error) {
	b.sink, err = startSink(benchSinkCommand{Delay: b.Delay, NoPipelining: b.NoPipelining, TLS: b.TLS, Verify: b.Verify})
	if err != nil {
		return err
	}
	return b.sendTo(b.sink.url)
}

func (b *bench) sendTo(url string) (err error) {
	b.url = url
	if b.target, err = mail.ParseURL(url); err != nil {
		return fmt.Errorf("--smtp-url: %w", err)
	}
	b.target.Pool = b.pool()
	if b.sink != nil {
		b.target.Helo = "seventh" // the sink counts by it
	}
	return nil
}

// pool is how many connections each process has.
func (b *bench) pool() int { return b.Connections / (1 + b.Workers) }

// runs prepares one database and measures on it, or on copies of it.
func (b *bench) runs(ctx context.Context) (benchResult, error) {
	if err := b.prepare(ctx); err != nil {
		return benchResult{}, err
	}
	if b.Runs == 1 {
		result, err := b.run(ctx, benchDatabase)
		return medians([]benchResult{result}), err
	}
	db, err := b.connect(ctx, "postgres")
	if err != nil {
		return benchResult{}, err
	}
	defer db.close()
	results := make([]benchResult, b.Runs)
	for i := range results {
		name := fmt.Sprintf("%s_%d", benchDatabase, i+1)
		if err := store.CopyDatabase(ctx, db, benchDatabase, name); err != nil {
			return benchResult{}, err
		}
		if results[i], err = b.run(ctx, name); err != nil {
			return benchResult{}, fmt.Errorf("run %d: %w", i+1, err)
		}
		b.say("run %d: %.0f letters/s, %.0f µs of CPU a letter", i+1, results[i].LettersPerSecond, results[i].CPU["total"])
		if b.Keep {
			continue
		}
		if err := store.DropDatabase(ctx, db, name); err != nil {
			return benchResult{}, err
		}
	}
	return medians(results), nil
}

// connect opens a database of this run's PostgreSQL.
func (b *bench) connect(ctx context.Context, name string) (*database, error) {
	return connect(ctx, &Settings{DatabaseURL: b.address(name)}, b.log)
}

func (b *bench) address(name string) string {
	address, err := url.Parse(b.server.URL())
	if err != nil {
		return b.server.URL() // it made it itself
	}
	address.Path = "/" + name
	return address.String()
}

// linger shows where the database is, and waits while somebody looks at it.
func (b *bench) linger() {
	name := benchDatabase
	if b.Runs > 1 {
		name = fmt.Sprintf("%s_%d", benchDatabase, b.Runs)
	}
	fmt.Fprintf(b.process.stderr, "Kept in %s; until Enter or Ctrl-C: psql '%s'\n", b.dir, b.address(name))
	read := make(chan struct{})
	go func() {
		b.process.stdin.Read(make([]byte, 1))
		close(read)
	}()
	select {
	case <-read:
	case <-b.process.Done():
	}
}

func (b *bench) say(format string, args ...any) {
	if !b.JSON {
		fmt.Fprintf(b.process.stderr, format+"\n", args...)
	}
}
