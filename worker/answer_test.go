package worker_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/internal/smtptest"
	"seventh/internal/store"
)

// helloHeld is hello that waits for answers: of the client, or of anybody at his company.
func helloHeld(stopOn string) string {
	return strings.Replace(hello, "sender: owner\n", "sender: owner\nstop_on: ["+stopOn+"]\n", 1)
}

// heldMailing is a firm with n clients of one company, enrolled in helloHeld, whose first letters are planned.
func heldMailing(t *testing.T, stopOn string, n int) *firm {
	t.Helper()
	f := newFirm(t)
	f.publish(archive(helloHeld(stopOn)))
	f.invite("c", n, 10)
	f.exec(commitOrder, pgx.QueryExecModeSimpleProtocol)
	f.exec(`
		CREATE FUNCTION note_task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO commits (what, address) SELECT 'stop', address FROM clients WHERE id = NEW.client_id;
			RETURN NULL;
		END $$;
		CREATE CONSTRAINT TRIGGER note_task AFTER INSERT ON tasks DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_task();`, pgx.QueryExecModeSimpleProtocol)
	f.planAll()
	return f
}

// reply is that a person answers a letter.
func reply(message int64, id, text string) engine.Report {
	return engine.Report{MessageID: message, Event: inbound.Event{Kind: inbound.Replied, Answer: &inbound.Answer{MessageID: id, Text: text}}}
}

// A reply that holds a chain and the letter's T2 exclude each other: no letter's body starts after the hold has been committed.
func TestNoLetterPassesAfterItsClientReplied(t *testing.T) {
	t.Parallel()
	const races = 200
	f := heldMailing(t, "reply", races)
	message, moment := map[string]int64{}, map[string]int{}
	for i, m := range f.letters("") {
		message[m.Recipient], moment[m.Recipient] = m.ID, i%4
	}
	var replies sync.WaitGroup
	answer := func(address string) {
		if err := f.engine.Apply(t.Context(), reply(message[address], address, "Hello")); err != nil {
			t.Errorf("replying by %s: %v", address, err)
		}
	}
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		switch m := moment[e.To]; {
		case m == 0 && e.Phase == "rcpt": // over before the letter may begin
			answer(e.To)
		case m == 1 && e.Phase == "rcpt", m == 2 && e.Phase == "data", m == 3 && e.Phase == "body":
			replies.Go(func() { answer(e.To) })
		}
		return smtptest.None
	}})
	f.hire("worker", mailServer(t, server, 8))
	f.carryOn()
	replies.Wait()

	var late, passed int
	must(t, f.db.QueryRow(t.Context(), `
		SELECT count(*) FILTER (WHERE p.n > s.n), count(*) FROM commits p JOIN commits s ON s.address = p.address AND s.what = 'stop'
		WHERE p.what = 'passed'`).Scan(&late, &passed))
	if late > 0 {
		t.Errorf("%d letters passed T2 after their client had replied", late)
	}
	got, sent := copies(server), 0
	for _, m := range f.letters("") {
		if want := map[string]int{"sent": 1, "held": 0}[m.State]; m.State != "sent" && m.State != "held" || got[m.Recipient] != want {
			t.Errorf("the letter to %s is %s, the mail server accepted %d", m.Recipient, m.State, got[m.Recipient])
		}
		if moment[m.Recipient] == 0 && m.State == "sent" {
			t.Errorf("the letter to %s went although the reply had been applied before its body", m.Recipient)
		}
		sent += got[m.Recipient]
	}
	t.Logf("gate: of %d letters %d went before their client replied, %d late", races, sent, late)
}

// What anybody at a company writes holds the letters of all his colleagues, those in a worker's hands included.
func TestNoLetterPassesAfterAColleagueReplied(t *testing.T) {
	t.Parallel()
	const clients = 150 // more than are locked together
	f := heldMailing(t, "company_reply", clients)
	first := f.letters("c0000")[0].ID
	var begun atomic.Int64
	var before int
	passed := func() (n int) {
		must(t, f.db.QueryRow(t.Context(), "SELECT count(*) FROM commits WHERE what = 'passed'").Scan(&n))
		return n
	}
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "rcpt" && begun.Add(1) == 40 { // the other connections go on meanwhile
			if err := f.engine.Apply(t.Context(), reply(first, "answer", "We talk about it.")); err != nil {
				t.Errorf("replying: %v", err)
			}
			before = passed()
		}
		return smtptest.None
	}})
	f.hire("worker", mailServer(t, server, 4))
	f.carryOn()
	if after := passed(); after != before {
		t.Errorf("%d letters had passed T2 when the reply was applied, %d in the end", before, after)
	}
	counts := f.count()
	if counts["held"] != clients-before || counts["sent"] != before {
		t.Errorf("%d letters passed, and there are %v", before, counts)
	}
	t.Logf("gate: of %d letters to one company %d had passed when a colleague replied, none later", clients, before)

	task := f.openTask("c0000", store.AboutAnswer)
	must(t, f.engine.CloseTask(t.Context(), task.ID, engine.Closing{By: "rep0@firm.example.com"}))
	f.planAll()
	for _, e := range f.enrollments() {
		if e.Waiting == "reply" {
			t.Fatalf("the chain of %s waits still", e.Client)
		}
	}
}

