package api

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// enrolling is a request for clients to be put in the chain of category C.
func enrolling(clients ...string) map[string]any {
	return map[string]any{"sequence": "c-nurture", "clients": clients}
}

// idle adds a client of category C whom no chain has taken yet: consent came, and
// his review is still due.
func (k *kit) idle(id string) {
	k.t.Helper()
	k.client(id, map[string]any{"consent": map[string]any{"basis": ""}, "category": "C"})
	k.exec("UPDATE clients SET consent_basis = 'opt_in' WHERE external_id = $1", id)
}

func TestEnrollmentTellsWhoWasLeftOutAndWhy(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.idle("ann")
	k.client("bob", map[string]any{"category": "C", "consent": map[string]any{"basis": "legitimate_interest"}})
	k.client("eve", map[string]any{"category": "A"})
	k.client("dan", map[string]any{"category": "C"}) // enrolled by itself

	try := enrolling("ann", "bob", "eve", "dan", "who", "ann")
	try["dry_run"] = true
	want := map[string]any{
		"enrolled": 1.0, "dry_run": true,
		"reasons": map[string]any{"no_consent": 1.0, "audience_mismatch": 1.0, "already_active": 1.0, "unknown_client": 1.0},
	}
	got := k.send("POST", "/api/v1/enrollments", try).is(200).json()
	skipped := len(got["skipped"].([]any))
	delete(got, "skipped")
	if diff := cmp.Diff(want, got); diff != "" || skipped != 4 {
		t.Errorf("dry run, %d skipped (-want +got):\n%s", skipped, diff)
	}
	if n := k.count("SELECT count(*) FROM enrollments"); n != 1 {
		t.Errorf("a dry run left %d enrollments", n)
	}
	if got := k.send("POST", "/api/v1/enrollments", enrolling("ann")).is(200).json()["enrolled"]; got != 1.0 {
		t.Errorf("enrolled %v", got)
	}
	k.idle("joe")
	segment := map[string]any{"sequence": "c-nurture", "segment": "c-and-d"}
	if got := k.send("POST", "/api/v1/enrollments", segment).is(200).json()["enrolled"]; got != 1.0 {
		t.Errorf("of the segment enrolled %v", got)
	}
}

func TestEnrollmentNamesWhatDoesNotExist(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, test := range map[string]struct {
		body  map[string]any
		place string
	}{
		"sequence":         {map[string]any{"sequence": "nope", "clients": []string{"a"}}, "body.sequence"},
		"segment":          {map[string]any{"sequence": "c-nurture", "segment": "nope"}, "body.segment"},
		"neither":          {map[string]any{"sequence": "c-nurture"}, "body.clients"},
		"both":             {map[string]any{"sequence": "c-nurture", "segment": "c-and-d", "clients": []string{"a"}}, "body.clients"},
		"nobody":           {map[string]any{"sequence": "c-nurture", "clients": []string{}}, "body.clients"},
		"missing sequence": {map[string]any{"clients": []string{"a"}}, "body.sequence"},
	} {
		t.Run(name, func(t *testing.T) { k.send("POST", "/api/v1/enrollments", test.body).is(422).names(test.place) })
	}
}

func TestRepeatedKeyIsAnsweredWithTheSameBytes(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.idle("ann")
	body := enrolling("ann", "who")
	first := k.send("POST", "/api/v1/enrollments", body, "Idempotency-Key: import-7").is(200)
	again := k.send("POST", "/api/v1/enrollments", body, "Idempotency-Key: import-7").is(200)
	if first.Body != again.Body {
		t.Errorf("first  %q\nagain  %q", first.Body, again.Body)
	}
	if first.Header.Get("Idempotent-Replayed") != "" || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("replayed: first %q, again %q", first.Header.Get("Idempotent-Replayed"), again.Header.Get("Idempotent-Replayed"))
	}
	k.send("POST", "/api/v1/enrollments", enrolling("bob"), "Idempotency-Key: import-7").is(422).names("header.Idempotency-Key")
	k.send("POST", "/api/v1/enrollments", body, "Idempotency-Key: с кириллицей").is(422).names("header.Idempotency-Key")

	// A request that failed has not used its key up.
	k.send("POST", "/api/v1/enrollments", map[string]any{"sequence": "nope", "clients": []string{"ann"}}, "Idempotency-Key: k2").is(422)
	k.send("POST", "/api/v1/enrollments", body, "Idempotency-Key: k2").is(200)

	// Keys of different callers have nothing to do with each other.
	other := k.key("send")
	if a := k.send("POST", "/api/v1/enrollments", enrolling("bob"), "Idempotency-Key: import-7", "Authorization: Bearer "+other).is(200); a.Header.Get("Idempotent-Replayed") != "" {
		t.Error("another caller's answer was replayed")
	}
}

func TestRacingEnrollmentsEnrollOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 20 {
		k.idle(fmt.Sprintf("c%d", i))
	}
	var clients []string
	for i := range 20 {
		clients = append(clients, fmt.Sprintf("c%d", i))
	}
	var wg sync.WaitGroup
	answers := make([]*answer, 8)
	for i := range answers {
		headers := []string{}
		if i%2 == 0 {
			headers = append(headers, "Idempotency-Key: one")
		}
		wg.Go(func() { answers[i] = k.send("POST", "/api/v1/enrollments", enrolling(clients...), headers...) })
	}
	wg.Wait()
	enrolled, keyed := 0.0, map[string]bool{}
	for i, a := range answers {
		if a.Status != 200 {
			t.Fatalf("status %d: %s", a.Status, a.Body)
		}
		if i%2 == 0 {
			keyed[a.Body] = true
		}
		if a.Header.Get("Idempotent-Replayed") == "" {
			enrolled += a.json()["enrolled"].(float64)
		}
	}
	if enrolled != 20 || k.count("SELECT count(*) FROM enrollments") != 20 {
		t.Errorf("answers say %v, rows %d", enrolled, k.count("SELECT count(*) FROM enrollments"))
	}
	if len(keyed) != 1 {
		t.Errorf("one key had %d answers", len(keyed))
	}
}

func TestEnrollmentIsSteered(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	list := k.send("GET", "/api/v1/enrollments?client=ann", nil).is(200).items()
	if len(list) != 1 || list[0]["next_step"] != "guide" || list[0]["origin"] != "automatic" {
		t.Fatalf("enrollments: %v", list)
	}
	path := fmt.Sprintf("/api/v1/enrollments/%v", list[0]["id"])
	for _, step := range []struct{ do, state string }{{"pause", "paused"}, {"pause", "paused"}, {"resume", "active"}, {"end", "ended"}} {
		if got := k.send("POST", path+"/"+step.do, nil).is(200).json()["state"]; got != step.state {
			t.Errorf("after %s: %v", step.do, got)
		}
	}
	k.send("POST", path+"/resume", nil).is(409).problems()
	k.send("POST", "/api/v1/enrollments/999/pause", nil).is(404).problems()
	k.send("POST", "/api/v1/enrollments/x/pause", nil).is(422).names("path.id")
	if n := len(k.send("GET", "/api/v1/enrollments?state=active", nil).is(200).items()); n != 0 {
		t.Errorf("%d active", n)
	}
	k.send("GET", "/api/v1/enrollments?state=asleep", nil).is(422).names("query.state")
}

func TestPagesStayStableWhileRowsCome(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i := range 7 {
		k.client(fmt.Sprintf("c%d", i), map[string]any{"category": "C"})
	}
	seen, cursor := []any{}, ""
	for page := range 4 {
		a := k.send("GET", "/api/v1/enrollments?limit=2&cursor="+cursor, nil).is(200)
		for _, e := range a.items() {
			seen = append(seen, e["client"])
		}
		k.client(fmt.Sprintf("late%d", page), map[string]any{"category": "C"})
		cursor = a.json()["next_cursor"].(string)
	}
	if diff := cmp.Diff([]any{"c6", "c5", "c4", "c3", "c2", "c1", "c0"}, seen); diff != "" || cursor != "" {
		t.Errorf("paged through, cursor %q (-want +got):\n%s", cursor, diff)
	}
	// A cursor of one list is none of another.
	other := k.send("GET", "/api/v1/enrollments?limit=2", nil).is(200).json()["next_cursor"].(string)
	k.send("GET", "/api/v1/messages?cursor="+other, nil).is(422).names("query.cursor")
}

func FuzzCursor(f *testing.F) {
	f.Add(idCursor("messages", 7))
	f.Add(encodeCursor("touches", "2026-01-01T00:00:00Z t1"))
	f.Add("")
	f.Add("bWVzc2FnZXM6LTE")
	f.Fuzz(func(t *testing.T, cursor string) {
		if id, err := lastID("messages", cursor); err == nil && cursor != "" && id < 1 {
			t.Errorf("cursor %q gives id %d", cursor, id)
		}
		if at, id, err := lastTime("touches", cursor); err == nil && at != nil {
			if again, sameID, err := lastTime("touches", timeCursor("touches", *at, id)); err != nil || !again.Equal(*at) || sameID != id {
				t.Errorf("cursor %q does not survive", cursor)
			}
		}
	})
}

func FuzzBulkItems(f *testing.F) {
	f.Add("application/json", []byte(`[{"external_id":"a"}]`))
	f.Add("application/x-ndjson", []byte("{\"external_id\":\"a\"}\n{"))
	f.Add("", []byte(`[1,null]`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		items, err := splitItems(contentType, body)
		if err != nil && items != nil {
			t.Error("items and an error")
		}
		if len(items) > bulkLimit {
			t.Errorf("%d items", len(items))
		}
		_, _ = json.Marshal(items)
	})
}
