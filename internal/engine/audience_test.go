package engine

import (
	"testing"
	"time"

	"seventh/internal/store"
)

// A sequence for those whom nobody has talked to for a month takes a client in when the
// month is over, and one for the well-known when he is.
func TestAudienceLooksAtTouches(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	tr := newTrial(t, now, settingsYAML, map[string]string{
		"quiet": oneStep("quiet", "enroll: automatic\naudience: last_human_touch older than 30d and touches < 3"),
		"known": oneStep("known", "enroll: automatic\naudience: touches >= 3"),
	})
	tr.clients(ClientPatch{ExternalID: "ann"})
	ann, err := store.ClientByExternalID(t.Context(), tr.pool, "ann")
	if err != nil {
		t.Fatal(err)
	}
	touch := func(kind string, at time.Time) {
		t.Helper()
		if _, err := store.InsertTouch(t.Context(), tr.pool, store.NewTouch{ClientID: ann.ID, Kind: kind, Channel: "call", At: at, Actor: "rep"}); err != nil {
			t.Fatal(err)
		}
		if err := store.ReviewClients(t.Context(), tr.pool, []int64{ann.ID}, at); err != nil {
			t.Fatal(err)
		}
		tr.plan()
	}
	open := func(want ...string) {
		t.Helper()
		list, err := store.ListEnrollments(t.Context(), tr.pool, store.EnrollmentFilter{Client: "ann", Limit: 9})
		if err != nil || len(list) != len(want) {
			t.Fatalf("ann is in %+v, want %v: %v", list, want, err)
		}
		for i, e := range list {
			if e.Sequence != want[i] {
				t.Errorf("ann is in %s, want %s", e.Sequence, want[i])
			}
		}
	}

	touch("call", now)
	touch("note", now)
	open()
	tr.at(now.AddDate(0, 0, 30).Add(-time.Minute))
	tr.plan()
	open()
	tr.at(now.AddDate(0, 0, 30))
	tr.plan()
	open("quiet")
	touch("meeting", now.AddDate(0, 0, 30)) // the second; the letter of quiet, if it is not sent yet, is none
	touch("replied", now.AddDate(0, 0, 30))
	open("known", "quiet")
}
