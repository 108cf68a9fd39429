package sequences

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const walked = `
sequence: own
window: office
exit_on: [reply, "touches >= 6"]
steps:
  - { id: guide, email: c/guide, offer: { name: spring, expires: 3bd } }
  - { id: hear, wait: { event: clicked(guide), timeout: 7d } }
  - id: interested
    after: 1d
    if: clicked(guide)
    then: [ { id: ring, call: c/follow-up } ]
    else: [ { id: again, email: c/case } ]
  - { id: pause, wait: { weekday: tue, time: "10:00" } }
  - { id: tips, after: cadence, email: [c/case, c/heat, c/plan], repeat: { every: 14d } }
  - { id: cool, set: { category: D } }
  - { id: box, after: 3d, task: Send the sample box, give_up: 4d }
  - { id: over, end: goal }
`

// A way through every kind of step, by what the client does.
func TestWalks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		events  []SampleEvent
		givenUp bool
		want    string
	}{
		{"he does nothing", nil, false, `
2026-04-27 09:00 email guide c/guide
2026-04-27 09:00 wait hear
2026-05-05 09:00 if interested else
2026-05-05 09:00 email again c/case
2026-05-05 09:00 wait pause
2026-05-26 10:00 email tips c/heat
2026-06-09 10:00 email tips c/plan
2026-06-23 10:00 set cool
2026-06-26 10:00 task box
2026-06-26 10:00 ended over goal`},
		{"nobody does tasks", nil, true, `
2026-04-27 09:00 email guide c/guide
2026-04-27 09:00 wait hear
2026-05-05 09:00 if interested else
2026-05-05 09:00 email again c/case
2026-05-05 09:00 wait pause
2026-05-26 10:00 email tips c/heat
2026-06-09 10:00 email tips c/plan
2026-06-23 10:00 set cool
2026-06-26 10:00 task box
2026-06-30 10:00 ended over goal`},
		{"he clicks, and gets to six touches", []SampleEvent{{Type: "clicked", Step: "guide", After: Duration{2, Day}}, {Type: "meeting", After: Duration{20, Day}}}, false, `
2026-04-27 09:00 email guide c/guide
2026-04-27 09:00 wait hear
2026-04-30 09:00 if interested then
2026-04-30 09:00 call ring
2026-04-30 09:00 wait pause
2026-05-26 10:00 email tips c/case
2026-06-09 10:00 email tips c/heat
2026-06-23 10:00 email tips c/plan
2026-06-23 10:00 ended  goal: touches >= 6`},
		{"a machine clicks, and he replies", []SampleEvent{{Type: "clicked", Step: "guide", Actor: "machine"}, {Type: "replied", Step: "again", After: Duration{1, Hour}}}, false, `
2026-04-27 09:00 email guide c/guide
2026-04-27 09:00 wait hear
2026-05-05 09:00 if interested else
2026-05-05 09:00 email again c/case
2026-05-05 09:00 wait pause
2026-05-05 10:00 ended  replied`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sequence, problems := ParseSequence("own.yaml", []byte(walked), nil)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			calendar, err := LoadCalendar("ru")
			if err != nil {
				t.Fatal(err)
			}
			moscow, err := LoadZone("Europe/Moscow")
			if err != nil {
				t.Fatal(err)
			}
			window := Window{Name: "office", Days: []time.Weekday{1, 2, 3, 4, 5}, Ranges: []Range{{9 * 60, 18 * 60}}}
			w := Walk{
				Sequence: sequence, Timing: Timing{Window: window, Calendar: calendar}, Zone: moscow, Facts: Facts{Category: "C"},
				Categories: map[string]Category{"C": {Letters: Duration{3, Week}}}, Events: tt.events, GivenUp: tt.givenUp,
				From: time.Date(2026, time.April, 27, 9, 0, 0, 0, moscow), Until: time.Date(2027, time.April, 27, 9, 0, 0, 0, moscow),
			}
			stops, err := w.Stops()
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, s := range stops {
				fmt.Fprintf(&got, "\n%s %s %s", s.At.Format("2006-01-02 15:04"), s.Kind, s.Step)
				switch s.Kind {
				case KindEmail:
					got.WriteString(" " + s.Letter)
				case KindIf:
					got.WriteString(s.Says[strings.LastIndex(s.Says, " "):])
				case Reached:
					got.WriteString(" " + s.Says)
				}
				if s.Moved != "" {
					got.WriteString(" moved")
				}
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("stops (-want +got):\n%s", diff)
			}
		})
	}
}
