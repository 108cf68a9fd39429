package engine

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

const twoSteps = "steps:\n  - { id: one, email: a }\n  - { id: two, after: 7d, email: b }\n"

// onTheWire has the first letters of clients pass T2.
func onTheWire(t *testing.T, steps string, clients ...string) (*mailing, []*Letter, map[*Letter]store.ContentRef) {
	t.Helper()
	m := newMailing(t, steps)
	for _, id := range clients {
		m.clients(ClientPatch{ExternalID: id})
	}
	m.enroll("chain", monday, clients...)
	if _, err := m.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters := m.claim()
	if len(letters) != len(clients) {
		t.Fatalf("%d letters are claimed", len(letters))
	}
	return m, letters, m.transmit(letters)
}

// die has the worker die, and somebody take over.
func (m *mailing) die() {
	m.t.Helper()
	m.exec("SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.objid = $1::int::oid AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())", m.worker)
	for {
		if dead, err := store.DeadWorkers(m.t.Context(), m.pool); err != nil {
			m.t.Fatal(err)
		} else if len(dead) > 0 {
			break
		}
	}
	if n, err := m.Bury(m.t.Context()); err != nil || n == 0 {
		m.t.Fatalf("%d letters are unconfirmed: %v", n, err)
	}
}

func (m *mailing) settleOne(l *Letter, state string, content store.ContentRef) {
	m.t.Helper()
	r := Result{Letter: l, State: state, At: m.now(), Content: content, Attempted: true}
	if _, err := m.Commit(m.t.Context(), &Batch{Results: []Result{r}, Now: m.now()}); err != nil {
		m.t.Fatal(err)
	}
}

// state is a letter's, with why, and where its chain stands.
func (m *mailing) state(client string) string {
	m.t.Helper()
	letter, chain := m.letter(client), m.waits(client, "chain")
	return strings.TrimSpace(fmt.Sprint(letter.Step, " ", letter.State, ", chain ", chain.State, " before ", chain.NextStep, " ", chain.Waiting))
}

// Evidence that came while the letter was on the wire counts when nobody lives to tell
// its outcome. A worker who does after all changes nothing any more.
func TestEvidenceFromBeforeTheWorkerDied(t *testing.T) {
	t.Parallel()
	m, letters, passed := onTheWire(t, twoSteps, "bob", "eve", "dan")
	m.apply(Report{MessageID: m.letter("bob").ID, Event: inbound.Event{Kind: inbound.Delivered}})
	m.die()
	if got := m.state("bob"); got != "one unconfirmed, chain active before one unconfirmed" {
		t.Fatal(got)
	}
	m.look()
	if got := m.state("bob"); got != "one sent, chain active before two" {
		t.Error(got)
	}
	if got := m.state("eve"); got != "one unconfirmed, chain active before one unconfirmed" {
		t.Error(got)
	}
	if letter := m.letter("bob"); letter.Response != "evidence: delivered" || letter.SentAt == nil {
		t.Errorf("the letter says %q and went %v", letter.Response, letter.SentAt)
	}
	next := *m.waits("bob", "chain").NextAt
	for _, l := range letters {
		if l.Client.ExternalID != "dan" {
			m.settleOne(l, Sent, passed[l]) // under the old fence
		}
	}
	for _, client := range []string{"bob", "eve"} {
		if got := m.state(client); got != "one sent, chain active before two" {
			t.Errorf("%s after the late answer: %s", client, got)
		}
	}
	if then := *m.waits("bob", "chain").NextAt; !then.Equal(next) {
		t.Errorf("the next letter was due %s, is due %s", next, then)
	}
	err := store.RecordHit(t.Context(), m.pool, store.Hit{
		MessageID: m.letter("dan").ID, Purpose: inbound.HitClicked, At: m.now().Add(5 * time.Minute), Method: "GET", Address: "192.0.2.0",
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", Language: "en",
	})
	if err != nil {
		t.Fatal(err)
	}
	m.until(m.now().Add(10 * time.Minute))
	m.look()
	if got := m.state("dan"); got != "one sent, chain active before two" {
		t.Errorf("after a click: %s", got)
	}
}

