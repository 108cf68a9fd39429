package sequences

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// where reads a filter as a segment would have it.
func where(t testing.TB, src string) Filter {
	t.Helper()
	segment, problems := ParseSegment("test.yaml", []byte("segment: test\nwhere: "+src+"\n"), nil)
	for _, p := range problems {
		t.Fatal(p)
	}
	return segment.Where
}

func ago(now time.Time, d time.Duration) *time.Time {
	past := now.Add(-d)
	return &past
}

func TestFilterPicksClients(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-03-02 10:00 Europe/Moscow")
	const day = 24 * time.Hour
	lead := Facts{Category: "C", Stage: "lead", Products: []string{"pump", "filter"}, Attributes: map[string]any{
		"industry": "retail", "employees": 10.0, "partner": true, "tags": []any{"vip", 3.0}, "exact": json.Number("1.50"),
	}}
	known := Facts{Temperature: "hot", Locale: "ru", Owner: "ann@example.com", Source: "web", Company: "Ромашка", Attributes: map[string]any{
		"contract_until": time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), "cities": []string{"Tomsk"}, "tags": []any{}, "others": []string{},
	}}
	customer := Facts{Category: "D", LastPurchaseAt: ago(now, 200*day)}
	for _, tc := range []struct {
		name, where string
		client      Facts
		want        bool
	}{
		{"no condition picks everybody", "{}", lead, true},
		{"one value", "{ category: C }", lead, true},
		{"another value", "{ category: D }", lead, false},
		{"one of several", "{ category: [C, D] }", customer, true},
		{"every field", "{ temperature: hot, locale: ru, owner: ann@example.com, source: web, company: Ромашка }", known, true},
		{"every field, one otherwise", "{ temperature: hot, locale: ru, owner: ann@example.com, source: fair, company: Ромашка }", known, false},
		{"a date", "{ attributes: { contract_until: 2026-03-02, cities: [Omsk, Tomsk] } }", known, true},
		{"an empty list", `{ attributes: { tags: "", others: "" } }`, known, true},
		{"all conditions must hold", "{ category: C, stage: customer }", lead, false},
		{"any of the products", "{ products: [dryer, filter] }", lead, true},
		{"none of the products", "{ products: dryer }", lead, false},
		{"no products", `{ products: "" }`, customer, true},
		{"an unset category is not C", "{ category: C }", Facts{}, false},
		{"an unset category is the empty one", `{ category: ["", C] }`, Facts{}, true},
		{"an attribute", "{ attributes: { industry: [retail, food] } }", lead, true},
		{"a number", "{ attributes: { employees: 10 } }", lead, true},
		{"a number written otherwise", "{ attributes: { employees: 10.0, exact: 1.5 } }", lead, true},
		{"true", "{ attributes: { partner: true } }", lead, true},
		{"one of an attribute's list", "{ attributes: { tags: 3 } }", lead, true},
		{"an unset attribute", "{ attributes: { city: Omsk } }", lead, false},
		{"an unset attribute is the empty one", `{ attributes: { city: "" } }`, lead, true},
		{"long ago", "{ last_purchase: { older_than: 180d } }", customer, true},
		{"not long enough ago", "{ last_purchase: { older_than: 201d } }", customer, false},
		{"who never bought did not buy long ago", "{ last_purchase: { older_than: 180d } }", lead, false},
		{"lately", "{ last_purchase: { within: 201d } }", customer, true},
		{"not lately", "{ last_purchase: { within: 200d } }", customer, false},
		{"who never bought did not buy lately", "{ last_purchase: { within: 30d } }", lead, false},
		{"never", "{ last_purchase: never }", lead, true},
		{"not never", "{ last_purchase: never }", customer, false},
		{"between", "{ last_purchase: { older_than: 180d, within: 12mo } }", customer, true},
		{"not", "{ not: { category: [A, B] } }", lead, true},
		{"not as a whole", "{ not: { category: C, stage: customer } }", lead, true},
		{"not of what holds", "{ not: { category: C, stage: lead } }", lead, false},
		{"not not", "{ not: { not: { category: C } } }", lead, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := where(t, tc.where).Match(tc.client, now); got != tc.want {
				t.Errorf("%s is %v, want %v", tc.where, got, tc.want)
			}
		})
	}
}

