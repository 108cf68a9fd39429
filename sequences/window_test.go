package sequences

import (
	"testing"
	"time"
)

var (
	workdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	office   = Window{Name: "office", Days: workdays, Ranges: []Range{{9 * 60, 18 * 60}}, Holidays: SkipHolidays}
	lunch    = Window{Name: "lunch", Days: workdays, Ranges: []Range{{9 * 60, 13 * 60}, {14 * 60, 18 * 60}}}
	night    = Window{Name: "night", Ranges: []Range{{2 * 60, 3 * 60}}, Holidays: IgnoreHolidays}
	early    = Window{Name: "early", Ranges: []Range{{2*60 + 30, 5 * 60}}, Holidays: IgnoreHolidays}
	saturday = Window{Name: "saturday", Days: []time.Weekday{time.Saturday}}
)

func TestWindowOpensNext(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		window        Window
		calendar      string
		from          string
		opens, closes string
	}{
		{"inside it is open at once", office, "ru", "2026-03-02 10:30 Europe/Moscow", "2026-03-02T10:30:00+03:00", "2026-03-02T18:00:00+03:00"},
		{"before hours it opens today", office, "ru", "2026-03-02 07:00 Europe/Moscow", "2026-03-02T09:00:00+03:00", "2026-03-02T18:00:00+03:00"},
		{"its first minute is inside", office, "ru", "2026-03-02 09:00 Europe/Moscow", "2026-03-02T09:00:00+03:00", "2026-03-02T18:00:00+03:00"},
		{"its end is outside", office, "ru", "2026-03-02 18:00 Europe/Moscow", "2026-03-03T09:00:00+03:00", "2026-03-03T18:00:00+03:00"},
		{"over the weekend", office, "weekends", "2026-03-06 19:00 Europe/Moscow", "2026-03-09T09:00:00+03:00", "2026-03-09T18:00:00+03:00"},
		{"over a weekend and a holiday", office, "ru", "2026-03-06 19:00 Europe/Moscow", "2026-03-10T09:00:00+03:00", "2026-03-10T18:00:00+03:00"},
		{"over the New Year holidays", office, "ru", "2025-12-30 18:30 Europe/Moscow", "2026-01-12T09:00:00+03:00", "2026-01-12T18:00:00+03:00"},
		{"in the lunch break", lunch, "ru", "2026-03-02 13:10 Europe/Moscow", "2026-03-02T14:00:00+03:00", "2026-03-02T18:00:00+03:00"},
		{"Monday to Friday does not mean a working Saturday", office, "ru", "2024-04-26 18:00 Europe/Moscow", "2024-05-02T09:00:00+03:00", "2024-05-02T18:00:00+03:00"},
		{"Saturdays are open though nobody works", saturday, "ru", "2026-03-02 10:00 Europe/Moscow", "2026-03-07T00:00:00+03:00", "2026-03-08T00:00:00+03:00"},
		{"but not on a holiday that falls on one", saturday, "ru", "2026-05-04 10:00 Europe/Moscow", "2026-05-16T00:00:00+03:00", "2026-05-17T00:00:00+03:00"},
		{"holidays can be ignored", night, "ru", "2026-01-01 00:00 Europe/Moscow", "2026-01-01T02:00:00+03:00", "2026-01-01T03:00:00+03:00"},
		{"an hour that the clock skips does not open", night, "weekends", "2026-03-29 00:00 Europe/Berlin", "2026-03-30T02:00:00+02:00", "2026-03-30T03:00:00+02:00"},
		{"an hour that occurs twice is open twice", night, "weekends", "2026-10-25 00:00 Europe/Berlin", "2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00"},
		{"a beginning that the clock skips is when it goes forward", early, "weekends", "2026-03-29 00:00 Europe/Berlin", "2026-03-29T03:00:00+02:00", "2026-03-29T05:00:00+02:00"},
		{"several ranges are several openings", lunch, "ru", "2026-03-02 13:59 Europe/Moscow", "2026-03-02T14:00:00+03:00", "2026-03-02T18:00:00+03:00"},
		{"the next one of which may be on another day", lunch, "ru", "2026-03-06 18:00 Europe/Moscow", "2026-03-10T09:00:00+03:00", "2026-03-10T13:00:00+03:00"},
		{"no window is always open", Window{}, "ru", "2026-01-01 03:00 Europe/Moscow", "2026-01-01T03:00:00+03:00", "2026-01-02T03:00:00+03:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			from, cal := at(t, tc.from), calendar(t, tc.calendar)
			opens, closes, err := tc.window.Open(from, cal)
			if err != nil {
				t.Fatal(err)
			}
			if opens.Format(time.RFC3339) != tc.opens || closes.Format(time.RFC3339) != tc.closes {
				t.Errorf("open %s to %s, want %s to %s", opens.Format(time.RFC3339), closes.Format(time.RFC3339), tc.opens, tc.closes)
			}
			if got, want := tc.window.Contains(from, cal), opens.Equal(from); got != want {
				t.Errorf("Contains is %v, want %v", got, want)
			}
			if !tc.window.Contains(opens, cal) {
				t.Error("the window does not contain its own opening")
			}
		})
	}
}

