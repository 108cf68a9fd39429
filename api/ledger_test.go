package api

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

var monday = time.Date(2025, 3, 3, 10, 0, 0, 0, time.UTC)

func TestTouchesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C", "owner": "olga@levanto.example.com"})
	k.client("bob", nil)
	letter := k.sent("ann", monday)
	call := k.send("POST", "/api/v1/touches", map[string]any{
		"client": "ann", "kind": "call", "at": "2025-03-05T12:00:00+03:00", "rep": "Ivan@levanto.example.com", "data": map[string]any{"note": "asked for a price"},
	}).is(201).json()
	k.send("POST", "/api/v1/touches", map[string]any{"client": "bob", "kind": "coffee", "at": "2025-03-04T09:00:00Z"}).is(201)

	all := k.send("GET", "/api/v1/touches", nil).is(200).items()
	if diff := cmp.Diff([]string{"ann call", "bob coffee", "ann sent"}, kinds(all)); diff != "" {
		t.Fatalf("ledger (-want +got):\n%s", diff)
	}
	wantCall := map[string]any{
		"id": call["id"], "client": "ann", "kind": "call", "channel": "call", "at": "2025-03-05T09:00:00Z", "actor": "rep", "sequence": "", "step": "",
		"message_id": "", "rep": "ivan@levanto.example.com", "data": map[string]any{"note": "asked for a price"},
	}
	if diff := cmp.Diff(wantCall, all[0]); diff != "" {
		t.Errorf("call (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantCall, call); diff != "" {
		t.Errorf("answer to the call (-want +got):\n%s", diff)
	}
	wantLetter := map[string]any{
		"id": fmt.Sprintf("m%d", letter), "client": "ann", "kind": "sent", "channel": "email", "at": "2025-03-03T10:00:00Z", "actor": "seventh",
		"sequence": "c-nurture", "step": "guide", "message_id": k.links.MessageID(letter) + "@levanto.example.com", "rep": "olga@levanto.example.com", "data": map[string]any{},
	}
	if diff := cmp.Diff(wantLetter, all[2]); diff != "" {
		t.Errorf("letter (-want +got):\n%s", diff)
	}
	for query, want := range map[string][]string{
		"client=ann":                         {"ann call", "ann sent"},
		"rep=olga@levanto.example.com":       {"ann sent"},
		"sequence=c-nurture":                 {"ann sent"},
		"kind=coffee":                        {"bob coffee"},
		"channel=other":                      {"bob coffee"},
		"since=2025-03-05T09:00:00Z":         {"ann call"},
		"until=2025-03-04T09:00:00Z":         {"ann sent"},
		"client=nobody":                      nil,
		"limit=1&since=2025-03-04T00:00:00Z": {"ann call"},
	} {
		if diff := cmp.Diff(want, kinds(k.send("GET", "/api/v1/touches?"+query, nil).is(200).items())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func kinds(items []map[string]any) []string {
	var out []string
	for _, t := range items {
		out = append(out, fmt.Sprint(t["client"], " ", t["kind"]))
	}
	return out
}

func TestLedgerIsPagedAcrossLettersAndTouches(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	for i := range 4 { // all at one moment: only the id tells them apart
		k.sent("ann", monday)
		k.send("POST", "/api/v1/touches", map[string]any{"client": "ann", "kind": fmt.Sprintf("note%d", i), "at": monday}).is(201)
	}
	seen, cursor := map[any]bool{}, ""
	for range 3 {
		a := k.send("GET", "/api/v1/touches?limit=3&cursor="+url.QueryEscape(cursor), nil).is(200)
		for _, touch := range a.items() {
			if seen[touch["id"]] {
				t.Errorf("%v twice", touch["id"])
			}
			seen[touch["id"]] = true
		}
		cursor = a.json()["next_cursor"].(string)
	}
	if len(seen) != 8 || cursor != "" {
		t.Errorf("saw %d of 8, cursor %q", len(seen), cursor)
	}
}

func TestTouchesOfMachinesAreNotWrittenByHand(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", nil)
	for name, test := range map[string]struct {
		change map[string]any
		place  string
	}{
		"a machine's kind": {map[string]any{"kind": "opened"}, "body.kind"},
		"an event's kind":  {map[string]any{"kind": "purchase"}, "body.kind"},
		"no word":          {map[string]any{"kind": "Call me"}, "body.kind"},
		"unknown client":   {map[string]any{"client": "who"}, "body.client"},
		"the future":       {map[string]any{"at": "2999-01-01T00:00:00Z"}, "body.at"},
		"channel":          {map[string]any{"channel": "pigeon"}, "body.channel"},
		"rep":              {map[string]any{"rep": "me"}, "body.rep"},
	} {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{"client": "ann", "kind": "call"}
			for field, value := range test.change {
				body[field] = value
			}
			k.send("POST", "/api/v1/touches", body).is(422).names(test.place)
		})
	}
	a := k.send("POST", "/api/v1/touches", `{"client":"ann","kind":"note","data":{"text":"a\u0000b"}}`).is(422)
	if !strings.Contains(a.Body, "cannot be stored") {
		t.Errorf("NUL: %s", a.Body)
	}
}

func TestEventIsAppliedOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	body := map[string]any{
		"id": "ev-1", "type": "purchase", "client": "ann", "at": "2025-03-03T10:00:00Z", "data": map[string]any{"products": []string{"dryer"}, "amount": 12.5},
	}
	for _, fresh := range []bool{true, false} {
		want := map[string]any{"id": "ev-1", "new": fresh}
		if diff := cmp.Diff(want, k.send("POST", "/api/v1/events", body).is(200).json()); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	}
	client := k.send("GET", "/api/v1/clients/ann", nil).is(200).json()
	if client["stage"] != "customer" || client["last_purchase_at"] != "2025-03-03T10:00:00Z" || fmt.Sprint(client["products"]) != "[dryer]" {
		t.Errorf("client after a purchase: %v", client)
	}
	if got := k.send("GET", "/api/v1/enrollments?client=ann&sequence=c-nurture", nil).is(200).items()[0]["end_reason"]; got != "purchased" {
		t.Errorf("the chain ended with %v", got)
	}
	k.send("POST", "/api/v1/events", map[string]any{"id": "ev-2", "type": "custom:webinar.seen", "client": "ann"}).is(200)
	k.send("POST", "/api/v1/events", map[string]any{"id": "ev-3", "type": "category_changed", "client": "ann", "data": map[string]any{"category": ""}}).is(200)
	k.send("POST", "/api/v1/events", map[string]any{"id": "ev-4", "type": "owner_changed", "client": "ann", "data": map[string]any{"owner": "new@levanto.example.com"}}).is(200)
	if got := k.send("GET", "/api/v1/clients/ann", nil).is(200).json()["owner"]; got != "new@levanto.example.com" {
		t.Errorf("owner %v", got)
	}
}

