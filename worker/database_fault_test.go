package worker_test

import (
	"fmt"
	"testing"

	"seventh/internal/smtptest"
)

// cut ends the connections of a worker to the database, as a failover or an administrator does.
func (f *firm) cut(application, which string) {
	f.t.Helper()
	var ended int
	must(f.t, f.db.QueryRow(f.t.Context(), `
		SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity a
		WHERE datname = current_database() AND application_name = $1 `+which, application).Scan(&ended))
	if ended == 0 {
		f.t.Errorf("worker %s had no connection to cut", application)
	}
}

// withoutSession leaves the connection that holds the worker's standing.
const withoutSession = "AND NOT EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.classid = 7702)"

// wantNoneLostNorTwice checks that each of n clients got one letter, or is known to be doubtful.
func (f *firm) wantNoneLostNorTwice(n int, server *smtptest.Server) {
	f.t.Helper()
	got := copies(server)
	ended := 0
	for _, m := range f.letters("") {
		copies := got[m.Recipient]
		switch {
		case m.State == "sent" && copies == 1, m.State == "unconfirmed" && copies <= 1:
			ended++
		default:
			f.t.Errorf("the letter to %s is %s (%s), the mail server accepted %d", m.Recipient, m.State, m.Reason, copies)
		}
	}
	if ended != n {
		f.t.Errorf("%d letters ended, want %d; %v", ended, n, f.count())
	}
	f.wantNothingLeft()
}

func TestLosingTheDatabaseLosesNoLetter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, which string }{
		{"all connections", ""},
		{"all but the worker's standing", withoutSession},
		{"only the worker's standing", "AND a.pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 7702)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newMailing(t, 300, 6)
			middle := newGate()
			server := smtptest.New(t, smtptest.Options{Script: gated(t, middle, 100)})
			f.hire("worker", mailServer(t, server, 4))
			wait(t, middle.reached, "the middle of the mailing")
			f.cut("worker", test.which)
			close(middle.open)
			f.carryOn()
			f.wantNoneLostNorTwice(300, server)
		})
	}
}

func TestLosingTheDatabaseAgainAndAgainLosesNoLetter(t *testing.T) {
	t.Parallel()
	f := newMailing(t, 300, 6)
	gates := []*gate{newGate(), newGate(), newGate(), newGate()}
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if i := e.N / 60; e.Phase == "dot" && e.N%60 == 0 && i >= 1 && i <= len(gates) {
			gates[i-1].pass(t)
		}
		return smtptest.None
	}})
	f.hire("worker", mailServer(t, server, 4))
	for i, g := range gates {
		wait(t, g.reached, fmt.Sprintf("letter %d", 60*(i+1)))
		f.cut("worker", "")
		close(g.open)
	}
	f.carryOn()
	f.wantNoneLostNorTwice(300, server)
}

// A chunk is given back when its letters are settled. If that fails, the chunk must not stay in the hands of a worker who
// lives and does not know of it any more.
func TestAChunkIsGivenBackAlthoughTheDatabaseWasGone(t *testing.T) {
	t.Parallel()
	f := newMailing(t, 40, 4)
	last := newGate()
	server := smtptest.New(t, smtptest.Options{Script: gated(t, last, 40)})
	f.hire("worker", mailServer(t, server, 1))
	// Giving a chunk back fails until the last letter is on its way.
	f.exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the database is going down'; END $$`)
	f.exec(`CREATE TRIGGER refuse BEFORE DELETE ON chunks FOR EACH ROW EXECUTE FUNCTION refuse()`)
	wait(t, last.reached, "the last letter")
	f.exec("DROP TRIGGER refuse ON chunks")
	close(last.open)
	f.carryOn()
	f.wantNoneLostNorTwice(40, server)
}
