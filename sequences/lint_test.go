package sequences

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLintFindsWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, steps string
		want        []string
	}{
		{"nothing to say", `
  - { id: guide, email: c/guide }
  - { id: look, if: clicked(guide), then: [{ id: ring, call: c/ring }] }
  - { id: rung, if: done(ring), then: [{ id: case, email: c/case }] }`, nil},
		{"a step that does not exist", `
  - { id: guide, email: c/guide }
  - { id: look, if: clicked(giude), then: [{ id: case, email: c/case }] }`,
			[]string{`4:29: clicked(giude): unknown step "giude", did you mean "guide"? Allowed: guide, look, case.`}},
		{"a month that is a minute", `
  - { id: guide, email: c/guide }
  - { id: case, after: 1m, email: c/case }
  - { id: more, after: 30m, email: c/more }`,
			[]string{`4:35: warning: step "case" comes after 1m, which is minutes: a month is 1mo; for minutes all the same leave it`}},
		{"a step that comes later", `
  - { id: look, if: clicked(guide), then: [] }
  - { id: guide, email: c/guide }`,
			[]string{`3:29: clicked(guide) cannot have happened: step "guide" comes later, or in another branch`}},
		{"a step of the other branch", `
  - id: sort
    if: category = C
    then: [{ id: guide, email: c/guide }]
    else: [{ id: look, if: opened(guide), then: [] }]`,
			[]string{`6:35: opened(guide) cannot have happened: step "guide" comes later, or in another branch`}},
		{"behind the branches it can have happened", `
  - id: sort
    split: [{ weight: 1, steps: [{ id: guide, email: c/guide }] }, { weight: 1, steps: [] }]
  - { id: look, if: opened(guide), then: [] }`, nil},
		{"a click on a call", `
  - { id: ring, call: c/ring }
  - { id: look, if: clicked(ring), then: [] }`,
			[]string{`4:29: clicked(ring) cannot happen: step "ring" has call; ask done(ring)`}},
		{"a letter that is done", `
  - { id: guide, email: c/guide }
  - { id: look, wait: { event: done(guide), timeout: 3d } }`,
			[]string{`4:37: done(guide) cannot happen: step "guide" has email; ask sent(guide), opened(guide) or clicked(guide)`}},
		{"steps behind the end", `
  - { id: over, end: goal }
  - { id: guide, email: c/guide }
  - { id: case, email: c/case }`,
			[]string{`4:25: warning: nobody comes to step "guide": the sequence ends at "over" before; move it before that, or remove it`}},
		{"steps behind branches that both end", `
  - { id: sort, if: category = C, then: [{ id: a, end: goal }], else: [{ id: b, end: finished }] }
  - { id: guide, email: c/guide }`,
			[]string{`4:25: warning: nobody comes to step "guide": both branches of "sort" end the sequence; move it before that, or remove it`}},
		{"steps behind one branch that ends are reached", `
  - { id: sort, if: category = C, then: [{ id: a, end: goal }] }
  - { id: guide, email: c/guide }`, nil},
		{"steps behind a pool that waits for ever", `
  - { id: tips, email: [c/tip-1], repeat: { every: 21d, used_up: wait } }
  - { id: guide, email: c/guide }`,
			[]string{`4:25: warning: nobody comes to step "guide": at "tips" clients wait for new letters for ever (used_up: wait); move it before that, or remove it`}},
		{"a branch without weight", `
  - id: test
    split: [{ name: a, weight: 0, steps: [{ id: guide, email: c/guide }] }, { weight: 1, steps: [] }]`,
			[]string{`4:12: warning: nobody comes to branch "a" of "test", as its weight is 0: give it a weight, or remove it`}},
		{"an answer to nothing", `
  - id: sort
    if: category = C
    then: [{ id: guide, email: c/guide, thread: reply }]`,
			[]string{`5:32: the letter of step "guide" has none before it to answer: remove thread: reply here`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			settings, _ := ParseSettings("seventh.yaml", []byte(corpusSettings))
			s, problems := ParseSequence("s.yaml", []byte("sequence: s\nsteps:"+tc.steps), settings)
			if len(problems) > 0 {
				t.Fatalf("%v", problems)
			}
			var got []string
			for _, p := range s.Lint(settings) {
				text := p.String()[len("s.yaml:"):]
				if p.Severity == Warning {
					text = p.String()[len("s.yaml:"):len(p.String())-len(p.Message)] + "warning: " + p.Message
				}
				got = append(got, text)
				if p.Source == "" {
					t.Errorf("no line is shown for %s", p)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("found %q\nwant  %q", got, tc.want)
			}
		})
	}
}

func TestAWindowThatNeverOpensIsTold(t *testing.T) {
	t.Parallel()
	settings, problems := ParseSettings("seventh.yaml", []byte(`time_zone: UTC
fallback_sender: team
senders: { team: { email: team@example.com } }
windows:
  never: { days: [mon], hours: "00:00-00:01" }
calendar: weekends
calendars: { days_off: [`+everyDay()+`] }
`))
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	s, _ := ParseSequence("s.yaml", []byte("sequence: s\nwindow: never\nsteps: [{ id: a, email: c/guide }]"), settings)
	if found := s.Lint(settings); len(found) != 1 || found[0].Line != 2 {
		t.Errorf("found %v", found)
	}
}

// everyDay is a list of all days of a year, as a company that never works would write it.
func everyDay() string {
	var days []string
	for day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == 2024; day = day.AddDate(0, 0, 1) {
		days = append(days, day.Format("01-02"))
	}
	return strings.Join(days, ", ")
}
