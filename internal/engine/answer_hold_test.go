package engine

import (
	"errors"
	"testing"

	"seventh/internal/inbound"
)

// heldColleague is a firm of two: the first has replied, and waits for an answer; the second
// is due in a chain that waits for that, too.
func heldColleague(t *testing.T) (tr *trial, ids []string) {
	t.Helper()
	tr = newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }",
		map[string]string{"mass": oneStep("mass", "sender: ann"), "long": oneStep("long", "sender: ann\nstop_on: [company_reply]")})
	patches, ids := named("c", 2)
	for i := range patches {
		patches[i].CompanyID = text("firm")
	}
	tr.clients(patches...)
	tr.enroll("mass", monday, ids[0])
	tr.plan()
	tr.apply(Report{MessageID: tr.letter(ids[0]).ID, Event: inbound.Event{Kind: inbound.Replied, Answer: &inbound.Answer{MessageID: "x"}}})
	tr.plan()
	tr.enroll("long", monday, ids[1])
	return tr, ids
}

func (tr *trial) answer() {
	tr.t.Helper()
	task := rowsOf[int64](tr, "SELECT id FROM tasks WHERE about = 'answer' AND state = 'open'")[0]
	if err := tr.CloseTask(tr.t.Context(), task, Closing{By: "ann@firm.example"}); err != nil {
		tr.t.Fatal(err)
	}
}

// goesOn wants that a held chain ends in the next month, its letter sent.
func (tr *trial) goesOn(client string) {
	tr.t.Helper()
	for range 30 {
		tr.at(tr.now().AddDate(0, 0, 1))
		tr.plan()
	}
	if e := tr.waits(client, "long"); e.State != "ended" {
		tr.t.Errorf("the chain is %s and waits for %q", e.State, e.Waiting)
	}
}

// Whoever leaves a company waits for nobody there any more.
func TestAColleagueWhoLeavesIsNotStranded(t *testing.T) {
	t.Parallel()
	tr, ids := heldColleague(t)
	tr.plan()
	if e := tr.waits(ids[1], "long"); e.Waiting != waitsForAnswer {
		t.Fatalf("the chain waits for %q", e.Waiting)
	}
	if _, err := tr.UpsertClients(t.Context(), []ClientPatch{{ExternalID: ids[1], CompanyID: text("other")}}); err != nil {
		t.Fatal(err)
	}
	tr.answer()
	tr.goesOn(ids[1])
}

// The rep answers while the planner is about to hold a colleague's chain.
func TestAnAnswerWhileAColleagueIsBeingHeld(t *testing.T) {
	t.Parallel()
	tr, ids := heldColleague(t)
	tr.exec(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.waiting = 'reply' THEN PERFORM pg_advisory_xact_lock_shared(1, 424242); END IF; RETURN NEW; END $$`)
	tr.exec("CREATE TRIGGER slow BEFORE UPDATE ON enrollments FOR EACH ROW EXECUTE FUNCTION slow()")
	conn, err := tr.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock(1, 424242)"); err != nil {
		t.Fatal(err)
	}
	waiting := func() int {
		return rowsOf[int](tr, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")[0]
	}
	planned, answered := make(chan error, 1), make(chan struct{})
	go func() { _, err := tr.Plan(t.Context()); planned <- err }()
	for waiting() == 0 {
	}
	go func() {
		defer close(answered)
		tr.answer()
	}()
	for done := false; !done && waiting() < 2; { // it waits for the planner, or is over
		select {
		case <-answered:
			done = true
		default:
		}
	}
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_unlock(1, 424242)")
	if err = errors.Join(err, <-planned); err != nil {
		t.Fatal(err)
	}
	<-answered
	tr.goesOn(ids[1])
}

// What the outside writes may hold what no database keeps.
func TestReportsHoldWhatCannotBeStored(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }", map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 3)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	for i, event := range []inbound.Event{
		{Kind: inbound.Bounced, Class: "invalid", Permanent: true, Diagnostic: "550 no\x00 such user \xff", Status: "5.1.1\x00"},
		{Kind: inbound.Replied, Answer: &inbound.Answer{MessageID: "a\x00b\xff", From: "x\x00@y.example", Subject: "\x00", Text: "hello\x00"}},
		{Kind: inbound.AutoReplied, Answer: &inbound.Answer{MessageID: "a\x00c\xff", Substitute: "\x00", Text: "away\x00"}},
	} {
		for range 2 {
			tr.apply(Report{MessageID: tr.letter(ids[i]).ID, EvidenceID: 1, Source: "mailbox", Event: event})
		}
	}
	if got := rowsOf[string](tr, "SELECT string_agg(kind, ' ' ORDER BY kind) FROM touches WHERE kind <> 'sent'")[0]; got != "auto_replied bounced replied" {
		t.Errorf("the touches are %s", got)
	}
}
