package store_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// 60 clients and 250 filters make 15,000 pairs.
func TestAnyFilterSaysTheSameInSQLAsInGo(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	random := rand.New(rand.NewPCG(7, 7))
	owners := must(store.OwnersByEmail(t.Context(), o.db, []string{"ann@example.com", "bob@example.com"}))(t)
	facts := o.randomBase(random, 60, owners)
	picked := 0
	for range 250 {
		filter := sequences.Filter{Expression: randomExpression(random, 3)}
		inSQL := make(map[int64]bool)
		for _, id := range matching(t, o.db, filter) {
			inSQL[id] = true
		}
		for id, known := range facts {
			if want := filter.Match(known, noon); inSQL[id] != want {
				t.Fatalf("%s of %+v is %v in SQL, %v in Go", filter, known, inSQL[id], want)
			}
		}
		if written, problems := sequences.ParseExpression(filter.String(), nil); len(problems) > 0 || written.String() != filter.String() {
			t.Fatalf("%s is read back as %s with the problems %v", filter, written, problems)
		}
		picked += len(inSQL)
	}
	if all := 250 * len(facts); picked < all/10 || picked > all*9/10 {
		t.Errorf("%d of %d pairs match: the filters say too little", picked, all)
	}
}

// randomBase saves clients with touches, and returns what the database knows of them.
func (o *office) randomBase(random *rand.Rand, n int, owners map[string]int64) map[int64]sequences.Facts {
	o.t.Helper()
	ctx := o.t.Context()
	var clients []*store.Client
	for _, name := range numbered("client", n) {
		clients = append(clients, randomClient(random, name, owners))
	}
	ok(o.t, store.SaveClients(ctx, o.db, clients))
	var ids []int64
	for _, c := range clients {
		ids = append(ids, c.ID)
		o.randomTouches(random, c.ID)
	}
	touches := must(store.TouchFactsOf(ctx, o.db, ids))(o.t)
	facts := make(map[int64]sequences.Facts)
	for _, id := range ids {
		c := must(store.ClientByID(ctx, o.db, id))(o.t)
		known := c.Facts()
		touches[id].Fill(&known)
		facts[id] = known
	}
	return facts
}

// randomTouches writes letters in all states and touches of many kinds.
func (o *office) randomTouches(random *rand.Rand, client int64) {
	o.t.Helper()
	for i := range random.IntN(6) {
		_, err := o.db.Exec(o.t.Context(), `
			INSERT INTO messages (enrollment_id, client_id, step, occurrence, template, sender, state, due_at, not_after, at, sent_at)
			VALUES ($1, $1, 'guide', $2, 'c/guide', 'team@example.com', $3, $4, $4, $4, $5)`,
			client, i, pick(random, []string{"sent", "sent", "planned", "failed", "unconfirmed", "cancelled"}), randomMoment(random), randomMoment(random))
		ok(o.t, err)
	}
	for range random.IntN(6) {
		kind := pick(random, []string{"call", "meeting", "letter", "replied", "opened", "clicked", "note", "delivered", "auto_replied"})
		must(store.InsertTouch(o.t.Context(), o.db, store.NewTouch{ClientID: client, Kind: kind, Channel: "other", At: *randomMoment(random)}))(o.t)
	}
}

// randomMoment is right at a bound, or a microsecond, the precision of PostgreSQL,
// beside it.
func randomMoment(random *rand.Rand) *time.Time {
	at := randomSpan(random).Sub(noon).Add(time.Duration(random.IntN(3)-1) * time.Microsecond)
	return &at
}

// texts are what clients have and filters ask for, some of it alike but not the same.
var texts = []string{"", "C", "1.5", "1.50", "2", "true", "vip", "Ромашка", `a "b" 'c' \`, "null", "2026-03-02", "100000000000000000000000", "0.0000001"}

// values are what JSON can hold in an attribute.
var values = []any{
	nil, "", "C", "1.5", "1.50", "vip", "2026-03-02", true, false, 1.5, json.Number("1.50"), json.Number("2.0"), 2, 0.1, 1e23, 1e-7, -3.25,
	[]any{}, []any{"vip", 2.0}, []any{nil}, []any{[]any{}, "x"}, []any{[]any{"C", 1.5}, true}, []string{"Ромашка"}, "2026-3-2", "2026-02-31", "2026-03-02T10:00:00Z",
	[]any{[]any{"2026-03-01"}, 5}, []any{"2026-12-31", "x"}, map[string]any{"x": 5},
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
		c.LastPurchaseAt = randomMoment(random)
	}
	return c
}

// randomExpression is of any operation that a filter may hold.
func randomExpression(random *rand.Rand, depth int) sequences.Expression {
	if depth > 0 && random.IntN(2) == 0 {
		op := pick(random, []sequences.Op{sequences.And, sequences.Or, sequences.Not})
		if op == sequences.Not {
			return sequences.Expression{Op: op, Of: []sequences.Expression{randomExpression(random, depth-1)}}
		}
		e := sequences.Expression{Op: op}
		for len(e.Of) < 2 || random.IntN(2) == 0 {
			if part := randomExpression(random, depth-1); part.Op == op {
				e.Of = append(e.Of, part.Of...) // as the parser does
			} else {
				e.Of = append(e.Of, part)
			}
		}
		return e
	}
	in := func(field string, known ...string) sequences.Expression {
		e := sequences.Expression{Field: field, Op: sequences.In}
		for range 1 + random.IntN(3) {
			if v := pick(random, known); !slices.Contains(e.Values, v) {
				e.Values = append(e.Values, v)
			}
		}
		return e
	}
	sizes := []sequences.Op{sequences.Less, sequences.AtMost, sequences.More, sequences.AtLeast}
	switch random.IntN(12) {
	case 0:
		return in(sequences.FieldCategory, "", "A", "B", "C", "D")
	case 1:
		return in(sequences.FieldTemperature, "cold", "warm", "hot")
	case 2:
		return in(sequences.FieldStage, "lead", "customer", "past_customer")
	case 3:
		return in(pick(random, []string{sequences.FieldLocale, sequences.FieldSource, sequences.FieldCompany}), texts...)
	case 4:
		return in(sequences.FieldOwner, "", "ann@example.com", "bob@example.com")
	case 5:
		return in(sequences.FieldProducts, texts...)
	case 6:
		e := in(sequences.FieldAttributes, texts...)
		e.Attribute = pick(random, []string{"x", "y", "z"})
		return e
	case 7:
		return sequences.Expression{
			Op: pick(random, sizes), Field: sequences.FieldAttributes, Attribute: pick(random, []string{"x", "y", "z"}),
			Number: pick(random, []float64{1.5, 2, -3.25, 0, 1e-7, 1e23, 0.1}),
		}
	case 8:
		return sequences.Expression{
			Op: pick(random, sizes), Field: sequences.FieldAttributes, Attribute: pick(random, []string{"x", "y"}),
			Values: []string{pick(random, []string{"2026-03-02", "2026-02-28", "2027-01-01"})},
		}
	case 9:
		return sequences.Expression{Op: pick(random, append(sizes, sequences.Equal)), Field: sequences.FieldTouches, Number: float64(random.IntN(7))}
	}
	field := pick(random, []string{sequences.FieldLastPurchase, sequences.FieldLastTouch, sequences.FieldLastHumanTouch})
	op := pick(random, []sequences.Op{sequences.OlderThan, sequences.Within, sequences.Never})
	e := sequences.Expression{Field: field, Op: op}
	if op != sequences.Never {
		e.Span = randomSpan(random)
	}
	return e
}
