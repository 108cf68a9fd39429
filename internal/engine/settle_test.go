package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
	"seventh/sequences"
)

func threeSteps(t *testing.T) *Version {
	t.Helper()
	s, problems := sequences.ParseSequence("s.yaml", []byte(`
sequence: s
audience: { category: C }
exit_on: [reply]
steps:
  - { id: one, email: a }
  - { id: two, email: b, after: 21d }
  - { id: three, email: c, after: 2h }
`), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return &Version{ID: 1, Sequence: s, zone: time.UTC}
}

// What becomes of a letter decides where its client goes next.
func TestSettlement(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 3, 1, 10, 0, 20, 0, time.UTC)
	on := func(month time.Month, day, hour, minute, second int) *time.Time {
		then := time.Date(2027, month, day, hour, minute, second, 0, time.UTC)
		return &then
	}
	content := store.Content{Subject: "Hello", Recipient: "c@client.example", Personal: []byte("bytes")}
	place := store.ContentRef{ContentID: 5, Place: 2}
	for _, tc := range []struct {
		name     string
		step     string
		attempts int
		result   Result
		want     store.Settlement
	}{
		{"sent: the next step counts from now", "one", 0, Result{State: Sent},
			store.Settlement{State: "sent", ContentRef: place, Moves: true, LastStep: "one", NextStep: "two", NextAt: on(3, 22, 10, 0, 0)}},
		{"hours end on a whole minute", "two", 0, Result{State: Sent},
			store.Settlement{State: "sent", ContentRef: place, Moves: true, LastStep: "two", NextStep: "three", NextAt: on(3, 1, 12, 1, 0)}},
		{"the last step ends the chain", "three", 0, Result{State: Sent},
			store.Settlement{State: "sent", ContentRef: place, Moves: true, LastStep: "three", EndReason: "finished"}},
		{"a letter that fails does not end it", "one", 0, Result{State: Failed, Attempted: true},
			store.Settlement{State: "failed", Attempted: true, ContentRef: place, Moves: true, LastStep: "one", NextStep: "two", NextAt: on(3, 22, 10, 0, 0)}},
		{"an address that does not exist does", "one", 0, Result{State: Failed, Invalid: true},
			store.Settlement{State: "failed", ContentRef: place, Moves: true, LastStep: "one", EndReason: "bounced"}},
		{"put off: soon again", "one", 0, Result{State: PutOff, Attempted: true, Class: "full", Response: "452 full"},
			store.Settlement{State: "planned", Attempted: true, Response: "452 full", NextStep: "one", Until: on(3, 2, 11, 29, 24)}},
		{"put off for a reason of ours: in a minute, and that is no attempt", "one", 3, Result{State: PutOff},
			store.Settlement{State: "planned", NextStep: "one", Until: on(3, 1, 10, 1, 20)}},
		{"and given up at last", "one", 2, Result{State: PutOff, Attempted: true, Class: "full"},
			store.Settlement{State: "failed", Attempted: true, Reason: "given up after 3 attempts in 4 days: the mailbox stayed full", ContentRef: place, Moves: true, LastStep: "one", NextStep: "two", NextAt: on(3, 22, 10, 0, 0)}},
		{"nobody knows: the chain holds", "one", 0, Result{State: Unconfirmed, Attempted: true},
			store.Settlement{State: "unconfirmed", Attempted: true, ContentRef: place, Moves: true, NextStep: "one", Waiting: "unconfirmed"}},
		{"bare: the letter's state alone", "one", 0, Result{State: Sent, Bare: true},
			store.Settlement{State: "sent", ContentRef: place, NextStep: "one"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := tc.result
			r.At, r.Content = at, place
			r.Letter = &Letter{
				ClaimedLetter: store.ClaimedLetter{MessageID: 7, Step: tc.step, Attempts: tc.attempts},
				Chunk:         store.Chunk{ID: 3, Fence: 2}, Client: &store.Client{}, Version: threeSteps(t), Content: content,
			}
			want := tc.want
			want.MessageID, want.ChunkID, want.Fence, want.At = 7, 3, 2, at
			if diff := cmp.Diff(want, settlement(r)); diff != "" {
				t.Errorf("settlement (-want +got):\n%s", diff)
			}
		})
	}
}
