package sequences

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatStepsDoInAFewWords(t *testing.T) {
	t.Parallel()
	const file = `
sequence: all
steps:
  - { id: a, email: c/guide }
  - { id: b, email: [c/tip-1, c/tip-2], repeat: { every: 21d } }
  - { id: c, call: c/follow-up }
  - { id: d, task: Send the sample box }
  - { id: e, wait: 3d }
  - { id: f, wait: { weekday: [tue, thu], time: "10:00" } }
  - { id: g, wait: { date: 2026-12-01 } }
  - { id: h, wait: { event: clicked(a) or replied, timeout: 7d } }
  - { id: i, if: clicked(a) within 3d, then: [ { id: j, end: goal } ] }
  - { id: k, split: [ { name: short, weight: 1, steps: [] }, { weight: 3, steps: [] } ] }
  - { id: l, set: { category: D, temperature: warm, attributes: { nurtured: true, old: "" } } }
  - { id: m, enroll: win-back }
  - { id: n, notify: "{{ client }} has read the case" }
  - { id: o, webhook: crm }
`
	q, problems := ParseSequence("all.yaml", []byte(file), nil)
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	var got []string
	for s := range q.All() {
		got = append(got, s.Does())
	}
	want := []string{
		"letter c/guide", "a letter every 21d, of 2", "call, script c/follow-up", "task: Send the sample box", "wait 3d", "wait until Tue, Thu, 10:00",
		"wait until 2026-12-01", "wait for clicked(a) or replied, at most 7d", "if clicked(a) within 3d", "end: goal", "split: short 25%, 2 75%",
		"set category D, temperature warm, nurtured = true, old = nothing", "enroll in win-back", "notice: {{ client }} has read the case", "tell crm",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
