package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClientIsAddedChangedReadAndErased(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.send("PUT", "/api/v1/clients/crm-1", map[string]any{
		"email": "Ann@Example.com", "first_name": "Анна", "company": "Levanto", "category": "C", "owner": "olga@levanto.example.com",
		"locale": "ru", "time_zone": "Europe/Moscow", "attributes": map[string]any{"industry": "food", "power_kw": 75, "vip": true},
		"consent":          map[string]any{"basis": "opt_in", "source": "form", "at": "2025-01-02T03:04:05+03:00"},
		"last_purchase_at": "2025-03-01T00:00:00+03:00", "products": []string{"compressor"},
	}).is(201)

	changed := k.send("PUT", "/api/v1/clients/crm-1", map[string]any{"last_name": "Smirnova", "email": nil}).is(200).json()
	delete(changed, "created_at")
	delete(changed, "updated_at")
	want := map[string]any{
		"external_id": "crm-1", "email": "Ann@Example.com", "first_name": "Анна", "last_name": "Smirnova", "company": "Levanto", "company_id": "",
		"category": "C", "temperature": "cold", "stage": "lead", "owner": "olga@levanto.example.com", "locale": "ru", "time_zone": "Europe/Moscow",
		"attributes": map[string]any{"industry": "food", "power_kw": 75.0, "vip": true}, "products": []any{"compressor"}, "source": "",
		"last_purchase_at": "2025-02-28T21:00:00Z",
		"consent":          map[string]any{"basis": "opt_in", "source": "form", "at": "2025-01-02T00:04:05Z"},
	}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("client after a change (-want +got):\n%s", diff)
	}
	if got := k.send("GET", "/api/v1/clients/crm-1", nil).is(200).json()["last_name"]; got != "Smirnova" {
		t.Errorf("read back %v", got)
	}

	if body := k.send("DELETE", "/api/v1/clients/crm-1", nil).is(204).Body; body != "" {
		t.Errorf("erasing answers %q", body)
	}
	k.send("GET", "/api/v1/clients/crm-1", nil).is(404)
	k.send("DELETE", "/api/v1/clients/crm-1", nil).is(404)
}

func TestAnyExternalIDMayStandInThePath(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for i, id := range []string{"bulk", "a/b", "100%", "клиент 7", "x+y", "%2F", "a?b#c"} {
		k.send("PUT", "/api/v1/clients/"+url.PathEscape(id), map[string]any{"email": fmt.Sprintf("p%d@example.com", i)}).is(201)
		if got := k.send("GET", "/api/v1/clients/"+url.PathEscape(id), nil).is(200).json()["external_id"]; got != id {
			t.Errorf("client %q came back as %q", id, got)
		}
	}
}

func TestEveryInvalidFieldIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.send("PUT", "/api/v1/clients/crm-1", map[string]any{
		"email": "no address", "owner": "me", "first_name": "Ann\r\nBcc: all@example.com", "last_name": strings.Repeat("x", 201), "company": "a\u2028b",
		"locale": "klingon!", "time_zone": "Local", "last_purchase_at": "2999-01-01T00:00:00Z",
		"attributes": map[string]any{"power_kw": "75"}, "products": []string{"ok", "\x00"},
		"category": "Z", "company_id": "a\u202eb", "source": "  ",
	}).is(422)
	a.names("body.category", "body.email", "body.owner", "body.first_name", "body.last_name", "body.company", "body.company_id", "body.source",
		"body.locale", "body.time_zone",
		"body.last_purchase_at", "body.attributes.power_kw", "body.products[1]")

	for name, test := range map[string]struct {
		fields map[string]any
		place  string
	}{
		"category":              {map[string]any{"category": "E"}, "body.category"},
		"temperature":           {map[string]any{"temperature": "mild"}, "body.temperature"},
		"stage":                 {map[string]any{"stage": "lost"}, "body.stage"},
		"consent basis":         {map[string]any{"consent": map[string]any{"basis": "hearsay"}}, "body.consent.basis"},
		"consent without basis": {map[string]any{"consent": map[string]any{"source": "form"}}, "body.consent.basis"},
		"unknown field":         {map[string]any{"surname": "x"}, "body.surname"},
		"wrong type":            {map[string]any{"first_name": 7}, "body.first_name"},
		"nested attribute":      {map[string]any{"attributes": map[string]any{"deep": map[string]any{}}}, "body.attributes.deep"},
		"attribute with NUL":    {map[string]any{"attributes": map[string]any{"note": "a\x00b"}}, "body.attributes.note"},
		"other external id":     {map[string]any{"external_id": "crm-2"}, "body.external_id"},
		"time without zone":     {map[string]any{"last_purchase_at": "2025-01-01"}, "body.last_purchase_at"},
	} {
		t.Run(name, func(t *testing.T) {
			a := k.send("PUT", "/api/v1/clients/crm-1", test.fields)
			a.is(422).names(test.place)
		})
	}
	k.send("PUT", "/api/v1/clients/crm-1", `{"category":"A","CATEGORY":"Z"}`).is(422).names("body.CATEGORY")
	k.send("GET", "/api/v1/clients/crm-1", nil).is(404)
}

