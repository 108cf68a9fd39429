package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"seventh/internal/engine"
	"seventh/internal/smtptest"
	"seventh/internal/store"
)

// hello is a sequence of two letters without a window, so that the hour of the test does not matter.
const hello = `
-- sequences/hello.yaml --
sequence: hello
enroll: manual
sender: owner
steps:
  - { id: first, email: hello/first }
  - { id: second, after: 21d, email: hello/second }
-- templates/hello/first.en.md --
---
subject: Hello {{ .client.first_name }}
---
This is the first letter.
-- templates/hello/second.en.md --
---
subject: Hello again, {{ .client.first_name }}
---
This is the second letter.
`

// helloUntilFirst is hello after its second letter was given up.
var helloUntilFirst = strings.Split(hello, "-- templates/hello/second")[0]

// helloShort is helloUntilFirst without the step that would miss its letter.
var helloShort = strings.Replace(helloUntilFirst, "  - { id: second, after: 21d, email: hello/second }\n", "", 1)

func archive(text string) []txtar.File { return txtar.Parse([]byte(text)).Files }

// newMailing is a firm with n clients of several owners, all enrolled in hello.
func newMailing(t testing.TB, n, owners int) *firm {
	t.Helper()
	f := newFirm(t)
	f.mailing(n, owners)
	return f
}

// mailing adds n clients of several owners, all enrolled in hello.
func (f *firm) mailing(n, owners int) {
	f.t.Helper()
	f.publish(archive(hello))
	f.invite("c", n, owners)
}

// invite adds n clients whose ids begin with a letter, and enrolls them in hello.
func (f *firm) invite(letter string, n, owners int) {
	f.t.Helper()
	patches := make([]engine.ClientPatch, n)
	clients := make([]string, n)
	for i := range patches {
		clients[i] = fmt.Sprintf("%s%04d", letter, i)
		patches[i] = engine.ClientPatch{
			ExternalID: clients[i], Email: new(clients[i] + "@example.com"), FirstName: new("Client"),
			Owner: new(fmt.Sprintf("rep%d@firm.example.com", i%owners)), Consent: &engine.Consent{Basis: "opt_in"},
		}
	}
	f.upsert(patches...)
	if got := f.enroll("hello", clients...); got.Enrolled != n {
		f.t.Fatalf("enrolled %d of %d: %v", got.Enrolled, n, got.Reasons)
	}
}

// hurry ends the wait of chunks that were given back: it is wall time, which tests do not have.
func (f *firm) hurry() {
	f.t.Helper()
	f.exec("UPDATE chunks SET retry_at = now() WHERE worker_id IS NULL")
}

// carryOn lets workers work until no letter waits any more, through all deferrals, but no further than a day.
func (f *firm) carryOn() {
	f.t.Helper()
	horizon := f.now().Add(24 * time.Hour)
	var hurried time.Time
	f.eventually("all letters to be dealt with", func() (bool, string) {
		if time.Since(hurried) > time.Second { // each time makes a job for every chunk that nobody has
			f.hurry()
			hurried = time.Now()
		}
		f.planAll()
		due, err := store.NextDue(f.t.Context(), f.db)
		must(f.t, err)
		quiet, state := f.quiet()
		if quiet && due != nil && due.Before(horizon) {
			must(f.t, store.MoveClock(f.t.Context(), f.db, *due))
			return false, state
		}
		return quiet, state
	})
}

// waiting waits until every letter waits in its row for the same reason, and returns it.
func (f *firm) waiting(n int) string {
	f.t.Helper()
	reason := ""
	f.eventually("letters to wait with a reason", func() (bool, string) {
		reasons := map[string]int{}
		for _, m := range f.letters("") {
			reasons[m.State+": "+m.Reason]++
			reason = m.Reason
		}
		return len(reasons) == 1 && reasons["planned: "+reason] == n && reason != "", fmt.Sprint(reasons)
	})
	return reason
}

// wantCounts checks how many messages are in each state.
func (f *firm) wantCounts(want map[string]int) {
	f.t.Helper()
	got := f.count()
	for _, state := range []string{"planned", "held", "sent", "failed", "cancelled", "unconfirmed"} {
		if got[state] != want[state] {
			f.t.Errorf("messages by state are %v, want %v", got, want)
			return
		}
	}
}

// wantNothingLeft checks that no chunk and no transmission is left behind.
func (f *firm) wantNothingLeft() {
	f.t.Helper()
	var chunks, transmissions int
	must(f.t, f.db.QueryRow(f.t.Context(), "SELECT (SELECT count(*) FROM chunks), (SELECT count(*) FROM transmissions)").Scan(&chunks, &transmissions))
	if chunks+transmissions > 0 {
		f.t.Errorf("%d chunks and %d transmissions are left behind", chunks, transmissions)
	}
}

// copies counts what servers accepted for each address.
func copies(servers ...*smtptest.Server) map[string]int {
	count := map[string]int{}
	for _, s := range servers {
		for _, l := range s.Letters() {
			count[l.To]++
		}
	}
	return count
}

// wantEachOnce checks that n clients got one letter each.
func wantEachOnce(t testing.TB, n int, servers ...*smtptest.Server) {
	t.Helper()
	got := copies(servers...)
	for address, count := range got {
		if count != 1 {
			t.Errorf("%s got %d letters", address, count)
		}
	}
	if len(got) != n {
		t.Errorf("%d clients got a letter, want %d", len(got), n)
	}
}
