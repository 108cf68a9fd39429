package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestTheStrongestReasonForASuppressionHolds(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	for _, told := range [][]string{{"bounced", "unsubscribed", "complained"}, {"complained", "bounced", "unsubscribed"}, {"unsubscribed", "complained", "bounced", "manual"}} {
		address := told[0] + "@example.com"
		for _, reason := range told {
			must(store.Suppress(t.Context(), db, store.Suppression{Address: address, Reason: reason, CreatedAt: noon}))(t)
		}
		if got := must(store.SuppressionsOf(t.Context(), db, []string{address}))(t); len(got) != 1 || got[0].Reason != "complained" {
			t.Errorf("told %v, the reason is %+v", told, got)
		}
	}
}

func TestReasonOfAPersonStays(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	suppress := func(address, scope, reason string) bool {
		return must(store.Suppress(ctx, db, store.Suppression{Address: address, Scope: scope, Reason: reason, Source: "smtp", CreatedAt: noon}))(t)
	}
	if !suppress("ann@example.com", "", "bounced") || suppress("ann@example.com", "", "manual") {
		t.Error("an entry is new once")
	}
	if !suppress("ann@example.com", "hello", "unsubscribed") || !suppress("bob@example.com", "", "complained") {
		t.Error("another scope or address is another entry")
	}
	want := []store.Suppression{
		{Address: "ann@example.com", Reason: "bounced", Source: "smtp", CreatedAt: noon},
		{Address: "ann@example.com", Scope: "hello", Reason: "unsubscribed", Source: "smtp", CreatedAt: noon},
	}
	got := must(store.SuppressionsOf(ctx, db, []string{"ann@example.com", "carol@example.com"}))(t)
	byScope := cmpopts.SortSlices(func(a, b store.Suppression) bool { return a.Scope < b.Scope })
	if diff := cmp.Diff(want, got, byScope, cmpopts.IgnoreFields(store.Suppression{}, "ID")); diff != "" {
		t.Errorf("ann's (-want +got):\n%s", diff)
	}

	page := must(store.ListSuppressions(ctx, db, store.SuppressionFilter{Limit: 2}))(t)
	rest := must(store.ListSuppressions(ctx, db, store.SuppressionFilter{Before: page[1].ID, Limit: 2}))(t)
	if page[0].Address != "bob@example.com" || page[1].Scope != "hello" || len(rest) != 1 || rest[0].Reason != "bounced" {
		t.Errorf("pages %+v and %+v", page, rest)
	}
	if one := must(store.ListSuppressions(ctx, db, store.SuppressionFilter{Address: "bob@example.com", Limit: 9}))(t); len(one) != 1 {
		t.Errorf("bob's: %+v", one)
	}

	only := "hello"
	if lifted := must(store.Unsuppress(ctx, db, "ann@example.com", &only))(t); len(lifted) != 1 || lifted[0].Reason != "unsubscribed" {
		t.Errorf("lifted of one sequence: %+v", lifted)
	}
	if lifted := must(store.Unsuppress(ctx, db, "ann@example.com", nil))(t); len(lifted) != 1 || lifted[0].Reason != "bounced" {
		t.Errorf("lifted: %+v", lifted)
	}
	if _, err := store.Unsuppress(ctx, db, "ann@example.com", nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("lifted twice: %v", err)
	}
	if left := must(store.ListSuppressions(ctx, db, store.SuppressionFilter{Limit: 9}))(t); len(left) != 1 {
		t.Errorf("left: %+v", left)
	}
}

func TestEventIsNewOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ann := o.clients("ann")[0]
	event := store.Event{ID: "e1", ClientID: ann.ID, Type: "purchase", At: noon, Data: map[string]any{"products": []any{"pump"}}}
	for i, want := range []bool{true, false} {
		if fresh := must(store.InsertEvent(t.Context(), o.db, event))(t); fresh != want {
			t.Errorf("told %d times, the event is new: %v", i+1, fresh)
		}
	}
	if product := value[string](t, o.db, "SELECT data->'products'->>0 FROM events"); product != "pump" {
		t.Errorf("the event is about %q", product)
	}
}

func TestCapturedLettersAreListedByPage(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	for i, to := range []string{"ann@example.com", "bob@example.com", "Ann@example.com"} {
		ok(t, store.Capture(ctx, db, store.Captured{
			At: noon.Add(time.Duration(i) * time.Hour), Sender: "team@example.com", Recipient: to, MessageID: "<1@x>", Subject: "Guide", Raw: []byte("raw"),
		}))
	}
	list := must(store.ListCaptured(ctx, db, "", 0, 2))(t)
	if len(list) != 2 || list[0].Recipient != "Ann@example.com" || list[1].Recipient != "bob@example.com" {
		t.Errorf("newest first: %+v", list)
	}
	rest := must(store.ListCaptured(ctx, db, "", list[1].ID, 2))(t)
	want := store.Captured{
		ID: rest[0].ID, At: noon, Sender: "team@example.com", Recipient: "ann@example.com", MessageID: "<1@x>", Subject: "Guide", Raw: []byte("raw"),
	}
	if diff := cmp.Diff([]store.Captured{want}, rest); diff != "" {
		t.Errorf("the next page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, must(store.CapturedByID(ctx, db, want.ID))(t)); diff != "" {
		t.Errorf("by id (-want +got):\n%s", diff)
	}
	if _, err := store.CapturedByID(ctx, db, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a letter that is not there: %v", err)
	}
	if got := must(store.ListCaptured(ctx, db, "bob@example.com", 0, 9))(t); len(got) != 1 {
		t.Errorf("to bob: %+v", got)
	}
	if found := must(store.SearchCaptured(ctx, db, "ANN@", 0, 9))(t); len(found) != 2 || found[1].ID != want.ID || found[1].Subject != "Guide" {
		t.Errorf("found %+v", found)
	}
	if found := must(store.SearchCaptured(ctx, db, "ann", list[0].ID, 9))(t); len(found) != 1 {
		t.Errorf("found on the next page %+v", found)
	}
	if n := must(store.CountCaptured(ctx, db))(t); n != 3 {
		t.Errorf("%d letters are captured", n)
	}
}
