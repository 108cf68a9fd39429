package engine

import (
	"testing"

	"seventh/internal/inbound"
)

// A reply that holds a chain holds the letter of its new rep, too, which is out of turn:
// also while the chain is in the middle of a step, and though the letter is planned.
func TestAReplyHoldsTheLetterOfANewRep(t *testing.T) {
	t.Parallel()
	for _, planned := range []bool{true, false} {
		tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }", map[string]string{
			"mass": oneStep("mass", "sender: ann"),
			"long": "sequence: long\nsender: owner\nstop_on: [reply]\nhandover: hello\nsteps:\n  - { id: ask, call: a }\n  - { id: one, email: a }\n",
		})
		tr.exec("INSERT INTO users (email, name, role) VALUES ('bob@firm.example', 'Bob', 'rep'), ('eve@firm.example', 'Eve', 'rep')")
		tr.clients(ClientPatch{ExternalID: "c", Owner: text("bob@firm.example")})
		tr.enroll("mass", monday, "c")
		tr.plan()
		tr.at(monday.AddDate(0, 0, 3))
		tr.enroll("long", tr.now(), "c")
		tr.plan()
		if e := tr.waits("c", "long"); e.Waiting != waitsForTask {
			t.Fatalf("it waits for %q", e.Waiting)
		}
		tr.exec("UPDATE messages SET sent_at = now(), state = 'sent' WHERE state <> 'sent'")
		plan := func() {
			t.Helper()
			if _, err := tr.Plan(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		hand := func() {
			t.Helper()
			tr.exec("INSERT INTO handovers (client_id, enrollment_id, previous_id, due_at) SELECT client_id, id, 1, business_now() FROM enrollments WHERE state <> 'ended'")
		}
		if planned {
			hand()
			plan()
		}
		ready := func() int {
			return rowsOf[int](tr, "SELECT count(*) FROM messages WHERE step = 'handover' AND state = 'planned' AND chunk_id IS NOT NULL")[0]
		}
		if n := ready(); planned && n != 1 {
			t.Fatalf("%d letters are planned", n)
		}
		letter := rowsOf[int64](tr, "SELECT min(id) FROM messages")[0]
		tr.apply(Report{MessageID: letter, Event: inbound.Event{Kind: inbound.Replied, Answer: &inbound.Answer{MessageID: "x"}}})
		if !planned {
			hand()
		}
		for range 3 {
			if n := ready(); n != 0 {
				t.Fatalf("planned before: %t; %d letters may go", planned, n)
			}
			plan()
		}
		tr.answer()
		for range 3 {
			tr.at(tr.now().AddDate(0, 0, 1))
			plan()
		}
		if n := ready(); n != 1 {
			t.Errorf("planned before: %t; %d letters may go when the rep has answered", planned, n)
		}
	}
}
