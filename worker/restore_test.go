//go:build unix

package worker_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/engine"
	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/worker"
)

// poolOn opens a pool that is closed with the test.
func poolOn(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), url)
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// guarded waits until the restore guard keeps a worker back, and returns why.
func (f *firm) guarded(w *worker.Worker) string {
	f.t.Helper()
	f.eventually("the restore guard to trip", func() (bool, string) {
		err := w.Ready()
		return errors.Is(err, engine.ErrGuarded), "ready: " + errorText(err)
	})
	guard, err := store.ReadGuard(f.t.Context(), f.db)
	must(f.t, err)
	if !guard.Stops() || guard.RestoredTo == nil {
		f.t.Errorf("the guard's row is %+v", guard)
	}
	f.planAll() // nothing, whoever asks
	return guard.Reason
}

func errorText(err error) string {
	if err == nil {
		return "yes"
	}
	return err.Error()
}

// doubts are the letters that a person is shown.
func (f *firm) doubts() []store.Doubt {
	f.t.Helper()
	var list []store.Doubt
	_, err := f.engine.RestoreDoubts(f.t.Context(), func(d store.Doubt) { list = append(list, d) })
	must(f.t, err)
	return list
}

// confirm is what a person says after a restore.
func (f *firm) confirm(choice string) engine.Confirmation {
	f.t.Helper()
	c, err := f.engine.ConfirmRestore(f.t.Context(), "ann", choice)
	must(f.t, err)
	return c
}

// 200 letters go out after a backup was made, half of them planned in it and half only
// due. The backup comes back, on a machine that knows nothing of what happened since.
func TestRestoredBackupSendsNothingBeforeAPersonConfirms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		choice     string
		sentTwice  int
		unresolved int
	}{
		{engine.DoubtsHold, 0, 200},
		{engine.DoubtsAssume, 0, 0},
		{engine.DoubtsSend, 200, 0},
	} {
		t.Run(test.choice, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t)
			f.publish(archive(hello))
			server := smtptest.New(t, smtptest.Options{})
			_, stop := f.hire("before", mailServer(t, server, 2))
			f.eventually("the first beat", func() (bool, string) {
				guard, err := store.ReadGuard(t.Context(), f.db)
				must(t, err)
				return guard.Beat > 0, "no beat"
			})
			must(t, stop())
			f.invite("a", 100, 3)
			f.planAll()
			f.invite("b", 100, 3)
			backup := pgtest.Copy(t, f.db)
			_, stop = f.hire("before", mailServer(t, server, 2))
			f.carryOn()
			must(t, stop())
			wantEachOnce(t, 200, server)

			r := newFirmOn(t, poolOn(t, backup))
			w, _ := r.hire("after", mailServer(t, server, 2))
			t.Logf("kept back because %s", r.guarded(w))
			if got := len(r.doubts()); got != 200 {
				t.Errorf("%d letters are listed, want 200", got)
			}
			r.wantCounts(map[string]int{"planned": 100}) // looking changed nothing
			if server.Accepted() != 200 {
				t.Fatalf("%d letters went out before anybody confirmed", server.Accepted()-200)
			}

			if c := r.confirm(test.choice); c.Letters != 200 || c.Reason == "" {
				t.Errorf("confirmed %+v", c)
			}
			r.eventually("the worker to work", func() (bool, string) { err := w.Ready(); return err == nil, errorText(err) })
			r.carryOn()
			if got := server.Accepted() - 200; got != test.sentTwice {
				t.Errorf("%d letters were sent again, want %d", got, test.sentTwice)
			}
			r.wantCounts(map[string]int{"unconfirmed": test.unresolved, "sent": 200 - test.unresolved})
			if test.unresolved > 0 {
				if got := len(r.doubts()); got != 200 {
					t.Errorf("%d letters wait for a decision, want 200", got)
				}
				if c := r.confirm(engine.DoubtsAssume); c.Letters != 200 || c.Reason != "" {
					t.Errorf("decided about %+v", c)
				}
				r.carryOn()
				r.wantCounts(map[string]int{"sent": 200})
			}
			// The second letter is due three weeks after the first was, whoever sent it.
			var next int
			must(t, r.db.QueryRow(t.Context(), "SELECT count(*) FROM enrollments WHERE next_step = 'second' AND waiting = '' AND next_at > business_now() + interval '19 days'").Scan(&next))
			if next != 200 {
				t.Errorf("%d enrollments go on, want 200", next)
			}
			if server.Accepted()-200 != test.sentTwice {
				t.Error("a decision about what was held has sent letters")
			}
		})
	}
}

