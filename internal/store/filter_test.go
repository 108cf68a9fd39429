package store_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// A client as the database gives it back: numbers are float64, lists []any.
func TestFilterPicksTheSameClientsInSQL(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	owner := must(store.OwnersByEmail(t.Context(), o.db, []string{"rep@example.com"}))(t)["rep@example.com"]
	bought := noon.Add(-180 * 24 * time.Hour)
	ann := named("ann")
	ann.Category, ann.OwnerID, ann.Products, ann.LastPurchaseAt = "C", &owner, []string{"pump", "filter"}, &bought
	ann.Attributes = map[string]any{
		"industry": "retail", "power": json.Number("1.50"), "partner": true, "tags": []any{"vip", 3.0, nil, []any{"deep"}}, "none": nil,
		"nobody": []any{}, "zip": "0123", "tiny": 1e-7, "huge": 1e21, "shape": map[string]any{"inner": "round"}, `odd "name" ' $1`: "x",
	}
	bob := named("bob")
	ok(t, store.SaveClients(t.Context(), o.db, []*store.Client{ann, bob}))

	for _, tc := range []struct{ where, want string }{
		{`{}`, "ann bob"},
		{`{"category": "C"}`, "ann"},
		{`{"category": ["", "C"]}`, "ann bob"},
		{`{"owner": "rep@example.com"}`, "ann"},
		{`{"owner": ""}`, "bob"},
		{`{"products": ["dryer", "filter"]}`, "ann"},
		{`{"products": "dryer"}`, ""},
		{`{"products": ""}`, "bob"},
		{`{"attributes": {"industry": ["retail", "food"]}}`, "ann"},
		{`{"attributes": {"industry": ""}}`, "bob"},
		{`{"attributes": {"power": 1.5}}`, "ann"},
		{`{"attributes": {"power": 1.50}}`, "ann"},
		{`{"attributes": {"partner": true}}`, "ann"},
		{`{"attributes": {"tags": "vip"}}`, "ann"},
		{`{"attributes": {"tags": 3}}`, "ann"},
		{`{"attributes": {"tags": "deep"}}`, "ann"},
		{`{"attributes": {"tags": ""}}`, "ann bob"},
		{`{"attributes": {"none": ""}}`, "ann bob"},
		{`{"attributes": {"nobody": ""}}`, "ann bob"},
		{`{"attributes": {"zip": "0123"}}`, "ann"},
		{`{"attributes": {"zip": "123"}}`, ""},
		{`{"attributes": {"tiny": "0.0000001"}}`, "ann"},
		{`{"attributes": {"huge": "1000000000000000000000"}}`, "ann"},
		{`{"attributes": {"shape": "round"}}`, ""},
		{`{"attributes": {"odd \"name\" ' $1": "x"}}`, "ann"},
		{`{"last_purchase": {"older_than": "180d"}}`, "ann"},
		{`{"last_purchase": {"within": "180d"}}`, ""},
		{`{"last_purchase": {"within": "181d"}}`, "ann"},
		{`{"last_purchase": "never"}`, "bob"},
		{`{"not": {"last_purchase": {"within": "30d"}}}`, "ann bob"},
		{`{"not": {"category": "C", "owner": ""}}`, "ann bob"},
		{`{"not": {"not": {"category": "C"}}}`, "ann"},
	} {
		t.Run(tc.where, func(t *testing.T) {
			t.Parallel()
			var m map[string]any
			ok(t, json.Unmarshal([]byte(tc.where), &m))
			filter := must(sequences.ParseFilter(m))(t)
			var inSQL, inGo []string
			for _, c := range must(store.ClientsByID(t.Context(), o.db, matching(t, o.db, filter)))(t) {
				inSQL = append(inSQL, c.ExternalID)
			}
			for _, name := range []string{"ann", "bob"} {
				c := must(store.ClientByExternalID(t.Context(), o.db, name))(t)
				if filter.Match(c.Facts(), noon) {
					inGo = append(inGo, name)
				}
			}
			if got := strings.Join(inSQL, " "); got != tc.want {
				t.Errorf("SQL picks %q, want %q", got, tc.want)
			}
			if got := strings.Join(inGo, " "); got != tc.want {
				t.Errorf("Match picks %q, want %q", got, tc.want)
			}
		})
	}
}

