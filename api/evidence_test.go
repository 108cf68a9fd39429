package api

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestWhatCameBackIsSeenAndReadAgain(t *testing.T) {
	t.Parallel()
	k := bareKit(t)
	for i, state := range []string{store.EvidenceIgnored, store.EvidenceQuarantined, store.EvidenceWaiting} {
		k.exec("INSERT INTO evidence (source, origin, dedupe_key, raw, received_at, state, note) VALUES ('hook', 'ses', $1, '{\"secret\":1}', $2, $3, 'why')", fmt.Sprint(i), monday, state)
	}
	list := k.send("GET", "/api/v1/evidence?state=quarantined&source=hook", nil).is(200).items()
	want := []map[string]any{{
		"id": 2.0, "source": "hook", "origin": "ses", "state": "quarantined", "note": "why", "received_at": monday.UTC().Format(time.RFC3339), "message_id": nil, "attempts": 0.0,
	}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("what was put aside (-want +got):\n%s", diff)
	}
	page := k.send("GET", "/api/v1/evidence?limit=2", nil).is(200).json()
	rest := k.send("GET", fmt.Sprintf("/api/v1/evidence?limit=2&cursor=%s", page["next_cursor"]), nil).is(200).items()
	if len(rest) != 1 || rest[0]["id"] != 1.0 {
		t.Errorf("the second page: %v", rest)
	}
	k.send("GET", "/api/v1/evidence?state=lost", nil).is(422).names("query.state")
	again := k.send("POST", "/api/v1/evidence/2/again", nil).is(200).json()
	if again["state"] != "waiting" || k.count("SELECT count(*) FROM river_job WHERE kind = 'evidence' AND args->>'evidence_id' = '2'") != 1 {
		t.Errorf("read again: %v", again)
	}
	k.send("POST", "/api/v1/evidence/99/again", nil).is(404)

	plain := k.key("read")
	k.send("GET", "/api/v1/evidence", nil, "Authorization: Bearer "+plain).is(200)
	k.send("POST", "/api/v1/evidence/2/again", nil, "Authorization: Bearer "+plain).is(403)
}