func TestEventsAreCheckedBeforeAnythingChanges(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", nil)
	for name, test := range map[string]struct {
		body   map[string]any
		places []string
	}{
		"unknown type":     {map[string]any{"type": "purchased"}, []string{"body.type"}},
		"custom no name":   {map[string]any{"type": "custom:"}, []string{"body.type"}},
		"unknown client":   {map[string]any{"client": "who"}, []string{"body.client"}},
		"future":           {map[string]any{"at": "2999-01-01T00:00:00Z"}, []string{"body.at"}},
		"category":         {map[string]any{"type": "category_changed", "data": map[string]any{"category": "Z"}}, []string{"body.data.category"}},
		"no category":      {map[string]any{"type": "category_changed"}, []string{"body.data.category"}},
		"no owner":         {map[string]any{"type": "owner_changed"}, []string{"body.data.owner"}},
		"bad owner":        {map[string]any{"type": "owner_changed", "data": map[string]any{"owner": "x"}}, []string{"body.data.owner"}},
		"side":             {map[string]any{"type": "deal_lost", "data": map[string]any{"side": "them"}}, []string{"body.data.side"}},
		"target":           {map[string]any{"type": "refusal", "data": map[string]any{"target": "no"}}, []string{"body.data.target"}},
		"products, amount": {map[string]any{"data": map[string]any{"products": []any{"a", 7}, "amount": "9"}}, []string{"body.data.products[1]", "body.data.amount"}},
		"products a text":  {map[string]any{"data": map[string]any{"products": "a"}}, []string{"body.data.products"}},
		"id":               {map[string]any{"id": "a\nb"}, []string{"body.id"}},
		"empty id":         {map[string]any{"id": ""}, []string{"body.id"}},
	} {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{"id": "ev", "type": "purchase", "client": "ann"}
			for field, value := range test.body {
				body[field] = value
			}
			k.send("POST", "/api/v1/events", body).is(422).names(test.places...)
		})
	}
	if n := k.count("SELECT count(*) FROM events"); n != 0 {
		t.Errorf("%d events stored", n)
	}
}

