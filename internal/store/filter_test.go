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
		none := sequences.Expression{Field: field, Op: sequences.In}
		if got := matching(t, o.db, sequences.Filter{Expression: none}); len(got) != 0 {
			t.Errorf("%s: %d clients match no value", field, len(got))
		}
		not := sequences.Expression{Op: sequences.Not, Of: []sequences.Expression{none}}
		if got := matching(t, o.db, sequences.Filter{Expression: not}); len(got) != 1 {
			t.Errorf("%s: %d clients match what nobody matches, negated; want 1", field, len(got))
		}
	}
}

func TestFilterThatSQLCannotSayIsRefused(t *testing.T) {
	t.Parallel()
	for _, e := range []sequences.Expression{
		{Field: "password_hash", Op: sequences.In},
		{Field: sequences.FieldCategory, Op: "like"},
		{Field: sequences.FieldCategory, Op: sequences.Never},
		{Field: sequences.FieldLastPurchase, Op: sequences.In},
		{Field: sequences.FieldLastPurchase, Op: "like"},
		{Field: sequences.FieldTouches, Op: sequences.In},
		{Field: sequences.FieldTouches, Op: "= 1 OR 1"},
		{Field: sequences.FieldAttributes, Op: "= 1 OR 1"},
		{Field: sequences.FieldAttributes, Op: sequences.Equal},
		{Op: sequences.Happened, Happening: sequences.Sought{Kind: "replied"}},
		{Op: sequences.And},
		{Op: sequences.Not},
		{Op: sequences.Or, Of: []sequences.Expression{{Field: "1=1 --", Op: sequences.In}}},
		{Op: sequences.Not, Of: []sequences.Expression{{Field: "1=1 --", Op: sequences.In}}},
	} {
		if where, _, err := store.FilterSQL(sequences.Filter{Expression: e}, noon); err == nil {
			t.Errorf("%+v became %q", e, where)
		}
	}
}