func (f *firm) openTask(client, about string) store.Task {
	f.t.Helper()
	list, err := store.ListTasks(f.t.Context(), f.db, store.TaskFilter{Client: client, State: store.TaskOpen, Origin: "reply", Limit: 9})
	must(f.t, err)
	for _, task := range list {
		if task.About == about {
			return task
		}
	}
	f.t.Fatalf("%s has no open task about %s", client, about)
	return store.Task{}
}

// An automatic answer takes a letter back that a worker has in hand already; it goes when the client is back.
func TestOutOfOfficeWhileTheLetterIsClaimed(t *testing.T) {
	t.Parallel()
	f := newMailing(t, 1, 1)
	f.planAll()
	m := f.letters("c0000")[0]
	back := f.now().AddDate(0, 0, 10)
	var once sync.Once
	server := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "rcpt" {
			once.Do(func() {
				away := &inbound.Answer{MessageID: "away", Back: back, Substitute: "Olga"}
				if err := f.engine.Apply(t.Context(), engine.Report{MessageID: m.ID, Event: inbound.Event{Kind: inbound.AutoReplied, Answer: away}}); err != nil {
					t.Errorf("answering: %v", err)
				}
			})
		}
		return smtptest.None
	}})
	w, _ := f.hire("worker", mailServer(t, server, 1))
	f.rest(w)
	if got := copies(server)["c0000@example.com"]; got != 0 {
		t.Fatalf("%d letters went to somebody who is away", got)
	}
	m = f.letters("c0000")[0]
	if m.State != "planned" || m.Until == nil || !strings.HasPrefix(m.Reason, "waits: the client is away until") {
		t.Errorf("the letter is %s until %v: %s", m.State, m.Until, m.Reason)
	}
	if m.Until.Before(back.AddDate(0, 0, -1)) || m.Until.After(back.AddDate(0, 0, 5)) {
		t.Errorf("it waits until %s, he is back on %s", m.Until, back)
	}
	f.goTo(w, *m.Until)
	if got := copies(server)["c0000@example.com"]; got != 1 {
		t.Errorf("%d letters went when he was back", got)
	}
}

// Whatever order answers come in, and however often, the end is the same.
func TestAnswersInAnyOrderEndTheSame(t *testing.T) {
	t.Parallel()
	const clients = 8
	f := newFirm(t)
	f.publish(archive(helloHeld("reply")))
	f.invite("c", clients, 1)
	server := smtptest.New(t, smtptest.Options{})
	w, _ := f.hire("worker", mailServer(t, server, 1))
	f.rest(w)
	now := f.now()
	at := func(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }
	auto := func(second int, id string, days int) inbound.Event {
		a := &inbound.Answer{MessageID: id, Text: "I am away: " + id, Substitute: "Olga"}
		if days > 0 {
			a.Back = now.AddDate(0, 0, days)
		}
		return inbound.Event{Kind: inbound.AutoReplied, At: at(second), Answer: a}
	}
	human := func(second int, id string) inbound.Event {
		return inbound.Event{Kind: inbound.Replied, At: at(second), Answer: &inbound.Answer{MessageID: id, Text: "I wrote: " + id, Subject: "Re: " + id}}
	}
	for name, events := range map[string][]inbound.Event{
		"only machines":         {auto(1, "a1", 30), auto(2, "a2", 0), auto(3, "a3", 40)},
		"a person has answered": {auto(11, "b1", 50), human(12, "b2"), human(13, "b3")},
		"and is away again":     {human(21, "c1"), auto(22, "c2", 60), auto(23, "c3", 45)},
	} {
		t.Run(name, func(t *testing.T) {
			var want string
			for i := range clients {
				client := fmt.Sprintf("c%04d", i)
				letter := f.letters(client)[0].ID
				var all []inbound.Event
				for range []int{46, 2, 1, 3, 1, 2, 1, 2}[i] {
					all = append(all, events...)
				}
				random := rand.New(rand.NewPCG(uint64(i), 5))
				random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
				for _, event := range all {
					must(t, f.engine.Apply(t.Context(), engine.Report{MessageID: letter, ReceivedAt: time.Now(), Event: event}))
				}
				got := f.standing(client)
				if i == 0 {
					want = got
					t.Log(want)
				} else if got != want {
					t.Errorf("%s ends otherwise (-first +this):\n%s", client, cmp.Diff(want, got))
				}
			}
		})
		// The next part begins anew.
		f.exec("DELETE FROM touches WHERE kind IN ('replied', 'auto_replied')")
		f.exec("DELETE FROM absences")
		f.exec("DELETE FROM tasks")
		f.exec("UPDATE enrollments SET waiting = '', waiting_detail = '', due_at = NULL, next_at = $1", now.AddDate(0, 0, 21))
	}
}

