package engine

import (
	"testing"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// Whoever leaves a sequence by its link and writes that he wants no more letters at all is
// shown as that, whichever came first.
func TestTheWidestWishIsShown(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }", map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 2)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	for i, id := range ids {
		letter := tr.letter(id).ID
		for n := range 2 {
			if n == i {
				if err := tr.LeaveSequence(t.Context(), letter); err != nil {
					t.Fatal(err)
				}
				continue
			}
			tr.apply(Report{MessageID: letter, Event: inbound.Event{Kind: inbound.Replied, Answer: &inbound.Answer{MessageID: "x" + id, OptOut: inbound.PlainOptOut}}})
		}
		told, err := store.ToldOf(t.Context(), tr.pool, letter, "unsubscribed")
		if err != nil || told.Data["scope"] != store.ScopeAll {
			t.Errorf("%s: %v, %v", id, told.Data, err)
		}
	}
}

// What an admin takes off the list stays off it, though a client was erased who had the
// address and refused: the CRM's next word about the new one does not put it back.
func TestWhatIsLiftedStaysLifted(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }", map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 1)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	tr.exec("UPDATE messages m SET recipient = c.address FROM clients c WHERE c.id = m.client_id")
	letter := tr.letter(ids[0]).ID
	if err := tr.EraseClient(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	tr.apply(Report{MessageID: letter, Event: inbound.Event{Kind: inbound.Complained}})
	tr.clients(patches...)
	address := ids[0] + "@client.example"
	if got := tr.suppressed(address); got != "complained" {
		t.Fatalf("suppressed as %q", got)
	}
	if err := tr.Unsuppress(t.Context(), address, nil, "admin", "on his word"); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.UpsertClients(t.Context(), []ClientPatch{{ExternalID: ids[0], FirstName: text("Ann")}}); err != nil {
		t.Fatal(err)
	}
	if got := tr.suppressed(address); got != "" {
		t.Errorf("suppressed as %q again", got)
	}
}
