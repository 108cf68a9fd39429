package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// Whatever happens to some hundred clients over some months: whoever may be called has a
// date in the future or one open task, and nobody else has; nobody waits longer
// than his category allows.
func TestNobodyIsForgotten(t *testing.T) {
	t.Parallel()
	const clients, days = 200, 120
	random := rand.New(rand.NewPCG(3, 7))
	pick := func(list ...string) *string { return &list[random.IntN(len(list))] }
	anybody := func() string { return fmt.Sprint("c", random.IntN(clients)) }
	c := newCaller(t, cadenceYAML)
	patches := make([]ClientPatch, clients)
	for i := range patches {
		patches[i] = ClientPatch{ExternalID: fmt.Sprint("c", i), Category: pick("A", "B", "C", "D", "")}
	}
	c.upsert(patches...)
	for day := range days {
		c.goTo(monday.AddDate(0, 0, day+1).Add(time.Duration(random.IntN(8)) * time.Hour).In(moscow).Format("2006-01-02 15:04"))
		var changes []ClientPatch
		for range 3 {
			p := ClientPatch{ExternalID: anybody()}
			switch random.IntN(3) {
			case 0:
				p.Category = pick("A", "B", "C", "D", "")
			case 1:
				p.Stage = pick("lead", "customer", "not_target")
			case 2:
				p.Owner = pick("ann@firm.example", "bob@firm.example", "")
			}
			changes = append(changes, p)
		}
		c.upsert(changes...)
		for i := range 8 {
			switch client := anybody(); random.IntN(5) {
			case 0:
				c.touch(client, "call", "call", c.now().AddDate(0, 0, -random.IntN(30)))
			case 1:
				c.touch(client, "meeting", "meeting", c.now())
			case 2:
				c.touch(client, "letter", "email", c.now())
			case 3:
				if _, err := c.ApplyEvent(t.Context(), Event{ID: fmt.Sprint(day, " ", i), Type: "meeting_booked", Client: client, At: c.now()}); err != nil {
					t.Fatal(err)
				}
			case 4:
				c.finishSome(client)
			}
		}
		if random.IntN(40) == 0 {
			categories := fmt.Sprintf("\ncategories: { A: { calls: %s }, C: { calls: %s } }\n", *pick("1w", "3bd-2w", "none"), *pick("1mo", "2w", "none"))
			c.publish(fmt.Sprint(day), cadenceYAML+categories, nil)
			if err := store.ReviewEverybody(t.Context(), c.pool, c.now()); err != nil {
				t.Fatal(err)
			}
		}
		c.planAll()
		c.nobodyForgotten()
		if t.Failed() {
			t.Fatalf("on day %d", day)
		}
	}
}

// nobodyForgotten looks at everybody, by rules of its own: the dates are worked out
// without a calendar, give or take the ten days that the longest holidays last.
func (c caller) nobodyForgotten() {
	c.t.Helper()
	catalog, err := c.Catalog(c.t.Context(), c.pool)
	if err != nil {
		c.t.Fatal(err)
	}
	type state struct {
		Client, Category, Stage, Owner string
		Open                           int
		TaskOwner                      *string
		DueAt, TouchedAt               *time.Time
	}
	rows, err := c.pool.Query(c.t.Context(), `
		SELECT c.external_id AS client, c.category, c.stage, coalesce(o.email, '') AS owner,
			(SELECT count(*) FROM tasks k WHERE k.client_id = c.id AND k.state = 'open')::int AS open,
			(SELECT coalesce(max(u.email), '') FROM tasks k LEFT JOIN users u ON u.id = k.owner_id WHERE k.client_id = c.id AND k.state = 'open' HAVING count(*) > 0) AS task_owner,
			n.due_at, (SELECT max(t.at) FROM touches t WHERE t.client_id = c.id) AS touched_at
		FROM clients c LEFT JOIN users o ON o.id = c.owner_id LEFT JOIN next_calls n ON n.client_id = c.id`)
	if err != nil {
		c.t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[state])
	if err != nil {
		c.t.Fatal(err)
	}
	now := c.now()
	for _, s := range list {
		every := catalog.Settings.Categories[s.Category].Calls
		switch callable := !every.IsZero() && s.Stage != "not_target"; {
		case !callable && (s.Open > 0 || s.DueAt != nil):
			c.t.Errorf("%s (%s, %s) is called though nobody should", s.Client, s.Category, s.Stage)
		case callable && (s.Open == 1) == (s.DueAt != nil), s.Open > 1:
			c.t.Errorf("%s (%s, %s) has %d open tasks and the date %v", s.Client, s.Category, s.Stage, s.Open, s.DueAt)
		case s.DueAt != nil && !s.DueAt.After(now):
			c.t.Errorf("%s should have a task since %s", s.Client, s.DueAt)
		case s.DueAt != nil && s.DueAt.After(now.AddDate(0, 0, longest(every)+10)):
			c.t.Errorf("%s (%s) is not called before %s", s.Client, s.Category, s.DueAt)
		case s.DueAt != nil && s.TouchedAt != nil && s.DueAt.Before(s.TouchedAt.AddDate(0, 0, shortest(every)-1)):
			c.t.Errorf("%s (%s), to whom somebody spoke on %s, is called again on %s", s.Client, s.Category, s.TouchedAt, s.DueAt)
		case s.Open == 1 && *s.TaskOwner != s.Owner:
			c.t.Errorf("the task of %s, who is %q's, is %q's", s.Client, s.Owner, *s.TaskOwner)
		}
	}
	if !slices.ContainsFunc(list, func(s state) bool { return s.Open == 1 }) && now.After(monday.AddDate(0, 1, 0)) {
		c.t.Error("nobody is to be called: this test tests nothing")
	}
}

func longest(s sequences.Span) int {
	return s.From.N * map[sequences.Unit]int{sequences.Day: 1, sequences.Week: 7, sequences.Month: 31, sequences.BusinessDay: 4}[s.From.Unit]
}

func shortest(s sequences.Span) int {
	return s.From.N * map[sequences.Unit]int{sequences.Day: 1, sequences.Week: 7, sequences.Month: 28, sequences.BusinessDay: 1}[s.From.Unit]
}
