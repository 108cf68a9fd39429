package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// apply applies a report.
func (tr *trial) apply(r Report) {
	tr.t.Helper()
	if err := tr.Apply(tr.t.Context(), r); err != nil {
		tr.t.Fatal(err)
	}
}

// letter is the last letter to a client.
func (tr *trial) letter(client string) store.Message {
	tr.t.Helper()
	list, err := store.ListMessages(tr.t.Context(), tr.pool, store.MessageFilter{Client: client, Limit: 1})
	if err != nil || len(list) != 1 {
		tr.t.Fatal(client, list, err)
	}
	return list[0]
}

// suppressed is why an address must not be mailed, "" if it may.
func (tr *trial) suppressed(address string) string {
	tr.t.Helper()
	list, err := store.SuppressionsOf(tr.t.Context(), tr.pool, []string{address})
	if err != nil {
		tr.t.Fatal(err)
	}
	if len(list) == 0 {
		return ""
	}
	return list[0].Reason
}

// Letters to an address, in the order in which they went; the bounce of each is told in
// turn.
func TestSoftBouncesInARow(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	full, unknown := inbound.ClassFull, inbound.ClassUnknown
	for _, tc := range []struct {
		name      string
		classes   []string // of the letters in turn, '' for one that arrives
		apart     time.Duration
		condemned int // by which letter's bounce, from 1; 0: never
	}{
		{"full three times over more than two weeks", []string{full, full, full}, 8 * day, 3},
		{"over two weeks, a minute less", []string{full, full, full}, 7*day - 30*time.Second, 3},
		{"full three times within two weeks: people are on holiday", []string{full, full, full}, 5 * day, 0},
		{"but not for ever", []string{full, full, full, full}, 5 * day, 4},
		{"one that arrives begins anew", []string{full, full, "", full, full, full}, 8 * day, 6},
		{"a refusal that says nothing, three times", []string{unknown, unknown, unknown}, day, 3},
		{"not twice", []string{unknown, unknown, "", unknown}, day, 0},
		{"two kinds are no row", []string{unknown, full, unknown, full, unknown}, 8 * day, 0},
		{"our own trouble never", []string{"policy", "policy", "policy", "policy"}, 8 * day, 0},
		{"nor the letter's", []string{"content", "content", "content", "content"}, 8 * day, 0},
		{"nor the server's", []string{"temporary", "greylist", "rate", "temporary"}, 8 * day, 0},
	} {
		for _, order := range []string{"forward", "backward"} {
			fates := make([]store.LetterFate, len(tc.classes))
			for i := range fates {
				fates[i] = store.LetterFate{MessageID: int64(i + 1), At: monday.Add(time.Duration(i) * tc.apart)}
			}
			condemned := 0
			for i := range fates {
				if order == "backward" {
					i = len(fates) - 1 - i
				}
				if tc.classes[i] == "" {
					continue
				}
				fates[i].Class, fates[i].Permanent = tc.classes[i], true
				if now := inARow(fates, int64(i+1), full, fullFor) || inARow(fates, int64(i+1), unknown, 0); now && condemned == 0 {
					condemned = i + 1
				}
			}
			if order == "forward" && condemned != tc.condemned || (condemned == 0) != (tc.condemned == 0) {
				t.Errorf("%s, told %s: condemned by letter %d, want %d", tc.name, order, condemned, tc.condemned)
			}
		}
	}
}

func TestWhatIsToldTogetherDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	var all []bounce
	for _, class := range []string{"invalid", "full", "unknown", "policy", "temporary"} {
		for _, permanent := range []bool{true, false} {
			for evidence := range int64(2) {
				all = append(all, bounceOf(&Report{EvidenceID: evidence, Event: inbound.Event{Class: class, Permanent: permanent, Status: "5.0.0"}}))
			}
		}
	}
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				one, other := a.and(b).and(c), c.and(a.and(a)).and(b).and(c)
				if diff := cmp.Diff(one.data(), other.data()); diff != "" || one.rank != other.rank {
					t.Fatalf("%+v, %+v and %+v:\n%s", a, b, c, diff)
				}
			}
		}
	}
}

