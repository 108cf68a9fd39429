package api

import "testing"

func TestRunwayTellsWhenLettersRunOut(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.send("PUT", "/api/v1/clients/ann", map[string]any{"email": "ann@example.com", "category": "C", "consent": map[string]any{"basis": "opt_in"}}).is(201)
	for _, item := range k.send("GET", "/api/v1/runway", nil).is(200).json()["items"].([]any) {
		r := item.(map[string]any)
		switch r["sequence"] {
		case "c-nurture":
			if r["category"] != "C" || r["lasting"] != true || r["clients"] != 1.0 || r["letters"] != 10.0 || r["dry_at"] == nil || r["within_90_days"] != 0.0 {
				t.Errorf("c-nurture %v", r)
			}
		case "win-back":
			if r["category"] != "" || r["lasting"] != false || r["clients"] != 0.0 || r["dry_at"] != nil {
				t.Errorf("win-back %v", r)
			}
		}
	}
}

func TestTheNextCallIsShown(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.send("PUT", "/api/v1/clients/ann", map[string]any{"category": "A"}).is(201)
	before := k.send("GET", "/api/v1/clients/ann", nil).is(200).json()["next_call_at"]
	k.send("POST", "/api/v1/touches", map[string]any{"client": "ann", "kind": "call", "at": "2020-03-02T12:00:00Z"}).is(201)
	after := k.send("GET", "/api/v1/clients/ann", nil).is(200).json()["next_call_at"]
	if before == nil || after == nil || before == after {
		t.Errorf("the next call was on %v, and is on %v after a call", before, after)
	}
	k.send("PUT", "/api/v1/clients/ann", map[string]any{"category": ""}).is(200)
	if at := k.send("GET", "/api/v1/clients/ann", nil).is(200).json()["next_call_at"]; at != nil {
		t.Errorf("without a category the next call is on %v", at)
	}
}
