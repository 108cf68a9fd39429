package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

// ledger reads all touches, a page at a time.
func ledger(t testing.TB, db store.DB, f store.TouchFilter) []store.Touch {
	t.Helper()
	var all []store.Touch
	for {
		page := must(store.ListTouches(t.Context(), db, f))(t)
		all = append(all, page...)
		if len(page) < f.Limit {
			return all
		}
		last := page[len(page)-1]
		f.After, f.AfterID = &last.Place, last.ID
	}
}

func touchIDs(touches []store.Touch) []string {
	var ids []string
	for _, touch := range touches {
		ids = append(ids, touch.ID)
	}
	return ids
}

// Twelve letters and twelve calls, all at noon but for a few: pages of any size
// give the same ledger, with nobody twice and nobody missing.
func TestLedgerPagesAreStableWhenTimesAreEqual(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, list := o.claimed(numbered("client", 12)...)
	for i := range chunk.MessageIDs {
		s := sent(chunk, i)
		if i%5 == 0 {
			s.At = noon.Add(time.Hour)
		}
		o.settle(s)
		must(store.InsertTouch(ctx, o.db, store.NewTouch{ClientID: list[i].ClientID, Kind: "call", Channel: "call", At: noon.Add(time.Duration(i/10) * time.Hour)}))(t)
	}
	whole := ledger(t, o.db, store.TouchFilter{Limit: 100})
	if len(whole) != 24 {
		t.Fatalf("%d touches, want 24", len(whole))
	}
	for i := 1; i < len(whole); i++ {
		if whole[i].Place.After(whole[i-1].Place) {
			t.Errorf("%s is newer than %s above it", whole[i].ID, whole[i-1].ID)
		}
	}
	for limit := 1; limit <= 12; limit++ {
		if diff := cmp.Diff(touchIDs(whole), touchIDs(ledger(t, o.db, store.TouchFilter{Limit: limit}))); diff != "" {
			t.Errorf("in pages of %d (-whole +paged):\n%s", limit, diff)
		}
	}
}

func TestLedgerIsNarrowed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	owners := must(store.OwnersByEmail(ctx, o.db, []string{"rep@example.com", "boss@example.com"}))(t)
	rep, boss := owners["rep@example.com"], owners["boss@example.com"]
	chunk, list := o.claimed("ann", "bob")
	change(t, o.db, "UPDATE clients SET owner_id = $1, last_name = 'Lee', company = 'Acme' WHERE external_id = 'ann'", rep)
	o.settle(sent(chunk, 0)) // m: ann, at noon
	call := must(store.InsertTouch(ctx, o.db, store.NewTouch{
		ClientID: list[1].ClientID, Kind: "call", Channel: "call", At: noon.Add(time.Hour), Actor: "boss", RepID: &boss, Data: map[string]any{"minutes": 5.0},
	}))(t)
	reply := must(store.InsertTouch(ctx, o.db, store.NewTouch{
		ClientID: list[0].ClientID, Kind: "replied", Channel: "email", At: noon.Add(2 * time.Hour), Actor: "human", MessageID: &chunk.MessageIDs[0],
	}))(t)
	letter := fmt.Sprintf("m%d", chunk.MessageIDs[0])

	want := []store.Touch{
		{ID: reply, Client: "ann", ClientID: list[0].ClientID, Name: "ann Lee", Company: "Acme", Kind: "replied", Channel: "email",
			At: noon.Add(2 * time.Hour), Actor: "human", Link: -1, Sequence: "hello", Step: "guide", MessageID: &chunk.MessageIDs[0], Subject: "Guide",
			Rep: "rep@example.com", RepName: "Rep", Data: map[string]any{}, Place: noon.Add(2 * time.Hour)},
		{ID: call, Client: "bob", ClientID: list[1].ClientID, Name: "bob", Kind: "call", Channel: "call",
			At: noon.Add(time.Hour), Actor: "boss", Link: -1, Rep: "boss@example.com", RepName: "Boss", Data: map[string]any{"minutes": 5.0}, Place: noon.Add(time.Hour)},
		{ID: letter, Client: "ann", ClientID: list[0].ClientID, Name: "ann Lee", Company: "Acme", Kind: "sent", Channel: "email",
			At: noon, Actor: "seventh", Link: -1, Sequence: "hello", Step: "guide", MessageID: &chunk.MessageIDs[0], Subject: "Guide",
			Rep: "rep@example.com", RepName: "Rep", Data: map[string]any{}, Place: noon},
	}
	if diff := cmp.Diff(want, must(store.ListTouches(ctx, o.db, store.TouchFilter{Limit: 9}))(t)); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	one, two := noon.Add(time.Hour), noon.Add(2*time.Hour)
	for _, tc := range []struct {
		name   string
		filter store.TouchFilter
		want   []string
	}{
		{"of a client", store.TouchFilter{Client: "ann"}, []string{reply, letter}},
		{"of a rep", store.TouchFilter{Rep: "rep@example.com"}, []string{reply, letter}},
		{"by another", store.TouchFilter{Rep: "boss@example.com"}, []string{call}},
		{"of a sequence", store.TouchFilter{Sequence: "hello"}, []string{reply, letter}},
		{"letters", store.TouchFilter{Kind: "sent"}, []string{letter}},
		{"calls", store.TouchFilter{Kind: "call"}, []string{call}},
		{"by e-mail", store.TouchFilter{Channel: "email"}, []string{reply, letter}},
		{"since", store.TouchFilter{Since: &one}, []string{reply, call}},
		{"until", store.TouchFilter{Until: &two}, []string{call, letter}},
		{"of nobody", store.TouchFilter{Client: "carol"}, nil},
	} {
		tc.filter.Limit = 9
		if diff := cmp.Diff(tc.want, touchIDs(must(store.ListTouches(ctx, o.db, tc.filter))(t))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestUnsentLettersAreNoTouches(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann")
	o.settle(store.Settlement{MessageID: chunk.MessageIDs[0], ChunkID: chunk.ID, Fence: chunk.Fence, State: "failed", At: noon})
	if got := ledger(t, o.db, store.TouchFilter{Limit: 9}); len(got) != 0 {
		t.Errorf("the ledger has %+v", got)
	}
}

func TestEachLinkHasItsTouchHoweverManyHitAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann")
	hit := func(message int64, link int) {
		err := store.RecordHit(t.Context(), o.db, store.Hit{
			MessageID: message, Purpose: "clicked", Link: link, At: noon, Method: "GET", UserAgent: "browser", Address: "192.0.2.0",
		})
		if err != nil {
			t.Error(err)
		}
	}
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() { hit(chunk.MessageIDs[0], i%2) })
	}
	all.Wait()
	hit(4711, 0) // of a letter that is gone
	touches := ledger(t, o.db, store.TouchFilter{Limit: 9})
	if len(touches) != 2 || touches[0].Data["count"] != 6.0 || touches[1].Data["count"] != 6.0 {
		t.Errorf("touches %+v, want two of six hits each", touches)
	}
}