func TestBrokenRequestsAreProblems(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for name, test := range map[string]struct {
		method, path, body, contentType string
		status                          int
	}{
		"malformed JSON":     {"PUT", "/api/v1/clients/x", `{"email": `, "application/json", 400},
		"no body":            {"PUT", "/api/v1/clients/x", "", "application/json", 400},
		"not JSON":           {"PUT", "/api/v1/clients/x", "email=a", "application/x-www-form-urlencoded", 415},
		"too large":          {"PUT", "/api/v1/clients/x", `{"company":"` + strings.Repeat("x", 1<<20) + `"}`, "application/json", 413},
		"an array":           {"PUT", "/api/v1/clients/x", `[]`, "application/json", 422},
		"wrong method":       {"PATCH", "/api/v1/clients/x", `{}`, "application/json", 405},
		"no such route":      {"GET", "/api/v1/nothing", "", "application/json", 404},
		"NUL in the path":    {"GET", "/api/v1/clients/%00", "", "application/json", 422},
		"NUL in the query":   {"GET", "/api/v1/enrollments?client=%00", "", "application/json", 422},
		"broken UTF-8":       {"GET", "/api/v1/touches?kind=%ff", "", "application/json", 422},
		"unknown parameter":  {"GET", "/api/v1/touches?klient=x", "", "application/json", 422},
		"limit out of range": {"GET", "/api/v1/touches?limit=501", "", "application/json", 422},
		"bad cursor":         {"GET", "/api/v1/touches?cursor=bm9wZQ", "", "application/json", 422},
		"bad time":           {"GET", "/api/v1/touches?since=yesterday", "", "application/json", 422},
	} {
		t.Run(name, func(t *testing.T) {
			a := k.send(test.method, test.path, test.body, "Content-Type: "+test.contentType).is(test.status)
			a.problems()
			if len(a.Body) > 2000 {
				t.Errorf("the problem quotes %d bytes of the request", len(a.Body))
			}
		})
	}
}

func TestAddressOfAnotherClientIsAConflict(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("first", nil)
	k.send("PUT", "/api/v1/clients/second", map[string]any{"email": "FIRST@example.com"}).is(409).names("body.email")
}

func TestNothingWorksBeforeThePublication(t *testing.T) {
	t.Parallel()
	k := bareKit(t)
	a := k.send("PUT", "/api/v1/clients/x", map[string]any{}).is(503)
	if !strings.Contains(a.Body, "seventh publish") {
		t.Errorf("the answer does not say what to do: %s", a.Body)
	}
}

