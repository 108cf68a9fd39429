//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/postgres"
	"seventh/migrations"
)

// Own is a PostgreSQL of one test's own, for tests of what happens when it is killed,
// stopped, frozen or restored. What it has committed survives all of that, but for a
// power cut.
type Own struct {
	t      testing.TB
	dir    string
	server *postgres.Server
	frozen []int
}

// NewOwn starts a server with the current schema, which is gone with the test.
func NewOwn(t testing.TB) *Own {
	t.Helper()
	base := ""
	if roomInMemory("/dev/shm") {
		base = "/dev/shm"
	}
	dir, err := os.MkdirTemp(base, "seventh-own-")
	if err != nil {
		t.Fatalf("pgtest: making a directory for the test's own PostgreSQL: %v", err)
	}
	o := &Own{t: t, dir: dir}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o.Start()
	t.Cleanup(func() { o.Thaw(); o.Stop() })
	pool, err := pgxpool.New(t.Context(), o.URL())
	o.must("connecting", err)
	defer pool.Close()
	o.must("making the schema", migrations.Up(t.Context(), pool))
	// Throw-away servers answer before a commit is written; here a kill must not lose it.
	o.Exec("ALTER DATABASE seventh SET synchronous_commit = on")
	return o
}

// URL is the address of its database, the same after each start.
func (o *Own) URL() string { return o.server.URL() }

// Start starts the server, again with its data.
func (o *Own) Start() {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), joinTimeout)
	defer cancel()
	before := ""
	if o.server != nil {
		before = o.URL()
	}
	server, err := postgres.Start(ctx, postgres.Options{Dir: o.dir, Throwaway: true})
	o.must("starting", err)
	o.server = server
	if before != "" && o.URL() != before {
		o.t.Fatal("pgtest: somebody took the port of the test's own PostgreSQL while it was down")
	}
}

// Stop stops the server as an administrator does, cutting its connections.
func (o *Own) Stop() {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	o.must("stopping", o.server.Stop(ctx))
}

// Kill is kill -9 of the whole server.
func (o *Own) Kill() {
	o.t.Helper()
	pids := o.pids()
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // some are gone with the first
	}
	for deadline := time.Now().Add(leaveTimeout); running(pids[0]); runtime.Gosched() {
		if time.Now().After(deadline) {
			o.t.Fatal("pgtest: the test's own PostgreSQL: it survives kill -9")
		}
	}
	o.Stop() // nothing runs: this ends our use of it
}

// running reports whether a process runs; one that is dead and not buried does not.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// Freeze stops every process of the server with SIGSTOP, and Thaw lets them go on.
func (o *Own) Freeze() {
	o.t.Helper()
	o.frozen = o.pids()
	for _, pid := range o.frozen {
		o.must("freezing", ignoreGone(syscall.Kill(pid, syscall.SIGSTOP)))
	}
}

// Thaw ends a Freeze.
func (o *Own) Thaw() {
	o.t.Helper()
	for _, pid := range o.frozen {
		o.must("thawing", ignoreGone(syscall.Kill(pid, syscall.SIGCONT)))
	}
	o.frozen = nil
}

// Backup copies the data directory of the stopped server; restore, with the server
// stopped again, puts the copy in its place.
func (o *Own) Backup() (restore func()) {
	o.t.Helper()
	data, backup := filepath.Join(o.dir, "data"), filepath.Join(o.dir, "backup")
	o.must("backing up", exec.Command("cp", "-a", data, backup).Run())
	return func() {
		o.t.Helper()
		o.must("removing the newer data", os.RemoveAll(data))
		o.must("restoring", exec.Command("cp", "-a", backup, data).Run())
	}
}

// Exec runs a statement over a connection of its own.
func (o *Own) Exec(sql string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, o.URL())
	o.must("connecting", err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	o.must(sql, err)
}

// pids are the server's processes, the postmaster first.
func (o *Own) pids() []int {
	o.t.Helper()
	content, err := os.ReadFile(filepath.Join(o.dir, "data", "postmaster.pid"))
	o.must("reading postmaster.pid", err)
	first, _, _ := strings.Cut(string(content), "\n")
	postmaster, err := strconv.Atoi(first)
	o.must("reading postmaster.pid", err)
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, o.URL())
	o.must("connecting", err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
	o.must("listing processes", err)
	others, err := pgx.CollectRows(rows, pgx.RowTo[int])
	o.must("listing processes", err)
	return append([]int{postmaster}, others...)
}

func ignoreGone(err error) error {
	if err == syscall.ESRCH {
		return nil
	}
	return err
}

func (o *Own) must(doing string, err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatalf("pgtest: the test's own PostgreSQL: %s: %v", doing, err)
	}
}

// KillBackend is kill -9 of one process that serves a connection: the server ends all
// the others, which it waits for, and recovers from its log.
func (o *Own) KillBackend() {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	victim, err := pgx.Connect(ctx, o.URL())
	o.must("connecting", err)
	defer victim.Close(ctx)
	other, err := pgx.Connect(ctx, o.URL())
	o.must("connecting", err)
	defer other.Close(ctx)
	o.must("killing a backend", syscall.Kill(int(victim.PgConn().PID()), syscall.SIGKILL))
	if _, err := other.WaitForNotification(ctx); err == nil || ctx.Err() != nil {
		o.t.Fatalf("pgtest: the test's own PostgreSQL: it lives on after a crash: %v", err)
	}
}
