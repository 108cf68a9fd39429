//go:build unix

package worker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/worker"
)

// outage is what happens to PostgreSQL in the middle of a mailing, and how it ends.
type outage struct {
	name  string
	begin func(t *testing.T, own *pgtest.Own) (cure func())
	says  string // what the worker that cannot work says, '' if it may never notice
}

var outages = []outage{
	{"it is killed", func(_ *testing.T, own *pgtest.Own) func() { own.Kill(); return own.Start }, "the database cannot be reached"},
	{"it is stopped", func(_ *testing.T, own *pgtest.Own) func() { own.Stop(); return own.Start }, "the database cannot be reached"},
	{"it stands still", func(_ *testing.T, own *pgtest.Own) func() { own.Freeze(); return own.Thaw }, "in time"},
	{"it becomes read-only", func(_ *testing.T, own *pgtest.Own) func() {
		own.Exec("ALTER SYSTEM SET default_transaction_read_only = on")
		own.Exec("SELECT pg_reload_conf()")
		return func() {
			own.Exec("ALTER SYSTEM RESET default_transaction_read_only")
			own.Exec("SELECT pg_reload_conf()")
		}
	}, "the database is read-only"},
	{"it has no connection left", func(t *testing.T, own *pgtest.Own) func() {
		taken := takeAll(t, own)
		return func() {
			for _, conn := range taken {
				conn.Close(context.Background())
			}
		}
	}, "the database has no connection left"},
	// A disk cannot be filled without a file system of its own: a trigger says what PostgreSQL would, at T2 and T3.
	{"its disk is full", func(_ *testing.T, own *pgtest.Own) func() {
		own.Exec(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
		for _, table := range []string{"messages", "transmissions", "workers"} {
			own.Exec("CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON " + table + " FOR EACH ROW EXECUTE FUNCTION full_disk()")
		}
		return func() {
			for _, table := range []string{"messages", "transmissions", "workers"} {
				own.Exec("DROP TRIGGER full_disk ON " + table)
			}
		}
	}, "the database's disk is full"},
}

// takeAll cuts every connection to the server and takes all that there are.
func takeAll(t *testing.T, own *pgtest.Own) []*pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(own.URL())
	must(t, err)
	config.RuntimeParams["application_name"] = "taken"
	var taken []*pgx.Conn
	for {
		conn, err := pgx.ConnectConfig(t.Context(), config)
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "53300" {
			break
		}
		must(t, err)
		taken = append(taken, conn)
	}
	// Whoever is cut now finds his place taken, also one who is still logging in and has no name yet.
	const cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'taken'"
	for {
		if _, err := taken[0].Exec(t.Context(), cut); err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err == nil {
			taken = append(taken, conn)
			continue
		}
		var left int
		must(t, taken[0].QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'taken'").Scan(&left))
		if left == 0 {
			return taken
		}
	}
}

// Whatever befalls PostgreSQL in the middle of a mailing: while nothing can be recorded no lane begins another letter, and
// when it is over the worker goes on by itself.
func TestAnOutageOfPostgreSQLLosesNoLetter(t *testing.T) {
	t.Parallel()
	const letters, lanes = 200, 4
	for _, o := range outages {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			own := pgtest.NewOwn(t)
			f := newFirmOn(t, poolOn(t, own.URL()))
			f.mailing(letters, 5)
			middle := newGate()
			server := smtptest.New(t, smtptest.Options{Script: gated(t, middle, 80)})
			w, _ := f.hire("worker", mailServer(t, server, lanes), func(o *worker.Options) { o.Lease = 4 * time.Second })
			wait(t, middle.reached, "the middle of the mailing")
			before := server.Accepted()
			cure := o.begin(t, own)
			close(middle.open)
			f.eventually("the worker to say that it cannot work", func() (bool, string) {
				err := w.Ready()
				return err != nil && strings.Contains(store.Trouble(err), o.says), "ready: " + errorText(err)
			})
			// One that is on the wire, and one whose commit was faster than the outage: a setting takes a moment to reach everybody.
			if got := server.Accepted() - before; got > 2*lanes {
				t.Errorf("%d letters went out over %d lanes while none could be recorded", got, lanes)
			}
			cure()
			f.db.Reset()
			f.eventually("the worker to work again", func() (bool, string) { err := w.Ready(); return err == nil, errorText(err) })
			f.carryOn()
			f.wantNoneLostNorTwice(letters, server)
			t.Logf("%v", f.count())
		})
	}
}

// One process of the server dies badly: PostgreSQL ends all others and recovers by itself.
func TestACrashOfOneBackendLosesNoLetter(t *testing.T) {
	t.Parallel()
	own := pgtest.NewOwn(t)
	f := newFirmOn(t, poolOn(t, own.URL()))
	f.mailing(200, 5)
	middle := newGate()
	server := smtptest.New(t, smtptest.Options{Script: gated(t, middle, 80)})
	w, _ := f.hire("worker", mailServer(t, server, 4))
	wait(t, middle.reached, "the middle of the mailing")
	own.KillBackend()
	close(middle.open)
	f.db.Reset()
	f.eventually("the server to recover", func() (bool, string) { err := f.db.Ping(t.Context()); return err == nil, errorText(err) })
	f.eventually("the worker to work again", func() (bool, string) { err := w.Ready(); return err == nil, errorText(err) })
	f.carryOn()
	f.wantNoneLostNorTwice(200, server)
}