func TestMessagesAreFoundByEitherID(t *testing.T) {
	t.Parallel()
	raw := []byte("From: x\r\n\r\nписьмо\x00\xff\r\n")
	var letter int64
	k := newKit(t, func(o *Options) {
		o.Source = func(_ context.Context, id int64) ([]byte, error) {
			if id != letter {
				return nil, store.ErrNotFound
			}
			return raw, nil
		}
	})
	k.client("ann", map[string]any{"category": "C"})
	other := k.sent("ann", monday)
	letter = k.sent("ann", monday.Add(time.Hour))

	name := k.links.MessageID(letter) + "@levanto.example.com"
	want := map[string]any{
		"id": float64(letter), "message_id": name, "client": "ann", "sequence": "c-nurture", "step": "guide", "sender": "Hello@Levanto.example.com",
		"subject": "A guide", "state": "sent", "reason": "", "due_at": "2025-03-03T11:00:00Z", "sent_at": "2025-03-03T11:00:00Z", "response": "250 ok",
		"attempts": 0.0, "until": nil,
	}
	for _, id := range []string{fmt.Sprint(letter), name, "<" + strings.ToUpper(k.links.MessageID(letter)) + "@x>"} {
		path := "/api/v1/messages/" + url.PathEscape(strings.ToLower(id))
		if diff := cmp.Diff(want, k.send("GET", path, nil).is(200).json()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		a := k.send("GET", path+".eml", nil).is(200)
		if a.Body != string(raw) || a.Header.Get("Content-Type") != "message/rfc822" {
			t.Errorf("source %q of type %q", a.Body, a.Header.Get("Content-Type"))
		}
	}
	k.send("GET", fmt.Sprintf("/api/v1/messages/%d.eml", other), nil).is(404).problems()
	for _, id := range []string{"0", "99999999999999999999", "-1", "nonsense", "@", "%3C%3E"} {
		k.send("GET", "/api/v1/messages/"+id, nil).is(404).problems()
	}
	for query, n := range map[string]int{
		"": 2, "client=ann": 2, "client=bob": 0, "sequence=c-nurture": 2, "sender=Hello@Levanto.example.com": 2, "state=sent": 2, "state=planned": 0,
		"since=2025-03-03T10:30:00Z": 1, "limit=1": 1,
	} {
		if got := len(k.send("GET", "/api/v1/messages?"+query, nil).is(200).items()); got != n {
			t.Errorf("%q lists %d, want %d", query, got, n)
		}
	}
}

func TestSuppressionEndsChainsAndCanBeLifted(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	got := k.send("POST", "/api/v1/suppressions", map[string]any{"email": "ANN@example.com", "source": "asked on the phone", "note": ""}).is(201).json()
	delete(got, "created_at")
	want := map[string]any{"email": "ann@example.com", "sequence": "", "reason": "manual", "source": "asked on the phone", "note": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("suppression (-want +got):\n%s", diff)
	}
	if got := k.send("GET", "/api/v1/enrollments?client=ann", nil).items()[0]["end_reason"]; got != "manual" {
		t.Errorf("the chain ended with %v", got)
	}
	k.send("POST", "/api/v1/suppressions", map[string]any{"email": "stranger@example.com"}).is(201)
	k.send("POST", "/api/v1/suppressions", map[string]any{"email": "stranger@example.com"}).is(201)
	if n := len(k.send("GET", "/api/v1/suppressions", nil).is(200).items()); n != 2 {
		t.Errorf("%d suppressions", n)
	}
	if n := len(k.send("GET", "/api/v1/suppressions?email=Stranger@EXAMPLE.com", nil).is(200).items()); n != 1 {
		t.Errorf("%d of the stranger", n)
	}
	k.exec("UPDATE clients SET review_at = NULL")
	k.send("DELETE", "/api/v1/suppressions?email=Ann@example.com", nil).is(204)
	if n := k.count("SELECT count(*) FROM clients WHERE review_at IS NOT NULL"); n != 1 {
		t.Error("his sequences are not decided anew")
	}
	k.send("DELETE", "/api/v1/suppressions?email=stranger@example.com", nil).is(204)
	k.send("DELETE", "/api/v1/suppressions?email=ann@example.com", nil).is(404).says("this address is not on the suppression list")
	k.send("DELETE", "/api/v1/suppressions?email=ann@example.com&sequence=c-nurture", nil).is(404).says(`for the sequence \"c-nurture\"`)
	k.send("DELETE", "/api/v1/suppressions", nil).is(422).names("query.email")
	k.send("POST", "/api/v1/suppressions", map[string]any{"email": ""}).is(422).names("body.email")
	k.send("POST", "/api/v1/suppressions", map[string]any{"email": "x@y"}).is(422).names("body.email")
}

func TestSequenceShowsPeopleAndFunnel(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	k.client("bob", map[string]any{"category": "C"})
	letter := k.sent("ann", monday)
	hits := `INSERT INTO touches (client_id, kind, channel, at, actor, message_id, link) SELECT client_id, $2, 'email', $3, $4, id, 0 FROM messages WHERE id = $1`
	k.exec(hits, letter, "opened", monday, "unknown")
	k.exec(hits, k.sent("bob", monday), "clicked", monday, "machine")

	list := k.send("GET", "/api/v1/sequences", nil).is(200).items()
	if len(list) != 4 || list[0]["name"] != "win-back" || list[1]["enroll"] != "automatic" {
		t.Errorf("sequences: %v", list)
	}
	got := k.send("GET", "/api/v1/sequences/c-nurture", nil).is(200).json()
	if diff := cmp.Diff(map[string]any{"active": 2.0, "paused": 0.0, "ended": 0.0}, got["enrollments"]); diff != "" || got["version"] != 1.0 {
		t.Errorf("version %v, enrollments (-want +got):\n%s", got["version"], diff)
	}
	steps := got["steps"].([]any)
	want := []any{
		map[string]any{"id": "guide", "after": "0", "kind": "email", "does": "letter c/guide", "email": "c/guide", "waiting": 0.0, "sent": 2.0, "opened": 1.0, "clicked": 0.0, "failed": 0.0},
		map[string]any{"id": "case", "after": "cadence", "kind": "email", "does": "letter c/case", "email": "c/case", "waiting": 2.0, "sent": 0.0, "opened": 0.0, "clicked": 0.0, "failed": 0.0},
	}
	if diff := cmp.Diff(want, steps[:2]); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	k.send("GET", "/api/v1/sequences/nope", nil).is(404).problems()
}

func TestSegmentsAreSavedCheckedAndMatched(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	where := map[string]any{"category": []any{"C", "D"}, "attributes": map[string]any{"industry": "food"}}
	k.send("PUT", "/api/v1/segments/bakeries", map[string]any{"title": "Хлеб: \"и\" булки", "where": where}).is(201)
	k.send("PUT", "/api/v1/segments/bakeries", map[string]any{"title": "Хлеб: \"и\" булки", "where": where}).is(200)
	want := map[string]any{"name": "bakeries", "title": "Хлеб: \"и\" булки", "where": where, "origin": "api"}
	if diff := cmp.Diff(want, k.send("GET", "/api/v1/segments/bakeries", nil).is(200).json()); diff != "" {
		t.Errorf("segment (-want +got):\n%s", diff)
	}
	if n := len(k.send("GET", "/api/v1/segments", nil).is(200).items()); n != 5 {
		t.Errorf("%d segments", n)
	}
	for i := range 3 {
		k.client(fmt.Sprintf("baker%d", i), map[string]any{"category": "D", "attributes": map[string]any{"industry": "food"}})
		k.client(fmt.Sprintf("smith%d", i), map[string]any{"category": "D"})
	}
	first := k.send("GET", "/api/v1/segments/bakeries/clients?limit=2", nil).is(200)
	rest := k.send("GET", "/api/v1/segments/bakeries/clients?limit=2&cursor="+first.json()["next_cursor"].(string), nil).is(200)
	var names []any
	for _, c := range append(first.items(), rest.items()...) {
		names = append(names, c["external_id"])
	}
	if diff := cmp.Diff([]any{"baker0", "baker1", "baker2"}, names); diff != "" {
		t.Errorf("clients (-want +got):\n%s", diff)
	}

	text := "category = D and attributes.industry != food and touches = 0 and company != \"a \\\" b\""
	k.send("PUT", "/api/v1/segments/bakeries", map[string]any{"where": text}).is(200)
	if got := k.send("GET", "/api/v1/segments/bakeries", nil).is(200).json()["where"]; got != text {
		t.Errorf("the filter is shown as %v", got)
	}
	if n := len(k.send("GET", "/api/v1/segments/bakeries/clients?limit=9", nil).is(200).items()); n != 3 {
		t.Errorf("%d clients match the text", n)
	}
	for _, wrong := range []any{"categorie = C", "clicked(guide)", "", 5, nil, []any{"C"}} {
		k.send("PUT", "/api/v1/segments/typo", map[string]any{"where": wrong}).is(422).names("body.where")
	}
	k.send("PUT", "/api/v1/segments/typo", map[string]any{"where": map[string]any{"categorie": "C"}}).is(422).names("body.where")
	k.send("PUT", "/api/v1/segments/typo", map[string]any{"title": "no filter"}).is(422).names("body.where")
	k.send("PUT", "/api/v1/segments/Not%20a%20name", map[string]any{"where": where}).is(422).names("path.name")
	k.send("PUT", "/api/v1/segments/c-and-d", map[string]any{"where": where}).is(409).problems()
	k.send("DELETE", "/api/v1/segments/c-and-d", nil).is(409).problems()
	k.send("DELETE", "/api/v1/segments/bakeries", nil).is(204)
	for _, path := range []string{"bakeries", "bakeries/clients"} {
		k.send("GET", "/api/v1/segments/"+path, nil).is(404).problems()
	}
}
