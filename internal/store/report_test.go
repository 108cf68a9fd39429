package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seventh/internal/store"
)

// told is a database with a little of everything: ann's letter was sent, opened by
// a machine and clicked by her, bob's failed, carol's is on its way, and ann's rep
// called bob.
func told(t *testing.T) (*office, store.Chunk, []store.Enrollment) {
	t.Helper()
	o := newOffice(t)
	ctx := t.Context()
	rep := must(store.OwnersByEmail(ctx, o.db, []string{"rep@example.com"}))(t)["rep@example.com"]
	chunk, list := o.claimed("ann", "bob", "carol")
	change(t, o.db, "UPDATE clients SET owner_id = $1, last_name = 'Lee', company = 'Acme', category = 'C' WHERE external_id = 'ann'", rep)
	o.settle(sent(chunk, 0))
	o.settle(store.Settlement{
		MessageID: chunk.MessageIDs[1], ChunkID: chunk.ID, Fence: chunk.Fence, State: "failed", At: noon, Response: "550", Moves: true, EndReason: "bounced",
	})
	for kind, link := range map[string]int{"opened": -1, "clicked": 2} {
		actor := map[string]string{"opened": "machine", "clicked": "human"}[kind]
		o.hit(store.Hit{MessageID: chunk.MessageIDs[0], Purpose: kind, Link: link, At: noon.Add(time.Hour)}, actor)
	}
	must(store.InsertTouch(ctx, o.db, store.NewTouch{ClientID: list[1].ClientID, Kind: "call", Channel: "call", At: noon.Add(2 * time.Hour), RepID: &rep}))(t)
	return o, chunk, list
}

