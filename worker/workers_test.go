package worker_test

import (
	"sync"
	"testing"
	"time"

	"seventh/internal/smtptest"
)

// gate lets a test stop a mail server in the middle.
type gate struct {
	reached, open chan struct{}
	once          sync.Once
}

func newGate() *gate { return &gate{reached: make(chan struct{}), open: make(chan struct{})} }

// pass says that the gate was reached and waits until it opens; all who come later wait too.
func (g *gate) pass(t testing.TB) {
	g.once.Do(func() { close(g.reached) })
	wait(t, g.open, "a gate to open")
}

func wait(t testing.TB, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Errorf("waited too long for %s", what)
	}
}

// gated is a script that stops the server at its nth letter, before it is accepted.
func gated(t testing.TB, g *gate, n int) func(smtptest.Event) smtptest.Fault {
	return func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" && e.N == n {
			g.pass(t)
		}
		return smtptest.None
	}
}

func TestTwoWorkersShareLettersAndSendNoneTwice(t *testing.T) {
	t.Parallel()
	f := newMailing(t, 500, 25)
	ours, theirs := newGate(), newGate()
	// Neither gets far before the other has begun.
	one := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			ours.once.Do(func() { close(ours.reached) })
			wait(t, theirs.reached, "the second worker")
		}
		return smtptest.None
	}})
	two := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			theirs.once.Do(func() { close(theirs.reached) })
			wait(t, ours.reached, "the first worker")
		}
		return smtptest.None
	}})
	f.hire("one", mailServer(t, one, 4))
	f.hire("two", mailServer(t, two, 4))
	f.carryOn()
	f.wantCounts(map[string]int{"sent": 500})
	wantEachOnce(t, 500, one, two)
	if one.Accepted() == 0 || two.Accepted() == 0 {
		t.Errorf("the workers sent %d and %d letters", one.Accepted(), two.Accepted())
	}
	f.wantNothingLeft()
}

func TestGracefulStopLeavesNothingUnconfirmed(t *testing.T) {
	t.Parallel()
	f := newMailing(t, 500, 5)
	middle := newGate()
	first := smtptest.New(t, smtptest.Options{Script: gated(t, middle, 100), Delay: 2 * time.Millisecond})
	_, stop := f.hire("first", mailServer(t, first, 4))
	wait(t, middle.reached, "the middle of the mailing")
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	close(middle.open)
	if err := <-stopped; err != nil {
		t.Errorf("stopping: %v", err)
	}
	counts := f.count()
	if counts["unconfirmed"] != 0 || counts["planned"] == 0 || counts["sent"] != first.Accepted() || counts["sent"]+counts["planned"] != 500 {
		t.Errorf("after the stop messages are %v, %d were accepted", counts, first.Accepted())
	}
	var workers, transmissions int
	must(t, f.db.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM workers), (SELECT count(*) FROM transmissions)").Scan(&workers, &transmissions))
	if workers+transmissions > 0 {
		t.Errorf("%d workers and %d transmissions are left behind", workers, transmissions)
	}

	second := smtptest.New(t, smtptest.Options{})
	f.hire("second", mailServer(t, second, 4))
	f.carryOn()
	f.wantCounts(map[string]int{"sent": 500})
	wantEachOnce(t, 500, first, second)
	f.wantNothingLeft()
}