// matching are the clients that a filter picks in SQL, two at a time.
func matching(t testing.TB, db store.DB, f sequences.Filter) []int64 {
	t.Helper()
	where, args, err := store.FilterSQL(f, noon)
	ok(t, err)
	var ids []int64
	for after := int64(0); ; after = ids[len(ids)-1] {
		page := must(store.ClientIDsMatching(t.Context(), db, where, args, after, 50))(t)
		if len(page) == 0 {
			return ids
		}
		ids = append(ids, page...)
	}
}

// 40 clients and 200 filters make 8,000 pairs.
func TestAnyFilterSaysTheSameInSQLAsInGo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	random := rand.New(rand.NewPCG(7, 7))
	owners := must(store.OwnersByEmail(t.Context(), o.db, []string{"ann@example.com", "bob@example.com"}))(t)
	var clients []*store.Client
	for _, name := range numbered("client", 40) {
		clients = append(clients, randomClient(random, name, owners))
	}
	ok(t, store.SaveClients(t.Context(), o.db, clients))

	var stored []store.Client
	for _, c := range clients {
		stored = append(stored, must(store.ClientByID(t.Context(), o.db, c.ID))(t))
	}
	picked := 0
	for range 200 {
		filter := sequences.Filter{Conditions: randomConditions(random, 3)}
		inSQL := make(map[int64]bool)
		for _, id := range matching(t, o.db, filter) {
			inSQL[id] = true
		}
		for _, c := range stored {
			if want := filter.Match(c.Facts(), noon); inSQL[c.ID] != want {
				t.Fatalf("filter %+v of %+v is %v in SQL, %v in Go", filter, c.Facts(), inSQL[c.ID], want)
			}
		}
		picked += len(inSQL)
	}
	if all := 200 * len(clients); picked < all/10 || picked > all*9/10 {
		t.Errorf("%d of %d pairs match: the filters say too little", picked, all)
	}
}

