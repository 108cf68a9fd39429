package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAListOfSuppressionsIsImported(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	k.client("bob", map[string]any{"category": "C"})
	list := "\xEF\xBB\xBFEmail;Reason;Sequence;Note;created_at\n" +
		"ANN@example.com;unsubscribed;;\"asked twice; by phone\";2020-03-02T12:00:00Z\n" +
		"bob@example.com;;c-nurture;;\n" +
		"stranger@example.com;bounced;;;\n" +
		"nobody;bounced;;;\n" +
		"x@example.com;because;;;\n" +
		"y@example.com;;no-such;;\n" +
		"z@example.com;;;;yesterday\n"
	answer := k.send("POST", "/api/v1/suppressions/import", list, "Content-Type: text/csv").is(200).json()
	if answer["added"] != 3.0 || answer["known"] != 0.0 {
		t.Errorf("imported %v", answer)
	}
	var lines []string
	for _, p := range answer["problems"].([]any) {
		lines = append(lines, fmt.Sprint(p.(map[string]any)["line"]))
	}
	if got := strings.Join(lines, " "); got != "5 6 7 8" {
		t.Errorf("problems in lines %s: %v", got, answer["problems"])
	}
	if n := k.count("SELECT count(*) FROM enrollments e JOIN clients c ON c.id = e.client_id WHERE c.external_id = 'ann' AND e.end_reason = 'unsubscribed'"); n != 1 {
		t.Errorf("%d chains of ann have ended", n)
	}
	if n := k.count("SELECT count(*) FROM enrollments WHERE state = 'ended' AND end_reason = 'manual'"); n != 1 {
		t.Errorf("%d chains of bob have ended", n)
	}
	again := k.send("POST", "/api/v1/suppressions/import", list, "Content-Type: text/csv").is(200).json()
	if again["added"] != 0.0 || again["known"] != 3.0 {
		t.Errorf("imported again %v", again)
	}

	// What goes out comes in again, and no spreadsheet takes it for a formula.
	k.exec("INSERT INTO suppressions (address, reason, source, note, created_at) VALUES ('=cmd@example.com', 'manual', 'api', '+7 495 000', now())")
	exported := k.send("GET", "/api/v1/suppressions/export", nil).is(200).Body
	if !strings.Contains(exported, "'=cmd@example.com,,manual,api,'+7 495 000,") || !strings.HasPrefix(exported, "email,sequence,reason,source,note,created_at\n") {
		t.Errorf("exported:\n%s", exported)
	}
	k.exec("DELETE FROM suppressions")
	if back := k.send("POST", "/api/v1/suppressions/import", exported, "Content-Type: text/csv; charset=utf-8").is(200).json(); back["added"] != 4.0 {
		t.Errorf("back in %v", back)
	}
	lined := `{"email":"q@example.com"}` + "\n\n" + `{"email":5}` + "\n"
	if back := k.send("POST", "/api/v1/suppressions/import", lined, "Content-Type: "+ndjson).is(200).json(); back["added"] != 1.0 || len(back["problems"].([]any)) != 1 {
		t.Errorf("lines of JSON: %v", back)
	}
	for body, want := range map[string]int{"": 400, "mail\na@example.com\n": 422, "reason\nmanual\n": 422} {
		k.send("POST", "/api/v1/suppressions/import", body, "Content-Type: text/csv").is(want)
	}
	k.send("POST", "/api/v1/suppressions/import", `{"email":"q@example.com"}`, "Content-Type: application/json").is(400).says("send an array of entries")
	for entries, want := range map[string]string{`[{"email":5}]`: "email: a number does not fit", `["q@example.com"]`: "an entry is an object, not a string"} {
		k.send("POST", "/api/v1/suppressions/import", entries, "Content-Type: application/json").is(200).says(want)
	}
	k.send("POST", "/api/v1/suppressions/import", "PK", "Content-Type: application/zip").is(415)
}

