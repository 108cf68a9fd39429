package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

func TestRestoreIsShownAndConfirmed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C", "email": "ann@client.example", "consent": map[string]any{"basis": "opt_in"}})
	if got := k.send("GET", "/api/v1/guard", nil).is(200).json(); got["stops"] != false || got["letters"] != float64(0) {
		t.Errorf("before anything happened: %v", got)
	}
	k.exec("UPDATE guard SET tripped_at = now(), restored_to = now() - interval '1 hour', reason = 'the dump is old'")
	a := k.send("GET", "/readyz", nil, "Authorization: ").is(503)
	if !strings.Contains(a.Body, "the dump is old") || !strings.Contains(a.Body, "seventh confirm-restore") {
		t.Errorf("readyz says %s", a.Body)
	}
	k.send("GET", "/healthz", nil, "Authorization: ").is(200)

	// The backup has ann's review as pending: it may have enrolled her since, and her first letter is in doubt.
	k.exec("DELETE FROM enrollments")
	k.exec("UPDATE clients SET review_at = now()")
	got := k.send("GET", "/api/v1/guard", nil).is(200).json()
	if got["stops"] != true || got["reason"] != "the dump is old" || got["letters"] != float64(1) || !strings.Contains(fmt.Sprint(got["doubts"]), "ann@client.example") {
		t.Errorf("the guard is %v", got)
	}
	if n := k.count("SELECT count(*) FROM messages"); n != 0 {
		t.Errorf("looking wrote %d letters", n)
	}
	k.send("POST", "/api/v1/guard/confirm", map[string]any{"choice": "perhaps"}).is(422)
	sender := "Authorization: Bearer " + k.key("send")
	k.send("POST", "/api/v1/guard/confirm", map[string]any{"choice": "hold"}, sender).is(403)
	got = k.send("POST", "/api/v1/guard/confirm", map[string]any{"by": "Ann Smith"}).is(200).json()
	if got["stops"] != false || got["letters"] != float64(1) || got["confirmed_by"] != "Ann Smith" {
		t.Errorf("confirmed: %v", got)
	}
	k.send("GET", "/readyz", nil, "Authorization: ").is(200)
	if n := k.count("SELECT count(*) FROM messages WHERE state = 'unconfirmed'"); n != 1 {
		t.Errorf("%d letters are held", n)
	}
	if got := k.send("POST", "/api/v1/guard/confirm", map[string]any{"choice": "send"}).is(200).json(); got["letters"] != float64(1) {
		t.Errorf("sent: %v", got)
	}
	if n := k.count("SELECT count(*) FROM messages m JOIN deferred d ON d.message_id = m.id WHERE state = 'planned'"); n != 1 {
		t.Errorf("%d letters are planned again", n)
	}
}

func TestReadinessSaysWhyNot(t *testing.T) {
	t.Parallel()
	elsewhere := func(t *testing.T, change func(*pgxpool.Config)) func(*Options) {
		return func(o *Options) {
			config := o.DB.Config().Copy()
			change(config)
			pool, err := pgxpool.NewWithConfig(context.Background(), config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(pool.Close)
			o.DB = pool
		}
	}
	for _, tc := range []struct {
		says   string
		change func(*Options)
	}{
		{"the database cannot be reached", elsewhere(t, func(c *pgxpool.Config) { c.ConnConfig.Port = 1 })},
		{"the database is read-only", elsewhere(t, func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on" })},
		{"the schema does not fit: run a newer one", func(o *Options) {
			o.Ready = func(context.Context) error { return fmt.Errorf("%w: run a newer one", ErrSchema) }
		}},
		{"this process cannot work", func(o *Options) {
			o.Ready = func(context.Context) error { return fmt.Errorf("the secret of the house") }
		}},
	} {
		k := bareKit(t, tc.change)
		a := k.send("GET", "/readyz", nil, "Authorization: ").is(503)
		if !strings.Contains(a.Body, tc.says) || strings.Contains(a.Body, "secret") {
			t.Errorf("readyz says %s, want %q", a.Body, tc.says)
		}
		k.send("GET", "/healthz", nil, "Authorization: ").is(200)
	}
}
