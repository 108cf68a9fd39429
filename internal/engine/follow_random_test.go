package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/sequences"
)

// Whatever is edited, however far people are: no step goes to an enrollment twice, under
// none of its names; nobody is left without a date, a letter on its way or something
// that he visibly waits for; and nobody gets what was inserted behind him.
func TestRandomEditsSendNothingTwiceAndStrandNobody(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			tryEdits(t, rand.New(rand.NewPCG(seed, 11)))
		})
	}
}

func tryEdits(t *testing.T, random *rand.Rand) {
	const people, publications = 30, 12
	s := &draft{random: random, same: map[string]int{}, gone: map[string]int{}}
	for range 9 {
		s.list = append(s.list, s.fresh())
	}
	m := newMailing(t, s.yaml())
	patches, ids := named("c", people)
	m.clients(patches...)
	for i := range people {
		m.enroll("chain", monday.Add(time.Duration(i)*7*time.Hour), ids[i])
	}
	behind := map[string][]int64{} // by step: enrollments that have stood beyond it since it was inserted
	now := monday
	for range publications {
		now = now.Add(time.Duration(1+random.IntN(70)) * time.Hour)
		m.until(now)
		var inHand []*Letter
		if random.IntN(2) == 0 { // published while letters are on their way
			if _, err := m.Plan(t.Context()); err != nil {
				t.Fatal(err)
			}
			inHand = m.claim()
		}
		m.nobodyIsStranded()
		s.edit()
		m.edit(s.yaml())
		for id, e := range m.standing() {
			version := s.version(t)
			ahead := version.Ahead(e)
			_, there := version.Step(e)
			for _, step := range s.inserted {
				if there && !ahead[step] {
					behind[step] = append(behind[step], id)
				}
			}
			for step := range behind { // moved ahead of him again, perhaps, or he was moved before it
				if !there || ahead[step] {
					behind[step] = slices.DeleteFunc(behind[step], func(other int64) bool { return other == id })
				}
			}
		}
		if random.IntN(3) > 0 { // or two publications in a row
			m.work()
		}
		m.settle(inHand)
	}
	m.until(now.AddDate(2, 0, 0))
	m.nobodyIsStranded()
	seen := map[string]string{}
	rows, err := m.pool.Query(t.Context(), `
		SELECT enrollment_id, step FROM messages WHERE state = 'sent' UNION ALL SELECT enrollment_id, step FROM decisions ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	var step string
	sent := 0
	_, err = pgx.ForEachRow(rows, []any{&id, &step}, func() error {
		sent++
		key := fmt.Sprint(id, " ", s.same[step])
		if before, twice := seen[key]; twice {
			t.Errorf("enrollment %d did %s, and then %s, which is the same step", id, before, step)
		}
		if slices.Contains(behind[step], id) {
			t.Errorf("enrollment %d did %s, which was inserted behind it", id, step)
		}
		seen[key] = step
		return nil
	})
	if err != nil || sent < people {
		t.Errorf("only %d steps were done, %v", sent, err)
	}
	var open int
	if err := m.pool.QueryRow(t.Context(), "SELECT count(*) FROM enrollments WHERE state <> 'ended'").Scan(&open); err != nil || open > 0 {
		t.Errorf("%d are not through after two years (%v)", open, err)
	}
}

// standing are the next steps of those who are open, no letter of theirs on its way.
func (m *mailing) standing() map[int64]string {
	m.t.Helper()
	rows, err := m.pool.Query(m.t.Context(), "SELECT id, next_step FROM enrollments WHERE state <> 'ended' AND next_at IS NOT NULL")
	if err != nil {
		m.t.Fatal(err)
	}
	standing := map[int64]string{}
	var id int64
	var step string
	if _, err := pgx.ForEachRow(rows, []any{&id, &step}, func() error { standing[id] = step; return nil }); err != nil {
		m.t.Fatal(err)
	}
	return standing
}

func (m *mailing) nobodyIsStranded() {
	m.t.Helper()
	rows, err := m.pool.Query(m.t.Context(), `
		SELECT concat_ws(' ', e.id, e.version_id, e.next_step, e.last_step) FROM enrollments e
		WHERE e.state = 'active' AND e.next_at IS NULL AND e.waiting = ''
		  AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = e.id AND m.state = 'planned')`)
	if err != nil {
		m.t.Fatal(err)
	}
	stranded, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(stranded) > 0 {
		m.t.Fatalf("stranded: %v (%v)", stranded, err)
	}
}

// draft is a sequence being edited at random. Steps know which one they are under
// whatever name.
type draft struct {
	random   *rand.Rand
	list     []draftStep
	names    int
	same     map[string]int // which step a name means
	gone     map[string]int // names of steps that were deleted
	replace  []string
	inserted []string // by the last edit
}

type draftStep struct {
	id, was string
	delay   int
	inside  string // '': on its own; if, split: wrapped in a step of that kind, with that id
	wrap    string
}

func (s *draft) fresh() draftStep {
	s.names++
	step := draftStep{id: fmt.Sprint("s", s.names), delay: s.random.IntN(6)}
	s.same[step.id] = s.names
	return step
}

// edit does some edits at once.
func (s *draft) edit() {
	s.replace, s.inserted = nil, nil
	for i := range s.list {
		s.list[i].was = ""
	}
	replaced := map[string]bool{}
	for range 1 + s.random.IntN(3) {
		at := s.random.IntN(len(s.list))
		step := &s.list[at]
		switch s.random.IntN(7) {
		case 0:
			fresh := s.fresh()
			s.inserted = append(s.inserted, fresh.id)
			s.list = slices.Insert(s.list, at, fresh)
		case 1:
			if len(s.list) < 3 || step.was != "" || slices.Contains(s.inserted, step.id) || len(replaced) > 0 {
				continue
			}
			old := *step
			s.list = slices.Delete(s.list, at, at+1)
			s.gone[old.id] = s.same[old.id]
			target := s.list[s.random.IntN(len(s.list))].id
			if s.random.IntN(5) == 0 {
				target = sequences.ReplaceEnd
			}
			s.replace = append(s.replace, old.id+": "+target)
			replaced[target] = true
		case 2:
			if step.was == "" && !slices.Contains(s.inserted, step.id) && !replaced[step.id] {
				s.names++
				id := fmt.Sprint("s", s.names)
				s.same[id] = s.same[step.id]
				step.was, step.id = step.id, id
			}
		case 3:
			other := s.random.IntN(len(s.list))
			s.list[at], s.list[other] = s.list[other], s.list[at]
		case 4:
			step.delay = s.random.IntN(12)
		case 5:
			if step.inside == "" {
				s.names++
				step.inside, step.wrap = []string{"if", "split"}[s.random.IntN(2)], fmt.Sprint("w", s.names)
				s.same[step.wrap] = s.names
			} else {
				step.inside = ""
			}
		case 6: // back, under the name that it had
			for id := range s.gone {
				if !slices.ContainsFunc(s.list, func(other draftStep) bool { return s.same[other.id] == s.same[id] }) && len(s.replace) == 0 {
					s.list = slices.Insert(s.list, at, draftStep{id: id, delay: s.random.IntN(6)})
					delete(s.gone, id)
					break
				}
			}
		}
	}
}

func (s *draft) yaml() string {
	var b strings.Builder
	if len(s.replace) > 0 {
		fmt.Fprintf(&b, "replace_with: { %s }\n", strings.Join(s.replace, ", "))
	}
	b.WriteString("steps:\n")
	for _, step := range s.list {
		text := fmt.Sprintf("{ id: %s, email: %s", step.id, step.id)
		if step.delay > 0 {
			text += fmt.Sprintf(", after: %dd", step.delay)
		}
		if step.was != "" {
			text += ", renamed_from: " + step.was
		}
		text += " }"
		switch step.inside {
		case "if":
			text = fmt.Sprintf("{ id: %s, if: stage = lead, then: [%s] }", step.wrap, text)
		case "split":
			text = fmt.Sprintf("{ id: %s, split: [{ weight: 1, steps: [%s] }, { weight: 1, steps: [] }] }", step.wrap, text)
		}
		b.WriteString("  - " + text + "\n")
	}
	return b.String()
}

func (s *draft) version(t *testing.T) *sequences.Sequence {
	t.Helper()
	q, problems := sequences.ParseSequence("chain.yaml", []byte(following(s.yaml())), nil)
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, s.yaml())
	}
	return q
}