// An admin sends a letter again; proof that it had arrived comes before it goes.
func TestProofCallsOffThatALetterGoesAgain(t *testing.T) {
	t.Parallel()
	m, letters, passed := onTheWire(t, twoSteps, "bob", "eve", "dan")
	for _, l := range letters {
		m.settleOne(l, Unconfirmed, passed[l])
	}
	again := Decision{As: AsSendAgain, By: "ann@firm.example"}
	for _, client := range []string{"bob", "eve"} {
		if err := m.Confirm(t.Context(), m.letter(client).ID, again); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.state("bob"); got != "one planned, chain active before one" {
		t.Fatal(got)
	}
	if letter := m.letter("bob"); !strings.HasPrefix(letter.Reason, "sent again by ann@firm.example on 1 Mar 2027") {
		t.Errorf("the reason is %q", letter.Reason)
	}
	if err := m.Confirm(t.Context(), m.letter("bob").ID, again); !errors.Is(err, ErrConfirmed) {
		t.Errorf("deciding twice: %v", err)
	}
	m.apply(Report{MessageID: m.letter("bob").ID, Event: inbound.Event{Kind: inbound.Delivered}})
	if got := m.state("bob"); got != "one sent, chain active before two" {
		t.Error(got)
	}
	id := m.letter("eve").ID
	if _, err := m.Plan(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := m.claim()
	if len(second) != 1 || second[0].MessageID != id {
		t.Fatalf("%d letters go again", len(second))
	}
	m.settleOne(second[0], Sent, m.transmit(second)[second[0]])
	if got := m.state("eve"); got != "one sent, chain active before two" {
		t.Error(got)
	}

	if err := m.PauseEnrollment(t.Context(), m.waits("dan", "chain").ID); err != nil {
		t.Fatal(err)
	}
	if err := m.Confirm(t.Context(), m.letter("dan").ID, again); err != nil {
		t.Fatal(err)
	}
	if got := m.state("dan"); got != "one held, chain paused before one" {
		t.Error(got)
	}
	if err := m.ResumeEnrollment(t.Context(), m.waits("dan", "chain").ID); err != nil {
		t.Fatal(err)
	}
	m.work()
	if got := m.state("dan"); got != "one sent, chain active before two" {
		t.Error(got)
	}
	if closings, err := store.ClosingsOf(t.Context(), m.pool, m.letter("dan").ID); err != nil || len(closings) != 1 || closings[0].By != "ann@firm.example" {
		t.Errorf("decisions about dan's letter: %+v, %v", closings, err)
	}
}

func TestManyAreDecidedAtOnce(t *testing.T) {
	t.Parallel()
	_, ids := named("c", 7)
	m, letters, passed := onTheWire(t, "steps:\n  - { id: one, email: a }\n", ids...)
	for _, l := range letters {
		m.settleOne(l, Unconfirmed, passed[l])
	}
	if err := m.EndEnrollment(t.Context(), m.waits(ids[0], "chain").ID); err != nil {
		t.Fatal(err)
	}
	f := store.UnconfirmedFilter{Limit: 4}
	done, left, last, err := m.ConfirmAll(t.Context(), f, Decision{As: AsSendAgain, By: "ann"})
	if done != 3 || left != 1 || last == 0 || err != nil {
		t.Fatalf("%d done, %d left, the last is %d: %v", done, left, last, err)
	}
	f.After = last
	if done, left, last, err = m.ConfirmAll(t.Context(), f, Decision{As: AsFailed, By: "ann", Note: "the server lost its disk"}); done != 3 || left != 0 || last != 0 || err != nil {
		t.Fatalf("%d done, %d left, the last is %d: %v", done, left, last, err)
	}
	if e := m.waits(ids[6], "chain"); e.State != "ended" || *e.EndReason != endedFinished {
		t.Errorf("the chain is %s", e.State)
	}
	if n, err := store.CountUnconfirmed(t.Context(), m.pool); n != 1 || err != nil {
		t.Errorf("%d are unconfirmed: %v", n, err)
	}
}

// Three refusals in a row that say nothing, at once or later, cost the address.
func TestRefusalsAtOnceCountToo(t *testing.T) {
	t.Parallel()
	m, letters, passed := onTheWire(t, "steps:\n  - { id: one, email: a }\n  - { id: two, after: 2d, email: b }\n  - { id: three, after: 2d, email: c }\n  - { id: four, after: 2d, email: d }\n", "bob")
	refuse := func(class string) {
		r := Result{Letter: letters[0], State: Failed, At: m.now(), Class: class, Response: "550 no", Content: passed[letters[0]], Attempted: true}
		if _, err := m.Commit(t.Context(), &Batch{Results: []Result{r}, Now: m.now()}); err != nil {
			t.Fatal(err)
		}
	}
	next := func() {
		m.at(m.now().AddDate(0, 0, 3))
		if _, err := m.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		letters = m.claim()
		passed = m.transmit(letters)
	}
	refuse("unknown")
	next()
	m.settleOne(letters[0], Sent, passed[letters[0]])
	second := letters[0].MessageID
	next()
	refuse("") // the server gave no reason
	if got := m.suppressed("bob@client.example"); got != "" {
		t.Fatalf("after two the address is %s", got)
	}
	m.apply(Report{MessageID: second, Event: inbound.Event{Kind: inbound.Bounced, Class: "unknown", Permanent: true}})
	if got := m.suppressed("bob@client.example"); got != "bounced" {
		t.Errorf("after three the address is %q", got)
	}
	if e := m.waits("bob", "chain"); e.State != "ended" || *e.EndReason != endedBounced {
		t.Errorf("the chain is %s", e.State)
	}
}

// Providers come back after an outage: everything again, many times over and all at
// once, while some letters are being settled.
func TestAStormOfReports(t *testing.T) {
	t.Parallel()
	const times, goroutines = 46, 8
	_, ids := named("c", 30)
	m, letters, passed := onTheWire(t, twoSteps, ids...)
	began := time.Now()
	var wait sync.WaitGroup
	for g := range goroutines {
		wait.Go(func() {
			for n := g; n < times*len(letters); n += goroutines {
				l := letters[n%len(letters)]
				event := inbound.Event{Kind: inbound.Delivered}
				switch l.MessageID % 5 {
				case 0:
					event = inbound.Event{Kind: inbound.Bounced, Class: "invalid", Permanent: true}
				case 1:
					event = inbound.Event{Kind: inbound.Complained}
				}
				if n/len(letters) == times/2 {
					state := []string{Sent, Unconfirmed}[l.MessageID%2]
					if _, err := m.Commit(t.Context(), &Batch{Results: []Result{{Letter: l, State: state, At: monday, Content: passed[l], Attempted: true}}}); err != nil {
						t.Error(err)
					}
				}
				if err := m.Apply(t.Context(), Report{MessageID: l.MessageID, Event: event}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	took := time.Since(began)
	m.look()
	count := func(sql string) int { return rowsOf[int](m.trial, "SELECT count(*) FROM "+sql)[0] }
	if touches, sent, stopped, chains := count("touches"), count("messages WHERE state = 'sent'"), count("suppressions"), count("enrollments WHERE state = 'ended'"); touches != 30 || sent != 30 || stopped != 12 || chains != 12 {
		t.Errorf("%d touches, %d letters sent, %d suppressions, %d chains ended", touches, sent, stopped, chains)
	}
	t.Logf("%d reports by %d at a time in %s: %.0f a second", times*len(letters), goroutines, took.Round(time.Millisecond), float64(times*len(letters))/took.Seconds())
}
