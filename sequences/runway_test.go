package sequences

import (
	"fmt"
	"testing"
	"time"
)

func TestRunwayOfPositions(t *testing.T) {
	t.Parallel()
	const line = `
  - { id: one, email: a }
  - { id: two, email: b, after: cadence }
  - { id: three, email: c, after: 10d }
`
	const branches = `
  - { id: one, email: a }
  - id: interested
    after: 3d
    if: category = C
    then:
      - { id: ask, call: c/ask }
      - { id: more, email: b }
      - { id: even-more, email: c, after: 1w }
    else:
      - { id: bye, email: d, after: 1d }
  - { id: pause, wait: 5d }
  - id: test
    split:
      - { weight: 1, steps: [ { id: long, email: e, after: 1d } ] }
      - { weight: 1, steps: [] }
      - { weight: 0, steps: [] }
`
	const pool = `
  - { id: one, email: a }
  - { id: tips, email: [b, c, d, e], after: 1w, repeat: { every: 3w%s } }
  - { id: last, email: f, after: 1mo }
`
	const goal = `
  - { id: one, email: a }
  - id: clicked
    if: category = C
    then: [ { id: over, end: goal } ]
  - { id: two, email: b, after: 1w }
`
	for _, tc := range []struct {
		name, steps, step string
		had               int
		fewest, most      int
		dry               string // the step is due on 1 March 2027
	}{
		{"the whole chain", line, "one", 0, 3, 3, "2027-04-22"}, // 22 March, 1 April, and three weeks
		{"its last letter", line, "three", 0, 1, 1, "2027-03-22"},
		{"the shortest way", branches, "one", 0, 2, 4, "2027-03-26"}, // 4 and 5 March, and three weeks
		{"within a branch", branches, "even-more", 0, 1, 2, "2027-03-22"},
		{"nothing ahead", branches, "pause", 0, 0, 1, "2027-03-01"},
		{"a pool that is passed", fmt.Sprintf(pool, ""), "one", 0, 6, 6, "2027-07-01"}, // 8 March, 10 May, 10 June
		{"some of it had", fmt.Sprintf(pool, ""), "tips", 3, 2, 2, "2027-04-22"},       // 1 March, 1 April
		{"times", fmt.Sprintf(pool, ", times: 2"), "one", 0, 4, 4, "2027-05-20"},       // 8 and 29 March, 29 April
		{"a pool that is waited at", fmt.Sprintf(pool, ", used_up: wait"), "one", 0, 5, 5, "2027-05-31"},
		{"that is used up", fmt.Sprintf(pool, ", used_up: wait"), "tips", 4, 0, 0, "2027-03-01"},
		{"that is done before it is used up", fmt.Sprintf(pool, ", used_up: wait, times: 3"), "tips", 2, 2, 2, "2027-04-22"},
		{"an end that is meant", goal, "one", 0, 2, 2, "2027-03-29"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, problems := ParseSequence("x.yaml", []byte("sequence: x\nsteps:"+tc.steps), nil)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			timing := Timing{Calendar: calendar(t, "ru"), Cadence: duration(t, "3w")}
			got, ok := NewRunway(s).Ahead(Position{Step: tc.step, Had: tc.had, NextAt: at(t, "2027-03-01 10:00 Europe/Moscow")}, timing)
			if !ok || got.Fewest != tc.fewest || got.Most != tc.most || got.DryAt.Format(time.DateOnly) != tc.dry {
				t.Errorf("%+v, want %d to %d letters until %s", got, tc.fewest, tc.most, tc.dry)
			}
		})
	}
	if _, ok := NewRunway(&Sequence{}).Ahead(Position{Step: "gone"}, Timing{}); ok {
		t.Error("a step that is gone has something ahead")
	}
}

// Twenty branchings one after another have a million ways through them.
func TestRunwayOfManyBranches(t *testing.T) {
	t.Parallel()
	steps := ""
	for i := range 20 {
		steps += fmt.Sprintf("  - { id: if-%d, if: category = C, then: [ { id: a-%d, email: a } ], else: [ { id: b-%d, email: b }, { id: c-%d, email: c } ] }\n", i, i, i, i)
	}
	s, problems := ParseSequence("x.yaml", []byte("sequence: x\nsteps:\n"+steps), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got, _ := NewRunway(s).Ahead(Position{Step: "if-0"}, Timing{})
	if got.Fewest != 20 || got.Most != 40 {
		t.Errorf("%+v", got)
	}
}
