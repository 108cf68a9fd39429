//go:build !windows

package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// childDir, when set, makes the test binary play a program that is killed while it uses the server.
const childDir = "SEVENTH_TEST_POSTGRES_CHILD"

func TestMain(m *testing.M) {
	// Every test runs with what a shell may have left behind; an empty PGPORT breaks initdb.
	os.Setenv("PGPORT", "")
	os.Setenv("PGDATA", "/nowhere")
	if dir := os.Getenv(childDir); dir != "" {
		useForEver(dir)
	}
	os.Exit(m.Run())
}

func useForEver(dir string) {
	s, err := Start(context.Background(), Options{Dir: dir, Throwaway: true})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println("ready", s.URL())
	select {}
}

func TestFirstStartMakesDatabase(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: t.TempDir(), Database: "Мой sandbox"})

	if s.Adopted() {
		t.Error("a first start adopted a server")
	}
	if got := query(t, s, `SELECT current_database()`); got != "Мой sandbox" {
		t.Errorf("connected to database %q", got)
	}
	if got := query(t, s, `SELECT lower('ЖУК')`); got != "жук" {
		t.Errorf("lower of Cyrillic is %q: the collation is not ICU's", got)
	}
	if got := query(t, s, `SHOW server_version`); !strings.HasPrefix(got, s.Version()) || s.Version() == "" {
		t.Errorf("Version() = %q, the server says %q", s.Version(), got)
	}
	if got := query(t, s, `SHOW fsync`); got != "on" {
		t.Errorf("fsync is %s for data that should last", got)
	}
}

func TestPasswordIsRequired(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: t.TempDir(), Throwaway: true})

	conn, err := pgx.Connect(t.Context(), strings.Replace(s.URL(), s.password, "wrong", 1))
	if err == nil {
		conn.Close(t.Context())
		t.Fatal("a wrong password was accepted")
	}
	info, err := os.Stat(s.path("password"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password file: mode %v, error %v", info.Mode(), err)
	}
}

func TestDataAndPortSurviveRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Options{Dir: dir, Throwaway: true})
	query(t, s, `CREATE TABLE kept AS SELECT 'yes' AS answer; SELECT 'x'`)
	stop(t, s)
	first := s.URL()

	s = start(t, Options{Dir: dir, Throwaway: true})
	if s.Adopted() {
		t.Error("a stopped server was adopted")
	}
	if got := query(t, s, `SELECT answer FROM kept`); got != "yes" {
		t.Errorf("the table holds %q", got)
	}
	if s.URL() != first {
		t.Errorf("the URL changed from %s to %s", first, s.URL())
	}
}

func TestLastOfTwoUsersStopsServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, Options{Dir: dir, Throwaway: true})
	second := start(t, Options{Dir: dir, Throwaway: true, Database: "other"})

	if !second.Adopted() {
		t.Error("the second user did not adopt the server")
	}
	stop(t, first)
	if got := query(t, second, `SELECT current_database()`); got != "other" {
		t.Errorf("connected to database %q", got)
	}
	stop(t, first) // once more: it must not count as the second user's
	query(t, second, `SELECT 'still there'`)
	stop(t, second)
	if _, running, err := runningPostmaster(first.data()); running || err != nil {
		t.Errorf("after the last user: running %v, error %v", running, err)
	}
}

func TestKilledServerRecovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	query(t, s, `CREATE TABLE kept AS SELECT 'yes' AS answer; SELECT 'x'`)
	p, running, err := runningPostmaster(s.data())
	if !running || err != nil {
		t.Fatalf("running %v, error %v", running, err)
	}
	kill(t, p.pid)

	again := start(t, Options{Dir: dir})
	if got := query(t, again, `SELECT answer FROM kept`); got != "yes" {
		t.Errorf("the table holds %q", got)
	}
}