func TestWhoeverLiftsASuppressionIsRemembered(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	k.send("POST", "/api/v1/suppressions", map[string]any{"email": "ann@example.com", "sequence": "c-nurture", "note": "too many"}).is(201)
	k.send("POST", "/api/v1/suppressions", map[string]any{"email": "ann@example.com", "reason": "complained"}).is(201)
	k.send("POST", "/api/v1/suppressions", map[string]any{"email": "ann@example.com", "sequence": "no-such"}).is(422).names("body.sequence")
	k.send("DELETE", "/api/v1/suppressions?email=ann@example.com&sequence=c-nurture&why=a+slip", nil).is(204)
	if n := len(k.send("GET", "/api/v1/suppressions?email=ann@example.com", nil).is(200).items()); n != 1 {
		t.Errorf("%d suppressions are left, want that of all letters", n)
	}
	k.send("DELETE", "/api/v1/suppressions?email=ann@example.com", nil, "Authorization: Bearer "+k.key("admin")).is(204)
	audit := k.send("GET", "/api/v1/audit?subject=ann@example.com", nil).is(200).items()
	if len(audit) != 2 || audit[0]["actor"] != "key:test" || audit[1]["actor"] != "key:SEVENTH_API_KEY" || audit[1]["data"].(map[string]any)["why"] != "a slip" || audit[0]["data"].(map[string]any)["reason"] != "complained" {
		t.Errorf("the audit has %v", audit)
	}
}

func TestRefusalsAreCountedByReasonAndSide(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i, data := range []map[string]any{
		{"reason": "too small", "side": "us", "target": false}, {"reason": "too small", "side": "us", "target": false},
		{"reason": "no budget", "side": "client"}, {"reason": "price", "side": "client", "target": true},
	} {
		name := fmt.Sprint("c", i)
		k.client(name, map[string]any{"category": "C", "source": "partner:Kran"})
		k.send("POST", "/api/v1/events", map[string]any{"id": name, "type": "refusal", "client": name, "data": data}).is(200)
	}
	got, _ := json.Marshal(k.send("GET", "/api/v1/refusals", nil).is(200).json()["items"])
	for _, want := range []string{
		`"clients":2,"last_at"`, `"reason":"too small","said":"not_target","side":"us"`, `"reason":"no budget","said":"not_now","side":"client"`, `"reason":"price","said":"refused","side":"client"`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("the report lacks %s:\n%s", want, got)
		}
	}
	// Not our client: everything has ended, and nothing begins again.
	if n := k.count("SELECT count(*) FROM enrollments e JOIN clients c ON c.id = e.client_id WHERE c.external_id = 'c0' AND e.state <> 'ended'"); n != 0 {
		t.Errorf("%d chains of somebody who is not our client go on", n)
	}
	// Not now: gentle reminders go before the chain of the category.
	if n := k.count("SELECT count(*) FROM enrollments e JOIN clients c ON c.id = e.client_id JOIN sequences s ON s.id = e.sequence_id WHERE c.external_id = 'c2' AND e.state = 'active' AND s.name = 'reminders'"); n != 1 {
		t.Errorf("whoever said not now is in reminders %d times", n)
	}
	// Who brought a client is kept, whatever channel the CRM tells of later.
	k.send("PUT", "/api/v1/clients/c2", map[string]any{"source": "web"}).is(200)
	if source := k.send("GET", "/api/v1/clients/c2", nil).is(200).json()["source"]; source != "partner:Kran" {
		t.Errorf("the source is %v", source)
	}
}

func TestConsentsAreKeptAndExported(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	k.send("PUT", "/api/v1/clients/ann", map[string]any{"consent": map[string]any{"basis": "double_opt_in", "source": "fair", "text_version": "2026-03", "evidence": "card 12"}}).is(200)
	k.send("PUT", "/api/v1/clients/ann", map[string]any{"consent": map[string]any{"basis": ""}}).is(200)
	items := k.send("GET", "/api/v1/clients/ann/consents", nil).is(200).items()
	if len(items) != 3 || items[1]["evidence"] != "card 12" || items[2]["basis"] != "" || items[2]["recorded_at"] == "" {
		t.Errorf("consents %v", items)
	}
	export := k.send("GET", "/api/v1/clients/ann/export", nil).is(200).json()
	if len(export["consents"].([]any)) != 3 || export["client"].(map[string]any)["external_id"] != "ann" || len(export["enrollments"].([]any)) != 1 {
		t.Errorf("exported %v", export)
	}
	k.send("GET", "/api/v1/clients/nobody/export", nil).is(404)
}