// texts are what clients have and filters ask for, some of it alike but not the same.
var texts = []string{"", "C", "1.5", "1.50", "2", "true", "vip", "Ромашка", `a "b" 'c' \`, "null", "2026-03-02", "100000000000000000000000", "0.0000001"}

// values are what JSON can hold in an attribute.
var values = []any{
	nil, "", "C", "1.5", "1.50", "vip", "2026-03-02", true, false, 1.5, json.Number("1.50"), json.Number("2.0"), 2, 0.1, 1e23, 1e-7, -3.25,
	[]any{}, []any{"vip", 2.0}, []any{nil}, []any{[]any{}, "x"}, []any{[]any{"C", 1.5}, true}, []string{"Ромашка"},
}

func randomClient(random *rand.Rand, name string, owners map[string]int64) *store.Client {
	c := named(name)
	c.Category = pick(random, []string{"", "A", "B", "C", "D"})
	c.Temperature = pick(random, []string{"cold", "warm", "hot"})
	c.Stage = pick(random, []string{"lead", "customer", "past_customer"})
	c.Locale, c.Source, c.Company = pick(random, texts), pick(random, texts), pick(random, texts)
	if id, has := owners[pick(random, []string{"", "ann@example.com", "bob@example.com"})]; has {
		c.OwnerID = &id
	}
	for range random.IntN(3) {
		c.Products = append(c.Products, pick(random, texts))
	}
	c.Attributes = map[string]any{}
	for _, attribute := range []string{"x", "y"} {
		if random.IntN(4) > 0 {
			c.Attributes[attribute] = pick(random, values)
		}
	}
	if random.IntN(3) > 0 {
		// Right at a bound, or a microsecond, the precision of PostgreSQL, beside it.
		at := randomSpan(random).Sub(noon).Add(time.Duration(random.IntN(3)-1) * time.Microsecond)
		c.LastPurchaseAt = &at
	}
	return c
}

func randomConditions(random *rand.Rand, depth int) []sequences.Condition {
	in := func(field string, known ...string) sequences.Condition {
		c := sequences.Condition{Field: field, Op: sequences.In}
		for range 1 + random.IntN(3) {
			c.Values = append(c.Values, pick(random, known))
		}
		return c
	}
	var all []sequences.Condition
	for range 1 + random.IntN(2) {
		switch random.IntN(12) {
		case 0:
			all = append(all, in(sequences.FieldCategory, "", "A", "B", "C", "D"))
		case 1:
			all = append(all, in(sequences.FieldTemperature, "cold", "warm", "hot"))
		case 2:
			all = append(all, in(sequences.FieldStage, "lead", "customer", "past_customer"))
		case 3:
			all = append(all, in(pick(random, []string{sequences.FieldLocale, sequences.FieldSource, sequences.FieldCompany}), texts...))
		case 4:
			all = append(all, in(sequences.FieldOwner, "", "ann@example.com", "bob@example.com"))
		case 5:
			all = append(all, in(sequences.FieldProducts, texts...))
		case 6, 7:
			c := in(sequences.FieldAttributes, texts...)
			c.Attribute = pick(random, []string{"x", "y", "z"})
			all = append(all, c)
		case 8:
			op := pick(random, []sequences.Op{sequences.OlderThan, sequences.Within})
			all = append(all, sequences.Condition{Field: sequences.FieldLastPurchase, Op: op, Span: randomSpan(random)})
		case 9:
			all = append(all, sequences.Condition{Field: sequences.FieldLastPurchase, Op: sequences.Never})
		default:
			if depth > 0 {
				all = append(all, sequences.Condition{Field: sequences.FieldNot, Not: randomConditions(random, depth-1)})
			}
		}
	}
	return all
}

// randomSpan is one of few, so that clients and filters often meet.
func randomSpan(random *rand.Rand) sequences.Duration {
	return pick(random, []sequences.Duration{
		{N: 90, Unit: sequences.Minute}, {N: 36, Unit: sequences.Hour}, {N: 30, Unit: sequences.Day},
		{N: 3, Unit: sequences.Week}, {N: 1, Unit: sequences.Month}, {N: 5, Unit: sequences.BusinessDay},
	})
}

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

func TestFilterWithoutValuesPicksNobodyAndItsNotEverybody(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.clients("ann")
	for _, field := range []string{sequences.FieldCategory, sequences.FieldProducts, sequences.FieldAttributes} {
		none := sequences.Condition{Field: field, Op: sequences.In}
		if got := matching(t, o.db, sequences.Filter{Conditions: []sequences.Condition{none}}); len(got) != 0 {
			t.Errorf("%s: %d clients match no value", field, len(got))
		}
		not := sequences.Condition{Field: sequences.FieldNot, Not: []sequences.Condition{none}}
		if got := matching(t, o.db, sequences.Filter{Conditions: []sequences.Condition{not}}); len(got) != 1 {
			t.Errorf("%s: %d clients match what nobody matches, negated; want 1", field, len(got))
		}
	}
}

func TestFilterThatSQLCannotSayIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []sequences.Condition{
		{Field: "password_hash", Op: sequences.In},
		{Field: sequences.FieldCategory, Op: "like"},
		{Field: sequences.FieldCategory, Op: sequences.Never},
		{Field: sequences.FieldLastPurchase, Op: sequences.In},
		{Field: sequences.FieldLastPurchase, Op: "like"},
		{Field: sequences.FieldNot, Not: []sequences.Condition{{Field: "1=1 --"}}},
	} {
		if where, _, err := store.FilterSQL(sequences.Filter{Conditions: []sequences.Condition{c}}, noon); err == nil {
			t.Errorf("%+v became %q", c, where)
		}
	}
}
