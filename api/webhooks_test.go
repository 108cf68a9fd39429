package api

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/content"
)

func TestWebhookDeliveriesByStateAndClient(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for _, id := range []string{"ivan", "olga"} {
		k.client(id, nil)
		k.sent(id, monday)
		k.exec(`INSERT INTO webhook_deliveries (event_id, webhook, client_id, enrollment_id, step, body, created_at)
			SELECT 'msg_' || $1, 'crm', c.id, e.id, 'tell', '{}', $2 FROM clients c JOIN enrollments e ON e.client_id = c.id WHERE c.external_id = $1`, id, monday)
	}
	k.exec("UPDATE webhook_deliveries SET state = 'failed', attempts = 15, status = 500, response = 'not now', tried_at = $1 WHERE event_id = 'msg_ivan'", monday)
	path := "/api/v1/webhook-deliveries"
	if got := k.send("GET", path, nil).is(200).items(); len(got) != 2 || got[0]["client"] != "olga" || got[0]["state"] != "waiting" || got[0]["tried_at"] != nil {
		t.Errorf("all: %v", got)
	}
	at := monday.UTC().Format(time.RFC3339)
	want := []map[string]any{{
		"id": 1.0, "webhook_id": "msg_ivan", "webhook": "crm", "client": "ivan", "sequence": "c-nurture", "step": "tell", "enrollment": 1.0, "state": "failed",
		"attempts": 15.0, "status": 500.0, "response": "not now", "created_at": at, "tried_at": at,
	}}
	for _, query := range []string{"?state=failed", "?client=ivan&webhook=crm", "?limit=1&cursor=" + fmt.Sprint(k.send("GET", path+"?limit=1", nil).json()["next_cursor"])} {
		if diff := cmp.Diff(want, k.send("GET", path+query, nil).is(200).items()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	k.send("GET", path+"?state=lost", nil).is(422).names("query.state")
}

func TestSequenceShowsItsStepsAsATree(t *testing.T) {
	t.Parallel()
	k := bareKit(t)
	folder := make(fstest.MapFS)
	for name, body := range builtIn().Files() {
		folder[name] = &fstest.MapFile{Data: body}
	}
	folder["sequences/care.yaml"] = &fstest.MapFile{Data: []byte(`sequence: care
steps:
  - { id: test, split: [ { name: short, weight: 1, steps: [ { id: ring, call: c/follow-up } ] }, { name: long, weight: 3, steps: [] } ] }
  - { id: fork, if: clicked, then: [ { id: case, email: c/case } ] }
`)}
	loaded, problems, err := content.Load(fs.FS(folder))
	if err != nil || loaded == nil {
		t.Fatal(problems, err)
	}
	if _, err := content.Publish(t.Context(), k.db, loaded); err != nil {
		t.Fatal(err)
	}
	k.client("ivan", nil)
	k.send("POST", "/api/v1/enrollments", map[string]any{"sequence": "care", "clients": []string{"ivan"}}).is(200)
	k.exec("INSERT INTO decisions (enrollment_id, client_id, step, kind, outcome, at) SELECT id, client_id, 'test', 'split', 'short', $1 FROM enrollments", monday)
	k.exec("INSERT INTO touches (client_id, kind, channel, at) SELECT id, 'purchase', 'other', $1 FROM clients", monday.AddDate(0, 0, 1))

	none := map[string]any{"waiting": 0.0, "sent": 0.0, "opened": 0.0, "clicked": 0.0, "failed": 0.0, "after": "0"}
	step := func(id, kind, does, email string, more map[string]any) map[string]any {
		s := map[string]any{"id": id, "kind": kind, "does": does, "email": email}
		for _, fields := range []map[string]any{none, more} {
			for name, value := range fields {
				s[name] = value
			}
		}
		return s
	}
	branch := func(name string, weight, people, purchased float64, steps ...any) map[string]any {
		return map[string]any{"name": name, "weight": weight, "people": people, "sent": 0.0, "opened": 0.0, "clicked": 0.0, "replied": 0.0, "purchased": purchased,
			"steps": append([]any{}, steps...)}
	}
	want := []any{
		step("test", "split", "split: short 25%, long 75%", "", map[string]any{"waiting": 1.0, "branches": []any{
			branch("short", 1, 1, 1, step("ring", "call", "call, script c/follow-up", "", nil)), branch("long", 3, 0, 0),
		}}),
		step("fork", "if", "if clicked", "", map[string]any{"then": []any{step("case", "email", "letter c/case", "c/case", nil)}}),
	}
	if diff := cmp.Diff(any(want), k.send("GET", "/api/v1/sequences/care", nil).is(200).json()["steps"]); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}