// standing is all that answers have changed about a client, without what differs between clients.
func (f *firm) standing(client string) string {
	f.t.Helper()
	var text string
	must(f.t, f.db.QueryRow(f.t.Context(), `
		WITH c AS (SELECT id FROM clients WHERE external_id = $1)
		SELECT concat_ws(E'\n',
			(SELECT string_agg(concat_ws(' ', kind, actor, at, data - 'task'), E'\n' ORDER BY at, data->>'answer') FROM touches WHERE client_id = (SELECT id FROM c) AND kind IN ('replied', 'auto_replied')),
			(SELECT string_agg(concat_ws(' ', state, kind, about, title, replace(body, E'\n', ' | ')), E'\n' ORDER BY about) FROM tasks WHERE client_id = (SELECT id FROM c)),
			(SELECT concat_ws(' ', until, said_until, substitute, said_at, ended_at, told) FROM absences WHERE client_id = (SELECT id FROM c)),
			(SELECT concat_ws(' ', state, waiting, waiting_detail, date_trunc('hour', next_at)) FROM enrollments WHERE client_id = (SELECT id FROM c)))`, client).Scan(&text))
	return text
}

// A letter that was planned when its client replied is dated as if the step before had been done when he was answered.
func TestAHeldLetterIsDatedAnew(t *testing.T) {
	t.Parallel()
	f := newFirm(t)
	f.publish(archive(helloHeld("reply")))
	f.invite("c", 1, 1)
	w, stop := f.hire("worker", mailServer(t, smtptest.New(t, smtptest.Options{}), 1))
	f.rest(w)
	must(t, stop())
	must(t, store.MoveClock(t.Context(), f.db, f.now().AddDate(0, 0, 22)))
	f.planAll()
	letters := f.letters("c0000")
	if len(letters) != 2 || letters[1].State != "planned" {
		t.Fatalf("the second letter is not planned: %+v", letters)
	}
	must(t, f.engine.Apply(t.Context(), reply(letters[0].ID, "answer", "Wait")))
	if m := f.letters("c0000")[1]; m.State != "held" || m.Reason != "a reply waits for an answer of rep0@firm.example.com" {
		t.Errorf("the letter is %s: %s", m.State, m.Reason)
	}
	must(t, store.MoveClock(t.Context(), f.db, f.now().AddDate(0, 0, 3)))
	answered := f.now()
	must(t, f.engine.CloseTask(t.Context(), f.openTask("c0000", store.AboutAnswer).ID, engine.Closing{By: "rep0@firm.example.com"}))
	f.planAll()
	m := f.letters("c0000")[1]
	if m.State != "planned" || m.Until == nil || m.Until.Sub(answered) < 20*24*time.Hour || m.Until.Sub(answered) > 22*24*time.Hour {
		t.Errorf("the letter is %s until %v (%s), it was answered on %s", m.State, m.Until, m.Reason, answered)
	}
}

// Whoever waits for a colleague who leaves the company, or is erased, waits no longer.
func TestAColleagueWhoLeavesHoldsNobody(t *testing.T) {
	t.Parallel()
	f := newFirm(t)
	f.publish(archive(helloHeld("company_reply")))
	f.invite("c", 4, 1)
	w, stop := f.hire("worker", mailServer(t, smtptest.New(t, smtptest.Options{}), 1))
	f.rest(w)
	must(t, stop())
	waiting := func() (n int) {
		for _, e := range f.enrollments() {
			if e.Waiting == "reply" {
				n++
			}
		}
		return n
	}
	must(t, f.engine.Apply(t.Context(), reply(f.letters("c0000")[0].ID, "one", "Hello")))
	must(t, f.engine.Apply(t.Context(), reply(f.letters("c0001")[0].ID, "two", "Hello")))
	if got := waiting(); got != 4 {
		t.Fatalf("%d chains wait", got)
	}
	f.upsert(engine.ClientPatch{ExternalID: "c0000", CompanyID: new("another")})
	f.planAll()
	if got := waiting(); got != 4 { // for the other colleague, and he for himself
		t.Errorf("%d chains wait after one has left", got)
	}
	must(t, f.engine.EraseClient(t.Context(), "c0001"))
	f.planAll()
	if got := waiting(); got != 1 {
		t.Errorf("%d chains wait after the other was erased", got)
	}
	must(t, f.engine.CloseTask(t.Context(), f.openTask("c0000", store.AboutAnswer).ID, engine.Closing{By: "rep0@firm.example.com"}))
	f.planAll()
	if got := waiting(); got != 0 {
		t.Errorf("%d chains wait after the answer", got)
	}
}