func TestBulkTellsWhatBecameOfEachClient(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("known", nil)
	items := []any{
		map[string]any{"external_id": "new", "email": "new@example.com"},
		map[string]any{"external_id": "known", "company": "Levanto"},
		map[string]any{"external_id": "twin", "email": "NEW@example.com"},
		map[string]any{"external_id": "thief", "email": "known@example.com"},
		map[string]any{"external_id": "bad", "first_name": "a\nb", "category": "E"},
		map[string]any{"email": "nameless@example.com"},
		"not a client",
	}
	want := []string{
		"new created []", "known updated []", "twin error [body[2].email]", "thief error [body[3].email]",
		"bad error [body[4].category body[4].first_name]", " error [body[5].external_id]", " error [body[6]]",
	}
	if diff := cmp.Diff(want, summary(k.send("POST", "/api/v1/clients/bulk", items).is(200))); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}

	lines := "{\"external_id\":\"n1\"}\n\n{\"external_id\":\"n2\",\n{\"external_id\":\"n3\"}"
	got := summary(k.send("POST", "/api/v1/clients/bulk", lines, "Content-Type: application/x-ndjson").is(200))
	if diff := cmp.Diff([]string{"n1 created []", " error [body[1]]", "n3 created []"}, got); diff != "" {
		t.Errorf("results of lines (-want +got):\n%s", diff)
	}
}

func summary(a *answer) []string {
	var out []string
	for _, item := range a.items() {
		places := []any{}
		errors, _ := item["errors"].([]any)
		for _, e := range errors {
			places = append(places, e.(map[string]any)["location"])
		}
		out = append(out, fmt.Sprint(item["external_id"], " ", item["status"], " ", places))
	}
	return out
}

func TestBulkRefusesWhatIsNoListOfClients(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.send("POST", "/api/v1/clients/bulk", "["+strings.Repeat("{},", 10_000)+"{}]").is(422).names("body")
	k.send("POST", "/api/v1/clients/bulk", `{"items":[]}`).is(400).names("body")
	k.send("POST", "/api/v1/clients/bulk", `null`).is(400).names("body")
	k.send("POST", "/api/v1/clients/bulk", `a,b`, "Content-Type: text/csv").is(415).problems()
	k.send("POST", "/api/v1/clients/bulk", strings.Repeat(" ", 32<<20+1)).is(413).problems()
	if items := k.send("POST", "/api/v1/clients/bulk", `[]`).is(200).items(); len(items) != 0 {
		t.Errorf("no clients gave %v", items)
	}
}

func TestBulkTakesTenThousandClients(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var b strings.Builder
	for i := range bulkLimit {
		fmt.Fprintf(&b, `{"external_id":"c%d","email":"c%d@example.com","time_zone":"Asia/Omsk"}`+"\n", i, i)
	}
	items := k.send("POST", "/api/v1/clients/bulk", b.String(), "Content-Type: application/x-ndjson; charset=utf-8").is(200).items()
	if len(items) != bulkLimit || items[bulkLimit-1]["status"] != "created" {
		t.Errorf("%d results, the last %v", len(items), items[len(items)-1])
	}
	if n := k.count("SELECT count(*) FROM clients"); n != bulkLimit {
		t.Errorf("%d clients", n)
	}
}

func TestRepsAreNamedByTheCRM(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.send("PUT", "/api/v1/reps/Olga@levanto.example.com", map[string]any{"name": "Olga Petrova", "phone": "+7 495 000-00-00"}).is(200)
	got := k.send("PUT", "/api/v1/reps/olga@levanto.example.com", map[string]any{"position": "Engineer"}).is(200).json()
	want := map[string]any{"email": "olga@levanto.example.com", "name": "Olga Petrova", "role": "rep", "phone": "+7 495 000-00-00", "position": "Engineer"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rep (-want +got):\n%s", diff)
	}
	k.exec("UPDATE users SET role = 'admin'")
	if got := k.send("PUT", "/api/v1/reps/olga@levanto.example.com", map[string]any{"name": "O. P."}).is(200).json()["role"]; got != "admin" {
		t.Errorf("a rename gave the role %v", got)
	}
	k.send("PUT", "/api/v1/reps/nobody", map[string]any{"name": "a\r\nb"}).is(422).names("path.email", "body.name")
	k.send("GET", "/api/v1/reps/nobody@example.com", nil).is(404)
	if items := k.send("GET", "/api/v1/reps", nil).is(200).items(); len(items) != 1 {
		t.Errorf("reps: %v", items)
	}
}