func TestFeedTellsOfLettersAndTouches(t *testing.T) {
	t.Parallel()
	o, chunk, _ := told(t)
	ctx := t.Context()
	tell := func(rows []store.Touch) (lines []string) {
		for _, r := range rows {
			lines = append(lines, fmt.Sprintf("%s %s %q %d %s", r.Client, r.Kind, r.Subject, r.Link, r.Rep))
		}
		return lines
	}
	call, click, open := `bob call "" -1 rep@example.com`, `ann clicked "Guide" 2 rep@example.com`, `ann opened "Guide" -1 rep@example.com`
	letter, failed := `ann sent "Guide" -1 rep@example.com`, `bob failed "" -1 `
	one, two := noon.Add(time.Hour), noon.Add(2*time.Hour)
	for _, tc := range []struct {
		name   string
		filter store.TouchFilter
		want   []string
	}{
		{"everything", store.TouchFilter{Unsent: true}, []string{call, click, open, failed, letter}},
		{"of a client", store.TouchFilter{Unsent: true, Client: "bob"}, []string{call, failed}},
		{"of a rep", store.TouchFilter{Unsent: true, Rep: "rep@example.com"}, []string{call, click, open, letter}},
		{"by name", store.TouchFilter{Unsent: true, Search: "ANN lee"}, []string{click, open, letter}},
		{"by company", store.TouchFilter{Unsent: true, Search: "acme"}, []string{click, open, letter}},
		{"no wildcards", store.TouchFilter{Unsent: true, Search: "%"}, nil},
		{"failed letters", store.TouchFilter{Unsent: true, Kind: "failed"}, []string{failed}},
		{"clicks", store.TouchFilter{Unsent: true, Kind: "clicked", Sequence: "hello"}, []string{click}},
		{"since and until", store.TouchFilter{Unsent: true, Since: &one, Until: &two}, []string{click, open}},
	} {
		tc.filter.Limit = 9
		byText := cmpopts.SortSlices(func(a, b string) bool { return a < b }) // two pairs have one time
		if diff := cmp.Diff(tc.want, tell(must(store.ListTouches(ctx, o.db, tc.filter))(t)), byText); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}

	whole := tell(must(store.ListTouches(ctx, o.db, store.TouchFilter{Unsent: true, Limit: 9}))(t))
	for limit := 1; limit <= 3; limit++ {
		var paged []string
		filter := store.TouchFilter{Unsent: true, Limit: limit}
		for {
			page := must(store.ListTouches(ctx, o.db, filter))(t)
			if len(page) == 0 {
				break
			}
			paged = append(paged, tell(page)...)
			last := page[len(page)-1]
			filter.After, filter.AfterID = &last.Place, last.ID
		}
		if diff := cmp.Diff(whole, paged); diff != "" {
			t.Errorf("in pages of %d (-whole +paged):\n%s", limit, diff)
		}
	}
	row := must(store.ListTouches(ctx, o.db, store.TouchFilter{Unsent: true, Kind: "sent", Limit: 1}))(t)[0]
	want := store.Touch{
		ID: fmt.Sprintf("m%d", chunk.MessageIDs[0]), Client: "ann", ClientID: row.ClientID, Name: "ann Lee", Company: "Acme", Category: "C", Kind: "sent", Channel: "email", At: noon,
		Actor: "seventh", Sequence: "hello", Step: "guide", MessageID: &chunk.MessageIDs[0], Subject: "Guide", Link: -1, Rep: "rep@example.com", RepName: "Rep",
		Data: map[string]any{}, Place: noon,
	}
	if diff := cmp.Diff(want, row); diff != "" {
		t.Errorf("a row (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"call", "clicked", "opened"}, must(store.TouchKinds(ctx, o.db))(t)); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

func TestPeopleAndLettersAreCountedByStep(t *testing.T) {
	t.Parallel()
	o, _, _ := told(t)
	byText := cmpopts.SortSlices(func(a, b store.PeopleCount) bool { return a.Place < b.Place })
	people := []store.PeopleCount{
		{Sequence: "hello", State: "ended", Place: "bounced", People: 1},
		{Sequence: "hello", State: "active", Place: "case", People: 1},
		{Sequence: "hello", State: "active", Place: "guide", People: 1},
	}
	if diff := cmp.Diff(people, must(store.CountPeople(t.Context(), o.db))(t), byText); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	letters := []store.StepFunnel{{Sequence: "hello", Step: "guide", Sent: 1, Opened: 1, Clicked: 1, Failed: 1}}
	if diff := cmp.Diff(letters, must(store.CountLetters(t.Context(), o.db))(t)); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
}

func TestClientsAreListedByNameWithWhatComesNext(t *testing.T) {
	t.Parallel()
	o, _, _ := told(t)
	ctx := t.Context()
	must(store.Suppress(ctx, o.db, store.Suppression{Address: "bob@example.com", Reason: "bounced", CreatedAt: noon}))(t)
	next := noon.Add(24 * time.Hour)
	ann := store.ClientRow{
		ExternalID: "ann", Email: "ann@example.com", Name: "ann Lee", Company: "Acme", Category: "C", Stage: "lead", Owner: "rep@example.com", OwnerName: "Rep",
		Sequence: "hello", State: "active", NextAt: &next, Sort: "ann lee",
	}
	bob := store.ClientRow{ExternalID: "bob", Email: "bob@example.com", Name: "bob", Stage: "lead", Suppressed: true, Sort: "bob"}
	carol := store.ClientRow{ExternalID: "carol", Email: "carol@example.com", Name: "carol", Stage: "lead", Sequence: "hello", State: "active", Sort: "carol"}
	for _, tc := range []struct {
		name   string
		filter store.ClientRowFilter
		want   []store.ClientRow
	}{
		{"everybody", store.ClientRowFilter{Limit: 9}, []store.ClientRow{ann, bob, carol}},
		{"the first page", store.ClientRowFilter{Limit: 1}, []store.ClientRow{ann}},
		{"the second page", store.ClientRowFilter{Limit: 9, After: "ann lee", AfterID: "ann"}, []store.ClientRow{bob, carol}},
		{"found", store.ClientRowFilter{Limit: 9, Search: "CAROL@"}, []store.ClientRow{carol}},
		{"of a category", store.ClientRowFilter{Limit: 9, Category: "C"}, []store.ClientRow{ann}},
		{"of a rep", store.ClientRowFilter{Limit: 9, Owner: "rep@example.com"}, []store.ClientRow{ann}},
		{"of nobody", store.ClientRowFilter{Limit: 9, Owner: "nobody@example.com"}, nil},
	} {
		if diff := cmp.Diff(tc.want, must(store.ListClientRows(ctx, o.db, tc.filter))(t), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}
