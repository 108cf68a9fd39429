package worker

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/templates"
)

// shown is what every field shows for one letter, printed.
func shown(f *fields) map[string]string {
	shown := map[string]string{}
	for _, path := range templates.Fields([]string{"industry"}) {
		v := reflect.ValueOf(f.Field(path))
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.IsValid() && !(v.Kind() == reflect.Pointer) {
			shown[path] = fmt.Sprint(v.Interface())
		}
	}
	return shown
}

func TestEveryFieldShowsItsValue(t *testing.T) {
	t.Parallel()
	bought, ends := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	settings := &sequences.Settings{}
	settings.Company.Name, settings.Company.Site, settings.Company.Address = "Acme", "https://acme.example", "1 High Street"
	settings.Company.Phone, settings.Company.Email = "+1", "hello@acme.example"
	l := &engine.Letter{
		Client: &store.Client{
			ExternalID: "7", FirstName: "Ann", LastName: "Brown", Email: "ann@client.example", Company: "Brown", Category: "C", Temperature: "warm", Stage: "lead",
			Locale: "en", Source: "web", Products: []string{"a", "b"}, LastPurchaseAt: &bought, Attributes: map[string]any{"industry": "wood"},
		},
		Rep:  store.User{Name: "Peter Hill", Email: "peter@acme.example", Phone: "+2", Position: "manager"},
		From: sequences.Sender{Name: "Peter", Email: "peter@acme.example"},
		Zone: time.FixedZone("", 3*60*60),
	}
	l.OfferName, l.OfferExpiresAt = "spring", &ends
	f := &fields{Letter: l, settings: settings, unsubscribe: "https://u.example/1"}
	l.Previous = &store.User{Name: "Mary Field", Email: "mary@acme.example", Phone: "+3"}
	want := map[string]string{
		"client.external_id": "7", "client.first_name": "Ann", "client.last_name": "Brown", "client.name": "Ann Brown", "client.email": "ann@client.example",
		"client.company": "Brown", "client.category": "C", "client.temperature": "warm", "client.stage": "lead", "client.locale": "en", "client.source": "web",
		"client.products": "[a b]", "client.last_purchase_at": "2026-03-02 01:00:00 +0300 +0300", "client.attributes.industry": "wood",
		"rep.name": "Peter Hill", "rep.first_name": "Peter", "rep.email": "peter@acme.example", "rep.phone": "+2", "rep.position": "manager",
		"company.name": "Acme", "company.site": "https://acme.example", "company.address": "1 High Street", "company.phone": "+1", "company.email": "hello@acme.example",
		"previous_rep.name": "Mary Field", "previous_rep.email": "mary@acme.example", "previous_rep.phone": "+3",
		"offer.name": "spring", "offer.expires_at": "2026-04-01 12:00:00 +0300 +0300", "link.unsubscribe": "https://u.example/1",
	}
	if diff := cmp.Diff(want, shown(f)); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}

	l.From = sequences.Sender{Name: "The team", Email: "team@acme.example"}
	l.OfferExpiresAt, l.Client.LastPurchaseAt, l.Previous = nil, nil, nil
	want["rep.name"], want["rep.first_name"], want["rep.email"] = "The team", "The", "team@acme.example"
	for _, path := range []string{"rep.phone", "rep.position", "offer.name", "offer.expires_at", "client.last_purchase_at",
		"previous_rep.name", "previous_rep.email", "previous_rep.phone"} {
		delete(want, path)
	}
	if diff := cmp.Diff(want, shown(f)); diff != "" {
		t.Errorf("fields of a named sender without an offer (-want +got):\n%s", diff)
	}
}
