package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seventh/internal/store"
	"seventh/sequences"
)

func TestClientIsReadBackWhole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	rep := must(store.OwnersByEmail(ctx, o.db, []string{"rep@example.com"}))(t)["rep@example.com"]
	later := noon.Add(time.Hour)
	ann := &store.Client{
		ExternalID: "crm-1", Email: "Ann@Example.com", Address: "ann@example.com", FirstName: "Анна", LastName: "Ли", Company: "ООО \"Ромашка\"",
		CompanyID: "7", Category: "C", Temperature: "warm", Stage: "interest", OwnerID: &rep, Locale: "ru", TimeZone: "Asia/Omsk",
		Attributes: map[string]any{"industry": "food", "power": 1.5, "tags": []any{"a", true}, "deep": map[string]any{"x": nil}},
		Products:   []string{"pump", `with "quotes", commas`, ""}, Source: "partner:ACME", LastPurchaseAt: &noon,
		ConsentBasis: "contract", ConsentSource: "form", ConsentAt: &noon, ConsentTextVersion: "2", ConsentEvidence: "ip", ReviewAt: &later,
		CreatedAt: noon, UpdatedAt: later,
	}
	ok(t, store.SaveClients(ctx, o.db, []*store.Client{ann}))
	want := *ann
	want.Owner = "rep@example.com"
	for name, got := range map[string]store.Client{
		"by external id": must(store.ClientByExternalID(ctx, o.db, "crm-1"))(t),
		"by id":          must(store.ClientByID(ctx, o.db, ann.ID))(t),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	facts := sequences.Facts{
		Category: "C", Temperature: "warm", Stage: "interest", Locale: "ru", Owner: "rep@example.com", Source: "partner:ACME",
		Company: "ООО \"Ромашка\"", Products: want.Products, Attributes: want.Attributes, LastPurchaseAt: &noon,
	}
	if diff := cmp.Diff(facts, want.Facts()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestClientsAreChangedAndAddedTogether(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	bob := o.clients("bob")[0]
	changed := named("bob")
	if err := store.SaveClients(ctx, o.db, []*store.Client{changed}); !errors.Is(err, store.ErrRaced) {
		t.Errorf("a client who is there already was added over: %v", err)
	}
	changed.ID = bob.ID
	changed.Category, changed.Attributes, changed.Products, changed.CreatedAt = "D", nil, nil, noon.Add(time.Hour)
	ann := named("ann")
	ok(t, store.SaveClients(ctx, o.db, []*store.Client{changed, ann}))

	if changed.ID != bob.ID || ann.ID == 0 || ann.ID == bob.ID {
		t.Errorf("bob %d became %d, ann is %d", bob.ID, changed.ID, ann.ID)
	}
	got := must(store.ClientByID(ctx, o.db, bob.ID))(t)
	if got.Category != "D" || !got.CreatedAt.Equal(noon) || len(got.Attributes) != 0 || len(got.Products) != 0 {
		t.Errorf("bob is %+v", got)
	}
	if n := must(store.CountClients(ctx, o.db))(t); n != 2 {
		t.Errorf("%d clients, want 2", n)
	}
}

func TestMissingClientIsNotFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := store.ClientByExternalID(t.Context(), o.db, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by external id: %v", err)
	}
	if _, err := store.ClientByID(t.Context(), o.db, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by id: %v", err)
	}
}

func TestSomeOfTheClientsExist(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	clients := o.clients("ann", "bob", "carol")
	names := func(list []store.Client) (names []string) {
		for _, c := range list {
			names = append(names, c.ExternalID)
		}
		slices.Sort(names)
		return names
	}
	if diff := cmp.Diff([]string{"ann", "carol"}, names(must(store.ClientsByExternalID(ctx, o.db, []string{"carol", "nobody", "ann"}))(t))); diff != "" {
		t.Errorf("by external id (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bob"}, names(must(store.ClientsByID(ctx, o.db, []int64{clients[1].ID, 4711}))(t))); diff != "" {
		t.Errorf("by id (-want +got):\n%s", diff)
	}
}

func TestAddressBelongsToOneClient(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.clients("ann")
	silent, mute := named("silent"), named("mute")
	silent.Email, silent.Address, mute.Email, mute.Address = "", "", "", ""
	ok(t, store.SaveClients(ctx, o.db, []*store.Client{silent, mute}))

	double := named("double")
	double.Address = "ann@example.com"
	if err := store.SaveClients(ctx, o.db, []*store.Client{double}); !store.IsUnique(err, "clients_address") {
		t.Errorf("a second client with the address: %v", err)
	}
	holders := must(store.AddressHolders(ctx, o.db, []string{"ann@example.com", "bob@example.com", ""}))(t)
	if diff := cmp.Diff(map[string]string{"ann@example.com": "ann"}, holders); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
}

func TestNameIsWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ first, last, want string }{
		{"Ann", "Lee", "Ann Lee"}, {"Ann", "", "Ann"}, {"", "Lee", "Lee"}, {"", "", ""},
	} {
		c := store.Client{FirstName: tc.first, LastName: tc.last}
		if got := c.Name(); got != tc.want {
			t.Errorf("%q and %q make %q, want %q", tc.first, tc.last, got, tc.want)
		}
	}
}

func TestReviewsComeWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	clients := o.clients("ann", "bob", "carol")
	ann, bob, carol := clients[0].ID, clients[1].ID, clients[2].ID
	due := func(now time.Time) []int64 { return must(store.ClientsForReview(ctx, o.db, now, 9))(t) }

	early, late := noon.Add(-time.Hour), noon.Add(time.Hour)
	ok(t, store.SetReviews(ctx, o.db, []int64{ann, bob, carol}, []*time.Time{&late, &early, nil}))
	if diff := cmp.Diff([]int64{bob}, due(noon)); diff != "" {
		t.Errorf("at noon (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{bob, ann}, due(late)); diff != "" {
		t.Errorf("later (-want +got):\n%s", diff)
	}
	ok(t, store.ReviewClients(ctx, o.db, []int64{carol}, noon))
	if diff := cmp.Diff([]int64{bob, carol}, due(noon)); diff != "" {
		t.Errorf("after a change of carol (-want +got):\n%s", diff)
	}
	ok(t, store.ReviewEverybody(ctx, o.db, noon))
	if got := due(noon); len(got) != 3 {
		t.Errorf("%v are reviewed after a publication", got)
	}
}

func TestTwoPlannersReviewDifferentClients(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	o.clients("ann", "bob")
	ok(t, store.ReviewEverybody(ctx, o.db, noon))
	first := must(o.db.Begin(ctx))(t)
	defer func() { ok(t, first.Rollback(ctx)) }()
	one := must(store.ClientsForReview(ctx, first, noon, 1))(t)
	other := must(store.ClientsForReview(ctx, o.db, noon, 9))(t)
	if diff := cmp.Diff(ids(t, o.db), append(one, other...), cmpopts.SortSlices(func(a, b int64) bool { return a < b })); diff != "" {
		t.Errorf("reviewed (-want +got):\n%s", diff)
	}
}

// The planner locks a client while it decides; letters hold theirs together, and
// leave out whoever is being changed.
func TestClientsAreLockedOrHeld(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	clients := o.clients("ann", "bob")
	ann, bob := clients[0].ID, clients[1].ID
	held := func(db store.DB) (held []int64) {
		for _, c := range must(store.HoldClients(ctx, db, []int64{bob, ann, 4711}))(t) {
			held = append(held, c.ID)
		}
		return held
	}
	planner := must(o.db.Begin(ctx))(t)
	if locked := must(store.LockClients(ctx, planner, []int64{ann}))(t); len(locked) != 1 || locked[0].ExternalID != "ann" {
		t.Errorf("locked %+v", locked)
	}
	if diff := cmp.Diff([]int64{bob}, held(o.db)); diff != "" {
		t.Errorf("held while ann is locked (-want +got):\n%s", diff)
	}
	changed := make(chan store.Client)
	go func() {
		c, err := store.HoldClient(ctx, o.db, ann)
		if err != nil {
			t.Error(err)
		}
		changed <- c
	}()
	o.somebodyWaits()
	change(t, planner, "UPDATE clients SET category = 'D' WHERE id = $1", ann)
	ok(t, planner.Commit(ctx))
	if c := <-changed; c.Category != "D" {
		t.Errorf("waited for, ann is still in category %q", c.Category)
	}

	letters := must(o.db.Begin(ctx))(t)
	defer func() { ok(t, letters.Rollback(ctx)) }()
	for _, db := range []store.DB{letters, o.db} {
		if diff := cmp.Diff([]int64{ann, bob}, held(db)); diff != "" {
			t.Errorf("held together (-want +got):\n%s", diff)
		}
	}
	if _, err := store.HoldClient(ctx, o.db, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("holding nobody: %v", err)
	}
}

func TestErasedClientLeavesOnlyTheSuppression(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, list := o.claimed("ann", "bob")
	ann := list[0].ClientID
	for i, id := range chunk.MessageIDs {
		ok(t, store.RecordHit(ctx, o.db, store.Hit{MessageID: id, Purpose: "opened", Link: -1, At: noon}))
		must(store.InsertEvent(ctx, o.db, store.Event{ID: list[i].Client, ClientID: list[i].ClientID, Type: "purchase", At: noon}))(t)
	}
	ok(t, store.Defer(ctx, o.db, chunk.MessageIDs, []time.Time{noon, noon}, []string{"", ""}))
	must(store.Suppress(ctx, o.db, store.Suppression{Address: "ann@example.com", Reason: "unsubscribed", CreatedAt: noon}))(t)

	ok(t, store.Erase(ctx, o.db, ann))
	for _, table := range []string{"clients", "enrollments", "messages", "deferred", "hits", "hits_due", "touches", "events"} {
		if left := value[int](t, o.db, "SELECT count(*) FROM "+table); left != 1 {
			t.Errorf("%d rows of %s are left, want bob's one", left, table)
		}
	}
	if left := must(store.SuppressionsOf(ctx, o.db, []string{"ann@example.com"}))(t); len(left) != 1 {
		t.Error("the suppression is gone too")
	}
}
