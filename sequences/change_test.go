package sequences

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func versionOf(t *testing.T, steps string) *Sequence {
	t.Helper()
	return parsed(t, "sequence: chain\n"+steps)
}

const before = `
priority: 10
steps:
  - { id: guide, email: c/guide }
  - { id: case, email: c/case, after: 21d }
  - { id: offer, email: c/offer, after: 21d }
  - { id: call, call: c/call, after: 3d }
`

func TestEditsSayWhatWasDone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after string
		want  []string
	}{
		"nothing":            {before, nil},
		"comments and title": {"title: chain\n# well\n" + before, nil},
		"a setting":          {strings.Replace(before, "10", "20", 1), []string{`setting priority: 10 → 20`}},
		"a delay":            {strings.Replace(before, "21d", "14d", 1), []string{`changed case after: 21d → 14d`}},
		"a letter":           {strings.Replace(before, "c/case", "c/story", 1), []string{`changed case email: c/case → c/story`}},
		"a new step":         {before + "  - { id: last, email: c/last, after: 1mo }\n", []string{`added last: email c/last after 1mo`}},
		"one gone":           {strings.Replace(before, "  - { id: case, email: c/case, after: 21d }\n", "", 1), []string{`removed case: email c/case after 21d`}},
		"another id": {
			strings.Replace(before, "id: case", "id: story, renamed_from: case", 1), []string{`renamed case → story`},
		},
		"the last one first": {`
priority: 10
steps:
  - { id: call, call: c/call, after: 3d }
  - { id: guide, email: c/guide }
  - { id: case, email: c/case, after: 21d }
  - { id: offer, email: c/offer, after: 21d }
`, []string{`moved call, was behind offer`}},
		"into a branch, under another name": {`
priority: 10
steps:
  - { id: guide, email: c/guide }
  - id: test
    split:
      - { weight: 1, steps: [{ id: story, email: c/case, after: 21d, renamed_from: case }] }
      - { weight: 1, steps: [] }
  - { id: offer, email: c/offer, after: 21d }
  - { id: call, call: c/call, after: 3d }
`, []string{`added test: split 1 1 : 2 1`, `renamed case → story`, `moved story, was behind guide`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, now := versionOf(t, before), versionOf(t, test.after)
			var got []string
			for _, e := range Edits(old, now, NamesOf(old, now)) {
				got = append(got, told(e))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func told(e Edit) string {
	switch e.Kind {
	case Added:
		return fmt.Sprintf("added %s: %s", e.Step, e.New)
	case Removed:
		return fmt.Sprintf("removed %s: %s", e.Step, e.Old)
	case Renamed:
		return fmt.Sprintf("renamed %s → %s", e.Was, e.Step)
	case Moved:
		return fmt.Sprintf("moved %s, was behind %s", e.Step, e.Was)
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s: %s → %s", e.Kind, e.Step, e.Key, e.Old, e.New)), " ")
}

// Where people go on who stand at each step of the version before.
func TestEverybodyGoesOnSomewhere(t *testing.T) {
	t.Parallel()
	chain := func(ids ...string) string { return stepsOf(ids) }
	for name, test := range map[string]struct {
		versions []string // the first one is where they stand, the last one where they go
		want     map[string]string
	}{
		"the same id, wherever it stands": {
			[]string{chain("a", "b", "c"), chain("c", "a", "b")}, map[string]string{"a": "a stays", "b": "b stays", "c": "c stays"},
		},
		"renamed": {[]string{chain("a", "b"), chain("a", "x<b")}, map[string]string{"a": "a stays", "b": "x stays"}},
		"renamed twice, and the first time forgotten": {
			[]string{chain("a", "b"), chain("a", "x<b"), chain("a", "x"), chain("a", "y<x")}, map[string]string{"a": "a stays", "b": "y stays"},
		},
		"renamed and back": {[]string{chain("a", "b"), chain("a", "x<b"), chain("a", "b<x")}, map[string]string{"b": "b stays"}},
		"gone: the one behind it": {
			[]string{chain("a", "b", "c", "d"), chain("a", "d")}, map[string]string{"b": "d gone", "c": "d gone", "d": "d stays"},
		},
		"gone at the end": {[]string{chain("a", "b"), chain("a")}, map[string]string{"b": " gone"}},
		"replaced": {
			[]string{chain("a", "b", "c"), chain("a", "c") + "replace_with: { b: a }\n"}, map[string]string{"b": "a replaced"},
		},
		"ended": {[]string{chain("a", "b", "c"), chain("a", "c") + "replace_with: { b: end }\n"}, map[string]string{"b": " ends"}},
		"replaced by what is replaced later": {
			[]string{chain("a", "b", "c"), chain("a", "c") + "replace_with: { b: c }\n", chain("a") + "replace_with: { c: end }\n"},
			map[string]string{"b": " ends", "c": " ends"},
		},
		"replaced by what is renamed later": {
			[]string{chain("a", "b", "c"), chain("a", "c") + "replace_with: { b: c }\n", chain("a", "x<c")}, map[string]string{"b": "x replaced", "c": "x stays"},
		},
		"gone and back": {
			[]string{chain("a", "b"), chain("a") + "replace_with: { b: end }\n", chain("a", "b")}, map[string]string{"b": "b stays"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var past []Past
			for i, source := range test.versions {
				past = append(past, Past{i + 1, versionOf(t, source)})
			}
			last := past[len(past)-1]
			passage := NewPassage(past[0], last.Sequence, past[:len(past)-1])
			got := map[string]string{}
			for id := range test.want {
				step, how := passage.To(id, "")
				got[id] = step.ID + " " + string(how)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// stepsOf writes steps as YAML; "x<b" is x, renamed from b.
func stepsOf(ids []string) string {
	var text strings.Builder
	text.WriteString("steps:\n")
	for _, id := range ids {
		id, was, _ := strings.Cut(id, "<")
		fmt.Fprintf(&text, "  - { id: %s, email: c/letter", id)
		if was != "" {
			fmt.Fprintf(&text, ", renamed_from: %s", was)
		}
		text.WriteString(" }\n")
	}
	return text.String()
}

func TestNamesThatWereGivenTwiceClash(t *testing.T) {
	t.Parallel()
	first, second, third := versionOf(t, stepsOf([]string{"a", "b"})), versionOf(t, stepsOf([]string{"x<a", "b"})), versionOf(t, stepsOf([]string{"x", "a", "b"}))
	names := NamesOf(first, second, third)
	if err := names.Clash(second); err != nil {
		t.Error(err)
	}
	const want = `"x" and "a" are two names of one step, by renamed_from: give one of them an id that no step of this sequence ever had`
	if err := names.Clash(third); err == nil || err.Error() != want {
		t.Errorf("told %v\nwant %s", err, want)
	}
}

func TestAhead(t *testing.T) {
	t.Parallel()
	s := versionOf(t, `
steps:
  - { id: a, email: c/a }
  - id: choice
    if: category = C
    then:
      - { id: b, email: c/b }
      - { id: over, end: finished }
      - { id: never, email: c/never }
    else:
      - { id: c, email: c/c }
  - { id: d, email: c/d }
`)
	for from, want := range map[string]string{
		"a": "a b c choice d over", "b": "b over", "c": "c d", "d": "d", "nowhere": "", "never": "d never",
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(s.Ahead(from))), " "); got != want {
			t.Errorf("ahead of %s: %q, want %q", from, got, want)
		}
	}
}

// Whatever was edited, doing the edits in the mind gives the steps of the new file.
func TestEditsAreComplete(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 6))
	for range 500 {
		old, now := randomIDs(random), randomIDs(random)
		before, after := versionOf(t, stepsOf(old)), versionOf(t, stepsOf(now))
		left := map[string]bool{}
		for _, id := range old {
			left[id] = true
		}
		moved := map[string]bool{}
		for _, e := range Edits(before, after, Names{}) {
			switch e.Kind {
			case Added:
				left[e.Step] = true
			case Removed:
				delete(left, e.Step)
			case Moved:
				moved[e.Step] = true
			default:
				t.Fatalf("%v → %v: %+v", old, now, e)
			}
		}
		if got, want := slices.Sorted(maps.Keys(left)), slices.Sorted(slices.Values(now)); !slices.Equal(got, want) {
			t.Fatalf("%v → %v: the edits lead to %v", old, now, got)
		}
		still := func(ids, other []string) (kept []string) {
			for _, id := range ids {
				if slices.Contains(other, id) && !moved[id] {
					kept = append(kept, id)
				}
			}
			return kept
		}
		if !slices.Equal(still(old, now), still(now, old)) {
			t.Fatalf("%v → %v: without %v the order differs", old, now, moved)
		}
	}
}

func randomIDs(random *rand.Rand) []string {
	ids := strings.Split("a b c d e f g h", " ")
	random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:1+random.IntN(len(ids))]
}
