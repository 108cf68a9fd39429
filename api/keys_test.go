package api

import (
	"context"
	"errors"
	"strings"
	"testing"

	"seventh/internal/store"
)

// key stores a new key with the scopes and returns its text.
func (k *kit) key(scopes ...string) string {
	k.t.Helper()
	plain, key := NewKey("test", scopes)
	if err := store.SaveAPIKey(k.t.Context(), k.db, key); err != nil {
		k.t.Fatal(err)
	}
	return plain
}

func TestTheDocumentNamesAScopeOnce(t *testing.T) {
	t.Parallel()
	for need, want := range map[scope]string{
		admin: "Needs an API key with the scope `admin`.", read: "Needs an API key with the scope `read` or `admin`.", anyKey: "Any API key will do.",
	} {
		if got := need.describe(); got != want {
			t.Errorf("%q: %s", need, got)
		}
	}
}

func TestScopesOpenTheirRoutesOnly(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	keys := map[string]string{"read": k.key("read"), "clients": k.key("clients"), "send": k.key("send"), "admin": k.key("admin")}
	for _, test := range []struct{ method, path, need string }{
		{"GET", "/api/v1/clients/x", "read"},
		{"PUT", "/api/v1/clients/x", "clients"},
		{"DELETE", "/api/v1/clients/x", "clients"},
		{"POST", "/api/v1/clients/bulk", "clients"},
		{"GET", "/api/v1/reps", "read"},
		{"PUT", "/api/v1/reps/a@example.com", "clients"},
		{"POST", "/api/v1/enrollments", "send"},
		{"GET", "/api/v1/enrollments", "read"},
		{"POST", "/api/v1/enrollments/1/pause", "send"},
		{"POST", "/api/v1/enrollments/1/end", "send"},
		{"GET", "/api/v1/touches", "read"},
		{"POST", "/api/v1/touches", "clients"},
		{"POST", "/api/v1/events", "clients"},
		{"GET", "/api/v1/messages", "read"},
		{"GET", "/api/v1/messages/1.eml", "read"},
		{"POST", "/api/v1/messages/1/confirm", "admin"},
		{"POST", "/api/v1/messages/confirm", "admin"},
		{"GET", "/api/v1/suppressions", "read"},
		{"POST", "/api/v1/suppressions", "send"},
		{"DELETE", "/api/v1/suppressions?email=a@example.com", "admin"},
		{"GET", "/api/v1/sequences", "read"},
		{"GET", "/api/v1/runway", "read"},
		{"PUT", "/api/v1/segments/x", "send"},
		{"DELETE", "/api/v1/segments/x", "send"},
	} {
		for scope, key := range keys {
			got := k.send(test.method, test.path, nil, "Authorization: Bearer "+key).Status
			if may := scope == test.need || scope == "admin"; may == (got == 403) || got == 401 || got >= 500 {
				t.Errorf("%s %s with scope %s: %d", test.method, test.path, scope, got)
			}
		}
	}
}

func TestWrongKeysAreRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	good := k.key("read")
	revoked := k.key("read")
	id, _ := keyID(revoked)
	if err := store.RevokeAPIKey(t.Context(), k.db, id); err != nil {
		t.Fatal(err)
	}
	stranger, _ := NewKey("never stored", []string{"admin"})
	for name, header := range map[string]string{
		"none": "", "no key": "Bearer ", "basic": "Basic " + good, "other text": "Bearer hello", "a slip": "Bearer " + good[:len(good)-1] + "x",
		"too long": "Bearer " + good + "0", "revoked": "Bearer " + revoked, "never stored": "Bearer " + stranger,
		"id of one, secret of another": "Bearer " + forged(good, stranger), "settings key and more": "Bearer " + fullKey + "x",
	} {
		t.Run(name, func(t *testing.T) {
			a := k.send("GET", "/api/v1/sequences", nil, "Authorization: "+header).is(401)
			a.problems()
			if !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	k.send("GET", "/api/v1/sequences", nil, "Authorization: bearer "+good).is(200)
	// Nobody's large body is read.
	k.send("POST", "/api/v1/clients/bulk", strings.Repeat("x", 33<<20), "Authorization: Bearer x").is(401)
}

// forged is a well-formed key with the id of one and the secret of another.
func forged(id, secret string) string {
	text := id[:len("sk_")+idLength] + secret[len("sk_")+idLength:keyLength-checksumLength]
	return text + checksum(text)
}

func TestNoKeyInTheSettingsOpensNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(o *Options) { o.Key = "" })
	k.send("GET", "/api/v1/sequences", nil, "Authorization: Bearer ").is(401)
	k.send("GET", "/api/v1/sequences", nil).is(401)
}

func TestLosingTheDatabaseTellsNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.db.Close()
	a := k.send("GET", "/api/v1/sequences", nil).is(500)
	if !strings.Contains(a.Body, "internal error; request id "+a.Header.Get("X-Request-Id")) || strings.Contains(a.Body, "closed pool") {
		t.Errorf("answer: %s", a.Body)
	}
	if log := k.log.String(); !strings.Contains(log, "closed pool") || !strings.Contains(log, a.Header.Get("X-Request-Id")) {
		t.Errorf("log: %s", log)
	}
	k.send("GET", "/readyz", nil).is(503)
	k.send("GET", "/healthz", nil).is(200)
}

func TestReadinessAsksTheProcess(t *testing.T) {
	t.Parallel()
	broken := errors.New("the schema is old")
	k := newKit(t, func(o *Options) { o.Ready = func(context.Context) error { return broken } })
	k.send("GET", "/readyz", nil).is(503)
	if !strings.Contains(k.log.String(), broken.Error()) {
		t.Errorf("log: %s", k.log)
	}
}

func FuzzKeyID(f *testing.F) {
	plain, _ := NewKey("", nil)
	f.Add(plain)
	f.Add("sk__")
	f.Add(strings.Repeat("_", keyLength))
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := keyID(text); ok && len(id) != idLength {
			t.Errorf("%q gives id %q", text, id)
		}
	})
}