func TestServerOfKilledProgramIsAdopted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ready {
		t.Fatalf("the child said %q: %v", line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed: always an error

	s := start(t, Options{Dir: dir, Throwaway: true})
	if !s.Adopted() || s.URL() != url {
		t.Errorf("adopted %v; URL %s, the child's was %s", s.Adopted(), s.URL(), url)
	}
	stop(t, s)
	if _, running, err := runningPostmaster(s.data()); running || err != nil {
		t.Errorf("after the stop: running %v, error %v", running, err)
	}
}

func TestForeignProcessIDInPidFileIsNoObstacle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		zombie bool
	}{
		{name: "another program got the number"},
		{name: "a zombie holds the number", zombie: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := start(t, Options{Dir: dir, Throwaway: true})
			pidFile := filepath.Join(s.data(), "postmaster.pid")
			content, err := os.ReadFile(pidFile)
			if err != nil {
				t.Fatal(err)
			}
			stop(t, s)

			foreign := exec.Command("sleep", "600")
			if err := foreign.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = foreign.Process.Kill(); _ = foreign.Wait() })
			if test.zombie {
				kill(t, foreign.Process.Pid) // nobody waits for it until the end of the test
			}
			_, rest, _ := strings.Cut(string(content), "\n")
			if err := os.WriteFile(pidFile, fmt.Appendf(nil, "%d\n%s", foreign.Process.Pid, rest), 0o600); err != nil {
				t.Fatal(err)
			}

			again := start(t, Options{Dir: dir, Throwaway: true})
			if again.Adopted() {
				t.Error("a server was adopted where none ran")
			}
			query(t, again, `SELECT 'works'`)
		})
	}
}

func TestHalfMadeClustersAreThrownAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"data.tmp/PG_VERSION": "9", "data.tmp-X/base/1": "", "password.tmp": ""})
	s := start(t, Options{Dir: dir, Throwaway: true})
	query(t, s, `SELECT 'works'`)
	if left, err := filepath.Glob(filepath.Join(dir, "data.tmp*")); len(left) > 0 || err != nil {
		t.Errorf("still there: %v, %v", left, err)
	}
}

func TestStartsAndStopsOfManyUsersDoNotMeet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var users sync.WaitGroup
	for range 3 {
		users.Go(func() {
			for range 3 {
				s, err := Start(t.Context(), Options{Dir: dir, Throwaway: true})
				if err != nil {
					t.Error(err)
					return
				}
				if err := s.ping(t.Context()); err != nil {
					t.Error(err)
				}
				stop(t, s)
			}
		})
	}
	users.Wait()
}

func TestBrokenServerIsQuoted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Options{Dir: dir, Throwaway: true})
	stop(t, s)
	writeFiles(t, s.data(), map[string]string{"postgresql.auto.conf": "nonsense = 1\n"})
	_, err := Start(t.Context(), Options{Dir: dir, Throwaway: true})
	if err == nil || !strings.Contains(err.Error(), `unrecognized configuration parameter "nonsense"`) {
		t.Errorf("error %v", err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, err := newServer(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	leaveGate, err := s.enterGate(t.Context()) // somebody is starting it
	if err != nil {
		t.Fatal(err)
	}
	defer leaveGate()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Dir: s.Dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestLostPasswordIsExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Options{Dir: dir, Throwaway: true})
	stop(t, s)
	if err := os.Remove(s.path("password")); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir, Throwaway: true})
	if err == nil || !strings.Contains(err.Error(), "put it back") {
		t.Errorf("error %v", err)
	}
}

func TestServerIsOutOfReachOfCtrlC(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: t.TempDir(), Throwaway: true})
	p, running, err := runningPostmaster(s.data())
	if !running || err != nil {
		t.Fatalf("running %v, error %v", running, err)
	}
	theirs, err := syscall.Getpgid(p.pid)
	if err != nil {
		t.Fatal(err)
	}
	if theirs == syscall.Getpgrp() {
		t.Error("the server is in our process group")
	}
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// query runs statements and returns the one value of the last one.
func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return string(results[len(results)-1].Rows[0][0])
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("killing %d: %v", pid, err)
	}
}