func TestChangesIsWhenTheAnswerTurns(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-03-02 10:00 UTC")
	bought := at(t, "2026-01-31 10:00 UTC")
	for _, tc := range []struct{ name, where, want string }{
		{"becoming quiet", "{ last_purchase: { older_than: 180d } }", "2026-07-30T10:00:00Z"},
		{"no longer recent", "{ last_purchase: { within: 2mo } }", "2026-03-31T10:00:00Z"},
		{"a month later", "{ last_purchase: { older_than: 1mo } }", ""},
		{"already quiet", "{ last_purchase: { older_than: 7d } }", ""},
		{"the other condition stands in the way", "{ category: A, last_purchase: { older_than: 180d } }", ""},
		{"the first of two turns", "{ last_purchase: { older_than: 2mo, within: 6mo } }", "2026-03-31T10:00:00Z"},
		{"not counts the other way", "{ not: { last_purchase: { within: 2mo } } }", "2026-03-31T10:00:00Z"},
		{"nothing about time", "{ category: C }", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			turn, ok := where(t, tc.where).Changes(Facts{Category: "C", LastPurchaseAt: &bought}, now)
			got := ""
			if ok {
				got = turn.Format(time.RFC3339)
			}
			if got != tc.want {
				t.Errorf("changes at %q, want %q", got, tc.want)
			}
		})
	}
	if _, ok := where(t, "{ last_purchase: { older_than: 180d } }").Changes(Facts{}, now); ok {
		t.Error("who never bought becomes quiet by time alone")
	}
}

// Whatever the filter, Match answers the same until the instant Changes tells,
// and otherwise at it.
func TestMatchTurnsExactlyAtChanges(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	start := at(t, "2023-06-01 00:00 Europe/Berlin")
	for range 500 {
		f := joinedBy(And, randomConditions(random, 2))
		now := start.Add(time.Duration(random.Int64N(int64(1000 * 24 * time.Hour))))
		facts := Facts{Category: "C", LastPurchaseAt: ago(now, time.Duration(random.Int64N(int64(100*24*time.Hour))))}
		turn, ok := f.Changes(facts, now)
		until := turn
		if !ok {
			until = now.Add(800 * 24 * time.Hour)
		}
		answer := f.Match(facts, now)
		for range 50 {
			moment := now.Add(time.Duration(random.Int64N(int64(until.Sub(now)))))
			if f.Match(facts, moment) != answer {
				t.Fatalf("%+v: Match turned at %s, before %s", f, moment, until)
			}
		}
		if ok && (f.Match(facts, turn.Add(-1)) != answer || f.Match(facts, turn) == answer) {
			t.Fatalf("%+v of %s: Match does not turn at %s", f, facts.LastPurchaseAt, turn)
		}
	}
}

func randomConditions(random *rand.Rand, depth int) []Expression {
	units := []Unit{Minute, Hour, Day, Week, Month, BusinessDay}
	var all []Expression
	for range 1 + random.IntN(2) {
		span := Duration{N: 1 + random.IntN(20), Unit: units[random.IntN(len(units))]}
		switch random.IntN(4) {
		case 0:
			all = append(all, Expression{Field: FieldLastPurchase, Op: OlderThan, Span: span})
		case 1:
			all = append(all, Expression{Field: FieldLastPurchase, Op: Within, Span: span})
		case 2:
			all = append(all, Expression{Field: FieldCategory, Op: In, Values: []string{"C"}})
		case 3:
			if depth > 0 {
				all = append(all, negated(joinedBy(And, randomConditions(random, depth-1))))
			}
		}
	}
	return all
}

func TestFilterFromJSONIsTheSame(t *testing.T) {
	t.Parallel()
	const src = `{"category": ["C", ""], "company": "Ромашка \"и\" <Ко>: # \\ 😀\u2009", "products": [], "x": 1}`
	var m map[string]any
	if err := json.Unmarshal([]byte(src), &m); err != nil {
		t.Fatal(err)
	}
	_, err := ParseFilter(m)
	if err == nil || !strings.Contains(err.Error(), "this list is empty") || !strings.Contains(err.Error(), `unknown condition "x"`) {
		t.Errorf("not all problems are told: %v", err)
	}
	delete(m, "products")
	delete(m, "x")
	m["attributes"] = map[string]any{"employees": 10.5, "partner": true, "zip": "0123"}
	m["not"] = map[string]any{"last_purchase": map[string]any{"older_than": "180d"}}
	got, err := ParseFilter(m)
	if err != nil {
		t.Fatal(err)
	}
	want := Filter{Expression{Op: And, Of: []Expression{
		{Field: "attributes", Attribute: "employees", Op: In, Values: []string{"10.5"}},
		{Field: "attributes", Attribute: "partner", Op: In, Values: []string{"true"}},
		{Field: "attributes", Attribute: "zip", Op: In, Values: []string{"0123"}},
		{Field: "category", Op: In, Values: []string{"C", ""}},
		{Field: "company", Op: In, Values: []string{"Ромашка \"и\" <Ко>: # \\ 😀\u2009"}},
		{Op: Not, Of: []Expression{{Field: "last_purchase", Op: OlderThan, Span: Duration{180, Day}}}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ParseFilter(map[string]any{"category": func() {}}); err == nil {
		t.Error("what is no JSON was read")
	}
}
