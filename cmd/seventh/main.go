// Command seventh is a nurture-sequence engine and mailer: sequences in YAML,
// letters in Markdown, every touch in one ledger. One binary has all commands;
// each has a file here, and wiring happens only here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // Windows and scratch images have no zone files

	"github.com/alecthomas/kong"
)

// version is set by the release build.
var version = "dev"

// commands is the whole command line.
type commands struct {
	Settings

	Serve          serveCommand          `cmd:"" help:"API, pages and worker in one process. With nothing configured: the sandbox."`
	Work           workCommand           `cmd:"" help:"Worker only; add as many as wanted on the same database."`
	Migrate        migrateCommand        `cmd:"" help:"Bring the database schema up to date."`
	Init           initCommand           `cmd:"" help:"Write a starter content folder, Russian and English."`
	Check          checkCommand          `cmd:"" help:"Report every mistake in a content folder, as file:line:col: message."`
	Calendar       calendarCommand       `cmd:"" help:"Show the dated touches that a client would get, without a database."`
	Plan           planCommand           `cmd:"" help:"Tell what publishing a folder would change, and for how many people. Exit 0: nothing, 2: changes, 1: error."`
	Publish        publishCommand        `cmd:"" help:"Put a content folder in force."`
	Rehearse       rehearseCommand       `cmd:"" help:"Play stories: a year in seconds, on the real engine, with a set clock."`
	Render         renderCommand         `cmd:"" help:"Show a letter as a sample or a real client would get it."`
	SendTest       sendTestCommand       `cmd:"" help:"Send a letter to yourself, over the real mail server."`
	Key            keyCommand            `cmd:"" help:"API keys."`
	User           userCommand           `cmd:"" help:"People who log in to the pages."`
	ConfirmRestore confirmRestoreCommand `cmd:"" help:"After a backup was restored: let letters go again, and decide about those in doubt."`
	Doctor         doctorCommand         `cmd:"" help:"Check database, content, mail servers and DNS: one line each, with a cure."`
	Bench          benchCommand          `cmd:"" help:"Measure the throughput of the real path."`
	BenchSink      benchSinkCommand      `cmd:"" hidden:""`

	Version kong.VersionFlag `help:"Print the version."`
}

// process is what a command may use of the process it runs in.
type process struct {
	context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the heap is small and letters pass through it: PERFORMANCE.md
	}
	os.Exit(run(&process{Context: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}, os.Args[1:]))
}

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
	// exitChanges is of seventh plan: there is something to publish.
	exitChanges = 2
)

// errReported ends a command with exit 1 when it has said why already.
var errReported = errors.New("reported")

func run(p *process, args []string) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("seventh"),
		kong.Description("Nurture sequences that are never forgotten: see README.md for a first run."),
		kong.Vars{"version": version},
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
		kong.ShortUsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(p.stderr, "seventh:", err)
		return exitUsage
	}
	selected, err := parser.Parse(args)
	if exited >= 0 { // --help, --version
		return exited
	}
	if err != nil {
		fmt.Fprintln(p.stderr, "seventh:", err)
		fmt.Fprintln(p.stderr, "`seventh --help` lists commands and flags.")
		return exitUsage
	}
	switch err := selected.Run(p, &c.Settings); {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitError
	case errors.Is(err, errChanges):
		return exitChanges
	default:
		fmt.Fprintln(p.stderr, "seventh:", err)
		return exitError
	}
}