func TestWindowThatNeverOpensIsAnError(t *testing.T) {
	t.Parallel()
	never := Window{Name: "never", Days: []time.Weekday{time.Weekday(7)}}
	now := at(t, "2026-03-02 10:00 Europe/Moscow")
	if _, _, err := never.Open(now, Calendar{}); err == nil {
		t.Error("Open gave no error")
	}
	if never.Contains(now, Calendar{}) {
		t.Error("Contains is true")
	}
	if _, err := (Timing{Window: never}).Due(Step{ID: "a", Email: Letters{"a"}}, now); err == nil {
		t.Error("Due gave no error")
	}
}

func TestStepIsDueInItsWindow(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, anchor, after string
		window              Window
		want                string
	}{
		{"the first step goes at once", "2026-03-02 10:00:20 Europe/Moscow", "", office, "2026-03-02T10:00:20+03:00"},
		{"or when the office opens", "2026-03-02 21:00:20 Europe/Moscow", "", office, "2026-03-03T09:00:00+03:00"},
		{"days keep the minute of the day, so that a chain does not drift", "2026-03-02 10:00:20 Europe/Moscow", "21d", office, "2026-03-23T10:00:00+03:00"},
		{"hours end on the next whole minute", "2026-03-02 10:00:20 Europe/Moscow", "2h", office, "2026-03-02T12:01:00+03:00"},
		{"a whole minute stays", "2026-03-02 10:00 Europe/Moscow", "30m", office, "2026-03-02T10:30:00+03:00"},
		{"rounding may end the day", "2026-03-02 17:29:30 Europe/Moscow", "30m", office, "2026-03-03T09:00:00+03:00"},
		{"a due Sunday waits for Monday", "2026-03-01 10:00 Europe/Moscow", "3w", office, "2026-03-23T09:00:00+03:00"},
		{"a due holiday waits for the first working day", "2026-04-10 12:00 Europe/Moscow", "21d", office, "2026-05-04T09:00:00+03:00"},
		{"without a window nothing waits", "2026-04-10 22:00 Europe/Moscow", "21d", Window{}, "2026-05-01T22:00:00+03:00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			step := Step{ID: "guide", Email: Letters{"c/guide"}}
			if tc.after != "" {
				step.After = duration(t, tc.after)
			}
			got, err := Timing{Window: tc.window, Calendar: calendar(t, "ru")}.Due(step, at(t, tc.anchor))
			if err != nil {
				t.Fatal(err)
			}
			if got.Format(time.RFC3339) != tc.want {
				t.Errorf("due %s, want %s", got.Format(time.RFC3339), tc.want)
			}
		})
	}
}
