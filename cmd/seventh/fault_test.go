//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
)

// fleet is some processes of the real program on one database and one mail server.
type fleet struct {
	t      *testing.T
	db     *pgxpool.Pool
	smtp   *smtptest.Server
	listen string
	common []string
}

const fleetKey = "test-key-for-the-fault-tests-0123456789"

func newFleet(t *testing.T, url string, connections int, more ...string) *fleet {
	t.Helper()
	f := &fleet{t: t, smtp: smtptest.New(t, smtptest.Options{Delay: 2 * time.Millisecond}), listen: freePort(t)}
	f.common = append([]string{
		"SEVENTH_DATABASE_URL=" + url, "SEVENTH_SMTP_URL=" + withQuery(f.smtp.URL(), fmt.Sprintf("pool=%d", connections)),
		"SEVENTH_SECRET=" + strings.Repeat("s", 32), "SEVENTH_LISTEN=" + f.listen, "SEVENTH_API_KEY=" + fleetKey,
		"SEVENTH_CONTENT=" + benchFolder(t), "SEVENTH_SANDBOX=false",
	}, more...)
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	f.db = pool
	return f
}

func (f *fleet) base() string { return "http://" + f.listen }

// serve starts a process that serves the API, and waits until it can.
func (f *fleet) serve() *program {
	f.t.Helper()
	p := start(f.t, f.common, "serve")
	ready(f.t, f.base())
	return p
}

// work starts a process that works only, and waits until it is registered.
func (f *fleet) work() *program {
	f.t.Helper()
	p := start(f.t, f.common, "work")
	eventually(f.t, func() string {
		if n := f.count("SELECT count(*) FROM workers WHERE pid = $1", p.command.Process.Pid); n != 1 {
			return "the worker is not registered"
		}
		return ""
	})
	return p
}

