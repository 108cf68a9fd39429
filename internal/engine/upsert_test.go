package engine

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/store"
)

// versions are the physical versions of the clients' rows: whoever is written gets
// another one, whatever is in it.
func versions(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	var all string
	if err := pool.QueryRow(t.Context(), "SELECT string_agg(ctid::text || xmin::text || xmax::text, ' ' ORDER BY id) FROM clients").Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// whole is a patch that says everything.
func whole(id string) ClientPatch {
	at := time.Date(2025, 3, 1, 9, 0, 0, 123456789, time.FixedZone("", 3*3600))
	return ClientPatch{
		ExternalID: id, Email: text(id + "@Client.example"), FirstName: text("Ann"), LastName: text("Lee"), Company: text("Acme"), CompanyID: text("7"),
		Category: text("C"), Temperature: text("warm"), Stage: text("interest"), Owner: text("Rep@Firm.example"), Locale: text("ru"), TimeZone: text("Asia/Omsk"),
		Attributes: map[string]any{"industry": "food", "power": 75.5, "vip": true}, Products: []string{"pump"}, Source: text("partner:ACME"), LastPurchaseAt: &at,
		Consent: &Consent{Basis: "opt_in", Source: "form", At: &at, TextVersion: "2", Evidence: "ip"},
	}
}

func TestRepeatedPatchWritesNothing(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	first := []ClientPatch{whole("ann"), whole("bob"), {ExternalID: "carol"}}
	if _, err := e.UpsertClients(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	before := versions(t, pool)
	again := []ClientPatch{whole("ann"), {ExternalID: "bob"}, whole("ann"), {ExternalID: "carol", Attributes: map[string]any{}, Products: []string{}, Email: text("")}}
	results, err := e.UpsertClients(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Created || r.Err != nil || r.ExternalID != again[i].ExternalID {
			t.Errorf("patch %d: %+v", i, r)
		}
	}
	if after := versions(t, pool); after != before {
		t.Errorf("rows were written or locked:\nbefore %s\nafter  %s", before, after)
	}

	bob := whole("bob")
	bob.FirstName = text("Bob")
	results, err = e.UpsertClients(t.Context(), []ClientPatch{whole("ann"), bob, {ExternalID: "dan"}, whole("bob")})
	if err != nil || results[0].Created || results[1].Created || !results[2].Created {
		t.Fatal(results, err)
	}
	client, err := store.ClientByExternalID(t.Context(), pool, "bob")
	if err != nil || client.FirstName != "Ann" {
		t.Errorf("the later of two patches does not hold: %q, %v", client.FirstName, err)
	}
	annBefore, _, _ := strings.Cut(before, " ")
	if annAfter, _, _ := strings.Cut(versions(t, pool), " "); annAfter != annBefore {
		t.Errorf("ann was written beside bob: %s, before %s", annAfter, annBefore)
	}
}

// Every field that a patch can change makes a difference.
func TestSameMissesNoField(t *testing.T) {
	t.Parallel()
	row := map[string]bool{"ID": true, "OwnerID": true, "ExternalID": true, "ReviewAt": true, "CreatedAt": true, "UpdatedAt": true} // not the CRM's
	now := time.Now()
	fields := reflect.TypeFor[store.Client]()
	for i := range fields.NumField() {
		var a, b store.Client
		switch field := reflect.ValueOf(&b).Elem().Field(i); field.Interface().(type) {
		case string:
			field.SetString("x")
		case *time.Time:
			field.Set(reflect.ValueOf(&now))
		case map[string]any:
			field.Set(reflect.ValueOf(map[string]any{"x": nil}))
		case []string:
			field.Set(reflect.ValueOf([]string{"x"}))
		}
		if name := fields.Field(i).Name; same(&a, &b) != row[name] {
			t.Errorf("a change of %s: same is %v", name, same(&a, &b))
		}
	}
}

// A bulk change of categories ends the chains of all who are moved, and of nobody
// else, and starts the others.
func TestChangesOfManyEndTheirChains(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	var first, moved []ClientPatch
	for i := range 150 {
		id := fmt.Sprint("c", i)
		first = append(first, ClientPatch{ExternalID: id, Email: text(id + "@client.example"), Category: text("C"), Consent: &Consent{Basis: "opt_in"}})
		if i < 120 {
			moved = append(moved, ClientPatch{ExternalID: id, Category: text("D")})
		}
	}
	bought := time.Now().Add(-time.Hour)
	moved = append(moved, ClientPatch{ExternalID: "c149", LastPurchaseAt: &bought})
	for _, patches := range [][]ClientPatch{first, moved} {
		if _, err := e.UpsertClients(t.Context(), patches); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for what, want := range map[string]int{
		"s.name = 'chain' AND e.state = 'active'":                  29,
		"s.name = 'chain' AND e.end_reason = 'category_changed'":   120,
		"s.name = 'chain' AND e.end_reason = 'purchased'":          1,
		"s.name = 'other' AND e.state = 'active'":                  120,
		"s.name = 'other' AND e.state <> 'active' OR e.id IS NULL": 0,
	} {
		var got int
		err := pool.QueryRow(t.Context(), "SELECT count(*) FROM enrollments e JOIN sequences s ON s.id = e.sequence_id WHERE "+what).Scan(&got)
		if err != nil || got != want {
			t.Errorf("%s: %d (%v), want %d", what, got, err, want)
		}
	}
}
