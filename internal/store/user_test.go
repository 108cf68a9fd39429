package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestUserKeepsWhatAChangeDoesNotName(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	hash := "hash"
	id := must(store.SaveUser(ctx, o.db, store.User{
		Email: "Ann@Example.com", Name: "Ann", Role: "rep", Phone: "1", Position: "Engineer", PasswordHash: &hash,
	}))(t)
	if again := must(store.SaveUser(ctx, o.db, store.User{Email: "ann@example.com", Role: "admin", Phone: "2"}))(t); again != id {
		t.Errorf("user %d became %d", id, again)
	}
	want := store.User{ID: id, Email: "ann@example.com", Name: "Ann", Role: "admin", Phone: "2", Position: "Engineer", PasswordHash: &hash}
	for name, got := range map[string]store.User{
		"by e-mail": must(store.UserByEmail(ctx, o.db, "ANN@example.com"))(t),
		"by id":     must(store.UserByID(ctx, o.db, id))(t),
		"listed":    must(store.ListUsers(ctx, o.db))(t)[0],
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, err := store.UserByEmail(ctx, o.db, "nobody@example.com"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := store.UserByID(ctx, o.db, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("nobody by id: %v", err)
	}
	if _, err := store.SaveUser(ctx, o.db, store.User{Email: "bob@example.com", Role: "king"}); err == nil {
		t.Error("a role was saved that does not exist")
	}
}

func TestOwnersAreAddedAsRepsOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	boss := must(store.SaveUser(ctx, o.db, store.User{Email: "boss@example.com", Name: "The Boss", Role: "admin"}))(t)
	owners := must(store.OwnersByEmail(ctx, o.db, []string{"boss@example.com", "Ann.von-Lee@example.com", "ann.von-lee@EXAMPLE.com"}))(t)
	if len(owners) != 2 || owners["boss@example.com"] != boss {
		t.Errorf("owners %v", owners)
	}
	ann := must(store.UserByID(ctx, o.db, owners["ann.von-lee@example.com"]))(t)
	want := store.User{ID: ann.ID, Email: "ann.von-lee@example.com", Name: "Ann Von Lee", Role: "rep"}
	if diff := cmp.Diff(want, ann); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if boss := must(store.UserByID(ctx, o.db, boss))(t); boss.Role != "admin" || boss.Name != "The Boss" {
		t.Errorf("the boss became %+v", boss)
	}
}

func TestRequestsThatNameANewOwnerAtOnceAgreeOnOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	emails := []string{"ann@example.com", "bob@example.com", "carol@example.com"}
	results := make([]map[string]int64, 8)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			var err error
			if results[i], err = store.OwnersByEmail(t.Context(), o.db, emails); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, got := range results {
		if diff := cmp.Diff(results[0], got); diff != "" || len(got) != 3 {
			t.Errorf("two requests disagree:\n%s", diff)
		}
	}
}

func TestLoginLinkWorksOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann := must(store.SaveUser(ctx, o.db, store.User{Email: "ann@example.com", Role: "rep"}))(t)
	ok(t, store.SaveLoginLink(ctx, o.db, []byte("link"), ann, time.Hour))
	if _, err := store.UseLoginLink(ctx, o.db, []byte("other")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another link: %v", err)
	}
	if u := must(store.UseLoginLink(ctx, o.db, []byte("link")))(t); u.ID != ann {
		t.Errorf("the link logs %+v in", u)
	}
	if _, err := store.UseLoginLink(ctx, o.db, []byte("link")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the link a second time: %v", err)
	}
}

func TestLoginLinkExpires(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann := must(store.SaveUser(ctx, o.db, store.User{Email: "ann@example.com", Role: "rep"}))(t)
	ok(t, store.SaveLoginLink(ctx, o.db, []byte("link"), ann, -time.Second))
	if _, err := store.UseLoginLink(ctx, o.db, []byte("link")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an expired link: %v", err)
	}
	if left := value[int](t, o.db, "SELECT count(*) FROM login_links"); left != 0 {
		t.Error("the expired link is kept")
	}
}

func TestSessionEndsByTimeOrByHand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	sessions := store.WebSessions{DB: o.db}
	wall := value[time.Time](t, o.db, "SELECT now()")
	find := func(token string) string {
		data, found, err := sessions.Find(token)
		ok(t, err)
		if !found {
			return "nothing"
		}
		return string(data)
	}
	ok(t, sessions.Commit("expired", []byte("old"), wall.Add(-time.Second)))
	if got := find("expired"); got != "nothing" {
		t.Errorf("an expired session holds %q", got)
	}
	ok(t, sessions.Commit("token", []byte("first"), wall.Add(time.Hour)))
	ok(t, sessions.Commit("token", []byte("second"), wall.Add(time.Hour)))
	if got := find("token"); got != "second" {
		t.Errorf("the session holds %q", got)
	}
	if left := value[int](t, o.db, "SELECT count(*) FROM web_sessions"); left != 1 {
		t.Errorf("%d sessions are kept, want the one that is alive", left)
	}
	ok(t, sessions.Delete("token"))
	if got := find("token"); got != "nothing" {
		t.Errorf("the deleted session holds %q", got)
	}
}
