package engine

import (
	"testing"
	"time"

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

// bounces is a story of letters to one client that bounce one after the other.
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
		{"full three times within two weeks: people are on holiday", []string{full, full, full}, 5 * day, 0},
		{"but not for ever", []string{full, full, full, full}, 5 * day, 4},
		{"one that arrives begins anew", []string{full, full, "", full, full, full}, 8 * day, 6},
		{"a refusal that says nothing, three times", []string{unknown, unknown, unknown}, day, 3},
		{"not twice", []string{unknown, unknown, "", unknown}, day, 0},
		{"two kinds are no row", []string{unknown, full, unknown, full, unknown}, 8 * day, 0},
		{"our own trouble never", []string{"policy", "policy", "policy", "policy"}, 8 * day, 0},
		{"nor the letter's", []string{"content", "content", "content", "content"}, 8 * day, 0},
		{"nor the server's", []string{"temporary", "greylist", "rate", "temporary"}, 8 * day, 0},
		{"nobody there", []string{"invalid"}, day, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, monday, "{ time_zone: UTC, fallback_sender: ann, senders: { ann: { email: ann@firm.example } } }",
				map[string]string{"mass": oneStep("mass", "sender: ann\nreentry: always")})
			tr.clients(ClientPatch{ExternalID: "bob"})
			for i, class := range tc.classes {
				now := monday.Add(time.Duration(i) * tc.apart)
				tr.at(now)
				tr.enroll("mass", now, "bob")
				tr.plan()
				if class == "" {
					continue
				}
				for range 3 {
					tr.apply(Report{MessageID: tr.letter("bob").ID, Event: inbound.Event{Kind: inbound.Bounced, Class: class, Permanent: true}})
				}
				want := ""
				if i+1 == tc.condemned {
					want = "bounced"
				}
				if got := tr.suppressed("bob@client.example"); got != want {
					t.Fatalf("after letter %d the address is suppressed as %q, want %q", i+1, got, want)
				}
			}
		})
	}
}
