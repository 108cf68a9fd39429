package sequences

import (
	"testing"
	"time"
)

func TestAWaitEndsWhenItSays(t *testing.T) {
	t.Parallel()
	moscow, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, wait, from, want string }{
		{"a length of time", "3d", "Sun 2026-11-22 10:30", "Wed 2026-11-25 10:30"},
		{"a day to come", "{ date: 2026-12-01 }", "Sun 2026-11-22 10:30", "Tue 2026-12-01 00:00"},
		{"a day and an hour", `{ date: 2026-12-01, time: "10:00" }`, "Sun 2026-11-22 10:30", "Tue 2026-12-01 10:00"},
		{"a day that is past is no wait", "{ date: 2026-11-01 }", "Sun 2026-11-22 10:30", "Sun 2026-11-22 10:30"},
		{"today", "{ date: 2026-11-22 }", "Sun 2026-11-22 10:30", "Sun 2026-11-22 10:30"},
		{"today at an hour that is past", `{ date: 2026-11-22, time: "10:00" }`, "Sun 2026-11-22 10:30", "Sun 2026-11-22 10:30"},
		{"the next Tuesday", "{ weekday: tue }", "Sun 2026-11-22 10:30", "Tue 2026-11-24 00:00"},
		{"it is Tuesday", "{ weekday: tue }", "Tue 2026-11-24 10:30", "Tue 2026-11-24 10:30"},
		{"Tuesday at ten", `{ weekday: tue, time: "10:00" }`, "Sun 2026-11-22 10:30", "Tue 2026-11-24 10:00"},
		{"it is Tuesday, but ten is past", `{ weekday: tue, time: "10:00" }`, "Tue 2026-11-24 10:30", "Tue 2026-12-01 10:00"},
		{"Tuesday or Thursday at ten", `{ weekday: [tue, thu], time: "10:00" }`, "Tue 2026-11-24 10:30", "Thu 2026-11-26 10:00"},
		{"the next ten o’clock", `{ time: "10:00" }`, "Sun 2026-11-22 10:30", "Mon 2026-11-23 10:00"},
		{"the next eleven o’clock", `{ time: "11:00" }`, "Sun 2026-11-22 10:30", "Sun 2026-11-22 11:00"},
		{"an event is waited for as long as its timeout", "{ event: { category: C }, timeout: 7d }", "Sun 2026-11-22 10:30", "Sun 2026-11-29 10:30"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			step, _ := parsed(t, "sequence: s\nsteps: [{ id: a, wait: "+tc.wait+" }]").Step("a")
			from, err := time.ParseInLocation("Mon 2006-01-02 15:04", tc.from, moscow)
			if err != nil {
				t.Fatal(err)
			}
			if got := step.Wait.Until(from, Timing{}.Delayed).Format("Mon 2006-01-02 15:04"); got != tc.want {
				t.Errorf("wait: %s from %s ends %s, want %s", tc.wait, tc.from, got, tc.want)
			}
		})
	}

	// Clocks in Berlin skip 02:30 on 28 March 2027.
	step, _ := parsed(t, `{ sequence: s, steps: [{ id: a, wait: { time: "02:30" } }] }`).Step("a")
	got := step.Wait.Until(time.Date(2027, 3, 27, 12, 0, 0, 0, berlin), Timing{}.Delayed)
	if want := time.Date(2027, 3, 28, 3, 30, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("02:30 on the night without it is %s, want %s", got, want)
	}
}