// Data that come back below a machine that has seen more are noticed by what it
// remembers, in memory or in its file.
func TestOlderDataDirectoryIsNoticed(t *testing.T) {
	t.Parallel()
	for _, lives := range []bool{true, false} {
		name := map[bool]string{true: "the worker lives through it", false: "the worker starts after it"}[lives]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := pgtest.NewOwn(t)
			f := newFirmOn(t, poolOn(t, own.URL()))
			f.mailing(50, 2)
			server := smtptest.New(t, smtptest.Options{})
			first := newGate()
			stalled := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
				if e.Phase == "mail" {
					first.once.Do(func() { close(first.reached) })
					return smtptest.Reply(450, "4.3.2 come back later")
				}
				return smtptest.None
			}})
			remembers := func(o *worker.Options) { o.HighWater = filepath.Join(t.TempDir(), "mark.json") }
			file := ""
			_, stop := f.hire("early", mailServer(t, stalled, 1), remembers, func(o *worker.Options) { file = o.HighWater })
			wait(t, first.reached, "the first letter to be refused for now")
			must(t, stop())
			own.Stop()
			restore := own.Backup()
			own.Start()
			f.db.Reset()
			again := func(o *worker.Options) { o.HighWater = file }
			w, stop := f.hire("early", mailServer(t, server, 2), again)
			f.carryOn()
			wantEachOnce(t, 50, server)
			if !lives {
				must(t, stop())
			}
			own.Stop()
			restore()
			own.Start()
			f.db.Reset()
			if !lives {
				w, _ = f.hire("late", mailServer(t, server, 2), again)
			}
			t.Logf("kept back because %s", f.guarded(w))
			if c := f.confirm(engine.DoubtsHold); c.Letters != 50 {
				t.Errorf("%d letters are in doubt, want 50", c.Letters)
			}
			f.carryOn()
			if server.Accepted() != 50 {
				t.Errorf("%d letters were sent again", server.Accepted()-50)
			}
			f.wantCounts(map[string]int{"unconfirmed": 50})
		})
	}
}

// Business time is not what a backup is known by, and a machine that was off for a
// weekend is no reason to stop.
func TestNeitherTheSandboxClockNorAWeekendOffTripsTheGuard(t *testing.T) {
	t.Parallel()
	f := newFirm(t)
	f.publish(archive(hello))
	server := smtptest.New(t, smtptest.Options{})
	file := filepath.Join(t.TempDir(), "mark.json")
	for _, remembered := range []string{file, file, ""} {
		w, stop := f.hire("worker", mailServer(t, server, 1), func(o *worker.Options) { o.HighWater, o.Lease = remembered, 200*time.Millisecond })
		f.eventually("the worker to work", func() (bool, string) { err := w.Ready(); return err == nil, errorText(err) })
		f.setClock(f.now().AddDate(1, 0, 0))
		before, err := store.ReadGuard(t.Context(), f.db)
		must(t, err)
		f.eventually("more beats", func() (bool, string) {
			guard, err := store.ReadGuard(t.Context(), f.db)
			must(t, err)
			return guard.Beat > before.Beat+2, "none"
		})
		f.setClock(f.now().AddDate(-2, 0, 0))
		must(t, stop())
		f.exec("UPDATE guard SET beat_at = now() - interval '3 days'")
	}
	guard, err := store.ReadGuard(t.Context(), f.db)
	must(t, err)
	if guard.TrippedAt != nil {
		t.Errorf("the guard tripped: %s", guard.Reason)
	}
}

// Whoever assumes that letters were sent means all that were due, also those that only follow from them.
func TestAssumedLettersReachUntilToday(t *testing.T) {
	t.Parallel()
	f := newMailing(t, 5, 2)
	must(t, store.Tx(t.Context(), f.db, func(tx pgx.Tx) error { return store.TripGuard(t.Context(), tx, "a test", f.now()) }))
	must(t, store.MoveClock(t.Context(), f.db, f.now().AddDate(0, 0, 30)))
	if c := f.confirm(engine.DoubtsAssume); c.Letters != 10 {
		t.Errorf("%d letters are assumed to be sent, want both of each client's", c.Letters)
	}
	f.wantCounts(map[string]int{"sent": 10})
	for _, m := range f.letters("c0000") {
		if age := f.now().Sub(*m.SentAt); m.Step == "second" && (age < 8*24*time.Hour || age > 10*24*time.Hour) {
			t.Errorf("the second letter is dated %s, want three weeks after the first", m.SentAt)
		}
	}
	var open int
	must(t, f.db.QueryRow(t.Context(), "SELECT count(*) FROM enrollments WHERE state <> 'ended'").Scan(&open))
	if open > 0 {
		t.Errorf("%d enrollments are open after their last letter", open)
	}
}
