package sequences

import (
	"fmt"
	"strings"
	"testing"
)

const branching = `sequence: branching
steps:
  - { id: a, email: c/a }
  - id: sort
    if: { category: C }
    then:
      - { id: b, email: c/b }
      - id: test
        split:
          - { name: short, weight: 1, steps: [{ id: c, email: c/c }, { id: d, email: c/d }] }
          - { name: none, weight: 1, steps: [] }
    else: [{ id: e, email: c/e }]
  - { id: tips, after: 3d, email: [c/1, c/2, c/3], repeat: { every: 21d } }
  - id: last
    if: { category: D }
    then: [{ id: f, email: c/f }]
`

func TestAChainGoesOnBehindItsBranches(t *testing.T) {
	t.Parallel()
	s := parsed(t, branching)
	for after, want := range map[string]string{
		"": "a", "a": "sort", "sort": "tips", "b": "test", "test": "tips", "c": "d", "d": "tips", "e": "tips", "tips": "last", "last": "", "f": "", "gone": "",
	} {
		got := ""
		if step, more := s.Next(after); more {
			got = step.ID
		}
		if got != want {
			t.Errorf("after %q comes %q, want %q", after, got, want)
		}
	}
	for _, tc := range []struct{ step, branch, want string }{
		{"sort", BranchThen, "b"}, {"sort", BranchElse, "e"}, {"test", "short", "c"}, {"test", "none", "tips"}, {"last", BranchThen, "f"}, {"last", BranchElse, ""},
	} {
		step, _ := s.Step(tc.step)
		got, _ := s.Enter(step, tc.branch)
		if got.ID != tc.want {
			t.Errorf("%s of %s leads to %q, want %q", tc.branch, tc.step, got.ID, tc.want)
		}
	}
	if got := strings.Join(s.ids(), " "); got != "a sort b test c d e tips last f" {
		t.Errorf("the steps are %s", got)
	}
}

func TestARepeatGoesThroughItsLetters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		repeat string
		times  int // letters until something else follows; 0 for never
	}{
		{"{ every: 21d }", 3},
		{"{ every: 21d, times: 2 }", 2},
		{"{ every: 21d, times: 5 }", 3},
		{"{ every: 21d, used_up: wait }", 0},
		{"{ every: 21d, times: 5, used_up: wait }", 5},
	} {
		s := parsed(t, strings.Replace(branching, "{ every: 21d }", tc.repeat, 1))
		step, _ := s.Step("tips")
		for n := 1; n <= 10; n++ {
			next, more := s.Follow(step, n)
			again := tc.times == 0 || n < tc.times
			switch {
			case !more:
				t.Errorf("%s: nothing follows", tc.repeat)
			case again && (next.ID != "tips" || next.After != Duration{21, Day}):
				t.Errorf("%s: after letter %d comes %s in %s", tc.repeat, n, next.ID, next.After)
			case !again && next.ID != "last":
				t.Errorf("%s: after letter %d comes %s", tc.repeat, n, next.ID)
			}
		}
	}
}

func TestASplitSharesClientsByWeightAndRemembersThem(t *testing.T) {
	t.Parallel()
	step := Step{ID: "test", Split: []Branch{{Name: "a", Weight: 10}, {Name: "b", Weight: 0}, {Name: "c", Weight: 30}}}
	other := Step{ID: "other", Split: step.Split}
	count, both := map[string]int{}, 0
	const clients = 40_000
	for i := range clients {
		key := fmt.Sprintf("client-%d", i)
		branch := step.Choose(key)
		if again := step.Choose(key); again != branch {
			t.Fatalf("%s got %s and then %s", key, branch.Name, again.Name)
		}
		count[branch.Name]++
		if branch.Name == "a" && other.Choose(key).Name == "a" {
			both++
		}
	}
	if share := float64(count["a"]) / clients; share < 0.24 || share > 0.26 || count["b"] != 0 {
		t.Errorf("%v of %d clients, want a quarter, none and the rest", count, clients)
	}
	if share := float64(both) / float64(count["a"]); share < 0.22 || share > 0.28 {
		t.Errorf("of those with a in one split %.2f have a in another, want a quarter", share)
	}
	if (&Step{ID: "x"}).Choose("client") != nil {
		t.Error("a step without branches has chosen one")
	}
}

// parsed is a sequence that has no mistakes.
func parsed(t *testing.T, src string) *Sequence {
	t.Helper()
	s, problems := ParseSequence("test.yaml", []byte(src), nil)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return s
}
