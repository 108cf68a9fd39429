package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestRevokedKeyOpensNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ok(t, store.SaveAPIKey(ctx, o.db, store.APIKey{ID: "one", Name: "CRM", Hash: []byte("hash"), Scopes: []string{"clients", "events"}}))
	ok(t, store.SaveAPIKey(ctx, o.db, store.APIKey{ID: "two", Name: "BI", Hash: []byte("other"), Scopes: []string{"read"}}))

	key := must(store.APIKeyByID(ctx, o.db, "one"))(t)
	want := store.APIKey{ID: "one", Name: "CRM", Hash: []byte("hash"), Scopes: []string{"clients", "events"}, CreatedAt: key.CreatedAt}
	if diff := cmp.Diff(want, key); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ok(t, store.RevokeAPIKey(ctx, o.db, "one"))
	if _, err := store.APIKeyByID(ctx, o.db, "one"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the revoked key: %v", err)
	}
	for _, id := range []string{"one", "nothing"} {
		if err := store.RevokeAPIKey(ctx, o.db, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("revoking %s: %v", id, err)
		}
	}
	list := must(store.ListAPIKeys(ctx, o.db))(t)
	if len(list) != 2 || list[0].ID != "two" || list[1].RevokedAt == nil || list[0].RevokedAt != nil {
		t.Errorf("keys %+v, want the newer one first and the other revoked", list)
	}
}

func TestUseOfAKeyIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ok(t, store.SaveAPIKey(ctx, o.db, store.APIKey{ID: "one", Name: "CRM", Hash: []byte("hash"), Scopes: []string{"read"}}))
	use := func() *store.APIKey {
		must(store.APIKeyByID(ctx, o.db, "one"))(t)
		return &must(store.ListAPIKeys(ctx, o.db))(t)[0]
	}
	first := use().LastUsedAt
	if first == nil {
		t.Fatal("the first use was not noted")
	}
	if second := use().LastUsedAt; !second.Equal(*first) {
		t.Error("a use within the same minute was noted")
	}
	change(t, o.db, "UPDATE api_keys SET last_used_at = now() - interval '2 minutes'")
	if third := use().LastUsedAt; !third.After(*first) {
		t.Error("a use after two minutes was not noted")
	}
}

func TestLinkKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for i, fresh := range []string{"first", "second"} {
		if key := must(store.LinkKey(t.Context(), o.db, "links", []byte(fresh)))(t); string(key) != "first" {
			t.Errorf("asked %d times, the key is %q", i+1, key)
		}
	}
	if key := must(store.LinkKey(t.Context(), o.db, "others", []byte("other")))(t); string(key) != "other" {
		t.Errorf("another key is %q", key)
	}
}