func (f *fleet) count(sql string, args ...any) int {
	f.t.Helper()
	var n int
	if err := f.db.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		f.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// arrive waits until the mail server has accepted n letters.
func (f *fleet) arrive(n int) {
	f.t.Helper()
	eventually(f.t, func() string {
		if got := f.smtp.Accepted(); got < n {
			return fmt.Sprintf("%d letters have arrived, want %d", got, n)
		}
		return ""
	})
}

// end waits until all letters have an end, checks that each that was sent has arrived
// once and none twice, and returns how many are unconfirmed.
func (f *fleet) end(letters int) (unconfirmed int) {
	f.t.Helper()
	states := settled(f.t, f.db, letters)
	arrived := make(map[string]int)
	for _, letter := range f.smtp.Letters() {
		arrived[letter.To]++
	}
	for address, state := range states {
		switch n := arrived[address]; {
		case n > 1:
			f.t.Errorf("%s got the letter %d times", address, n)
		case state == "sent" && n == 0:
			f.t.Errorf("the letter to %s is sent but never arrived", address)
		case state == "unconfirmed":
			unconfirmed++
		case state != "sent":
			f.t.Errorf("the letter to %s ended as %s", address, state)
		}
	}
	return unconfirmed
}

// A process is stopped in the middle of its letters for longer than its lease. Another
// one takes over; when the first wakes up it can neither send nor settle what is not
// its own any more.
func TestStoppedProcessLosesItsLettersAfterItsLease(t *testing.T) {
	const letters, connections = 1000, 8
	f := newFleet(t, pgtest.URL(t), connections, "SEVENTH_LEASE=1s")
	stopped := f.serve()
	enroll(t, f.base(), fleetKey, letters)
	f.arrive(100)
	send(t, stopped, syscall.SIGSTOP)
	at := f.smtp.Accepted()
	began := time.Now()
	f.work()
	f.arrive(min(at+300, letters-connections))
	t.Logf("the other process has sent 300 letters %s after it was started", time.Since(began).Round(10*time.Millisecond))
	send(t, stopped, syscall.SIGCONT)
	unconfirmed := f.end(letters)
	if unconfirmed > connections {
		t.Errorf("%d letters are unconfirmed over %d connections", unconfirmed, connections)
	}
	ready(t, f.base()) // it has a new standing
	t.Logf("%d letters, %d unconfirmed", letters, unconfirmed)
}

// After kill -9 the living take over what the dead had.
func TestSurvivorsTakeOverAfterAKill(t *testing.T) {
	const letters, connections = 1500, 8
	f := newFleet(t, pgtest.URL(t), connections)
	victim := f.serve()
	enroll(t, f.base(), fleetKey, letters)
	f.arrive(100)
	f.work()
	pid := victim.command.Process.Pid
	killed := time.Now()
	victim.kill()
	eventually(t, func() string {
		if n := f.count("SELECT count(*) FROM workers WHERE pid = $1", pid); n > 0 {
			return "the dead is not buried"
		}
		return ""
	})
	t.Logf("taken over after %s", time.Since(killed).Round(10*time.Millisecond))
	if unconfirmed := f.end(letters); unconfirmed > connections {
		t.Errorf("%d letters are unconfirmed after one kill over %d connections", unconfirmed, connections)
	}
}

// Two processes are restarted five times in turn under load: letters in dialogue are
// finished, the others go to the one that stays.
func TestRollingRestartsLeaveNothingUnconfirmed(t *testing.T) {
	const letters = 3000
	f := newFleet(t, pgtest.URL(t), 6)
	fleet := []*program{f.serve(), f.work()}
	enroll(t, f.base(), fleetKey, letters)
	for restart := range 5 {
		f.arrive((restart + 1) * letters / 8)
		i := restart % 2
		send(t, fleet[i], syscall.SIGTERM)
		<-fleet[i].ended
		if code := fleet[i].command.ProcessState.ExitCode(); code != 0 {
			t.Errorf("restart %d: the process ended with %d", restart+1, code)
		}
		if i == 0 {
			fleet[i] = f.serve()
		} else {
			fleet[i] = f.work()
		}
	}
	if unconfirmed := f.end(letters); unconfirmed > 0 {
		t.Errorf("%d letters are unconfirmed", unconfirmed)
	}
}

// probe gets an operations page.
func (f *fleet) probe(path string) (int, string) {
	f.t.Helper()
	response, err := http.Get(f.base() + path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// unready waits until readyz says why not, while healthz goes on answering.
func (f *fleet) unready(why string) {
	f.t.Helper()
	eventually(f.t, func() string {
		if status, body := f.probe("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, why) {
			return fmt.Sprintf("readyz answers %d %s, want 503 and %q", status, body, why)
		}
		return ""
	})
	if status, _ := f.probe("/healthz"); status != http.StatusOK {
		f.t.Errorf("healthz answers %d", status)
	}
}

func TestReadinessFollowsTheDatabaseAndTheGuard(t *testing.T) {
	own := pgtest.NewOwn(t)
	f := newFleet(t, own.URL(), 2, "SEVENTH_LEASE=2s")
	f.serve()
	own.Kill()
	f.unready("the database cannot be reached")
	own.Start()
	ready(t, f.base())

	own.Exec("ALTER SYSTEM SET default_transaction_read_only = on")
	own.Exec("SELECT pg_reload_conf()")
	f.unready("the database is read-only")
	own.Exec("ALTER SYSTEM RESET default_transaction_read_only")
	own.Exec("SELECT pg_reload_conf()")
	ready(t, f.base())

	own.Exec("INSERT INTO schema_migrations (version_id, is_applied) VALUES (99999, true)")
	f.unready("the database schema is newer than this binary")
	own.Exec("DELETE FROM schema_migrations WHERE version_id = 99999")
	ready(t, f.base())

	own.Exec("UPDATE guard SET beat = 0") // as after a restore below the running process
	f.unready("the restore guard keeps letters back: the database went back")
	f.unready("seventh confirm-restore")
	list := start(t, f.common, "confirm-restore", "--list")
	if <-list.ended; !strings.Contains(list.output.String(), "Letters are kept back: the database went back") {
		t.Errorf("the list says %s", list.output)
	}
	confirm := start(t, f.common, "confirm-restore", "--by", "ann")
	if <-confirm.ended; !strings.Contains(confirm.output.String(), "Confirmed: ") {
		t.Errorf("the confirmation says %s", confirm.output)
	}
	ready(t, f.base())
	if n := f.count("SELECT count(*) FROM guard WHERE confirmed_by = 'ann'"); n != 1 {
		t.Error("nobody has confirmed")
	}
}

func send(t *testing.T, p *program, s syscall.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