// The outside's clocks go wrong; in the sandbox theirs and ours differ by months.
func TestWhenItHappened(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	sent := now.Add(-time.Hour)
	for _, tc := range []struct {
		name           string
		shift          time.Duration
		told, received time.Time // wall time
		want           time.Time // business time
	}{
		{"as told", 0, now.Add(-time.Minute), now, now.Add(-time.Minute)},
		{"not told", 0, time.Time{}, now.Add(-time.Second), now.Add(-time.Second)},
		{"neither", 0, time.Time{}, time.Time{}, now},
		{"before it was sent", 0, now.Add(-3 * time.Hour), now, sent.Add(-5 * time.Minute)},
		{"a little before is their clock", 0, sent.Add(-4 * time.Minute), now, sent.Add(-4 * time.Minute)},
		{"in the future", 0, now.Add(time.Hour), now.Add(-time.Minute), now.Add(4 * time.Minute)},
		{"the sandbox is ahead", 48 * time.Hour, now.Add(-48*time.Hour - time.Minute), now.Add(-48 * time.Hour), now.Add(-time.Minute)},
		{"a time of before its clock was moved", 48 * time.Hour, now.Add(-90 * time.Hour), now.Add(-48 * time.Hour), now},
		{"a Date that the sandbox made", 48 * time.Hour, now, now.Add(-48 * time.Hour), now},
		{"received in our future", 0, time.Time{}, now.Add(time.Hour), now},
	} {
		r := Report{ReceivedAt: tc.received, Event: inbound.Event{At: tc.told}}
		if got := r.when(sent, store.Clock{Now: now, Shift: tc.shift}); !got.Equal(tc.want) {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// A bounce condemns the address that bounced. A client who has another by now goes on;
// one who complained or wants no more is left alone wherever he is.
func TestABounceCondemnsOneAddress(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }",
		map[string]string{"mass": oneStep("mass", "sender: ann"), "long": oneStep("long", "sender: ann")})
	patches, ids := named("c", 3)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	tr.enroll("long", monday.AddDate(0, 0, 30), ids...)
	for i, kind := range []inbound.Kind{inbound.Bounced, inbound.Complained, inbound.Unsubscribed} {
		letter := tr.letter(ids[i])
		tr.exec("UPDATE messages SET recipient = (SELECT address FROM clients WHERE external_id = $2) WHERE id = $1", letter.ID, ids[i])
		before := ids[i] + "@client.example"
		if _, err := tr.UpsertClients(t.Context(), []ClientPatch{{ExternalID: ids[i], Email: text("new" + before)}}); err != nil {
			t.Fatal(err)
		}
		tr.apply(Report{MessageID: letter.ID, Source: "hook:ses", Event: inbound.Event{Kind: kind, Class: "invalid", Permanent: true}})
		chain := tr.waits(ids[i], "long")
		if old, now := tr.suppressed(before), tr.suppressed("new"+before); kind == inbound.Bounced && (old != "bounced" || now != "" || chain.State != "active") ||
			kind != inbound.Bounced && (old != string(kind) || now != string(kind) || chain.State != "ended") {
			t.Errorf("%s: the old address is %q, the new one %q, and the chain %s", kind, old, now, chain.State)
		}
	}
}

// A client has his letters forwarded to an address that is dead: his own is not.
func TestABounceOfAnotherAddressCondemnsNobody(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }", map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 2)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	tr.exec("UPDATE messages m SET recipient = c.address FROM clients c WHERE c.id = m.client_id")
	for i, recipient := range []string{"other@elsewhere.example", "C-00001@Client.example"} {
		event := inbound.Event{Kind: inbound.Bounced, Class: inbound.ClassInvalid, Permanent: true, Recipient: recipient, Diagnostic: "550 5.1.1 user unknown"}
		tr.apply(Report{MessageID: tr.letter(ids[i]).ID, Source: "mailbox", Event: event})
		want := []string{"", "bounced"}[i]
		if got := tr.suppressed(ids[i] + "@client.example"); got != want {
			t.Errorf("a bounce of %s: the client's address is %q, want %q", recipient, got, want)
		}
	}
}

// What comes back for a client who was erased holds for his address; nothing else is
// kept. Letters that never were are no error.
func TestReportsAboutTheErased(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }", map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 4)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	tr.exec("UPDATE messages m SET recipient = c.address FROM clients c WHERE c.id = m.client_id")
	want := map[string]string{}
	for i, event := range []inbound.Event{
		{Kind: inbound.Bounced, Class: "full", Permanent: true}, {Kind: inbound.Bounced, Class: "disabled", Permanent: true}, {Kind: inbound.Complained}, {Kind: inbound.Delivered},
	} {
		letter := tr.letter(ids[i])
		tr.exec("INSERT INTO unconfirmed (message_id, since) VALUES ($1, now())", letter.ID)
		if err := tr.EraseClient(t.Context(), ids[i]); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			tr.apply(Report{MessageID: letter.ID, Source: "mailbox", Event: event})
		}
		tr.apply(Report{MessageID: 4711 + int64(i), Event: event})
		want[ids[i]] = []string{"", "bounced", "complained", ""}[i]
	}
	for _, table := range []string{"touches", "suppressions", "unconfirmed"} {
		if n := rowsOf[int](tr, "SELECT count(*) FROM "+table)[0]; n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
	tr.clients(patches...) // they come back
	for id, reason := range want {
		if got := tr.suppressed(id + "@client.example"); got != reason {
			t.Errorf("%s came back and is suppressed as %q, want %q", id, got, reason)
		}
	}
}

// Bounces by policy are about us: they pause the sender, and no client is to blame.
func TestPolicyBouncesThatComeLaterPauseTheSender(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, breakersYAML, map[string]string{"mass": oneStep("mass", "sender: ann")})
	patches, ids := named("c", 20)
	tr.clients(patches...)
	tr.enroll("mass", monday, ids...)
	tr.plan()
	for _, id := range ids[:8] { // a soft bounce that says nothing about anybody
		tr.apply(Report{MessageID: tr.letter(id).ID, Event: inbound.Event{Kind: inbound.Bounced, Class: "greylist"}})
		tr.apply(Report{MessageID: tr.letter(id).ID, Event: inbound.Event{Kind: inbound.Bounced, Class: "content", Permanent: true}})
	}
	tr.breakers()
	if pauses := tr.paused(store.PausedSender); len(pauses) > 0 {
		t.Fatalf("soft bounces pause %+v", pauses["ann@firm.example"])
	}
	for _, id := range ids[8:13] {
		tr.apply(Report{MessageID: tr.letter(id).ID, Event: inbound.Event{Kind: inbound.Bounced, Class: "policy"}})
	}
	tr.breakers()
	if pause := tr.paused(store.PausedSender)["ann@firm.example"]; pause == nil || pause.Reason != "5 letters were refused for a policy or reputation in 10m" {
		t.Errorf("the pause is %+v", pause)
	}
	if n := rowsOf[int](tr, "SELECT count(*) FROM suppressions")[0]; n != 0 {
		t.Errorf("%d addresses are suppressed", n)
	}
}
