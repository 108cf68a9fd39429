package sequences

import (
	"slices"
	"testing"
	"time"
)

func TestCalendarsKnowTheirDays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		calendar, date string
		working        bool
	}{
		{"weekends", "2026-01-01", true},
		{"weekends", "2026-01-03", false},
		{"ru", "2026-01-09", false}, // moved from 3 January
		{"ru", "2026-01-12", true},
		{"ru", "2024-04-27", true}, // a Saturday, worked for the Monday after it
		{"ru", "2024-04-29", false},
		{"ru", "2024-11-02", true}, // a Saturday, though an hour shorter
		{"ru", "2025-12-31", false},
		{"ru", "2027-06-11", true},  // provisional: a Friday before the holiday
		{"ru", "2029-11-05", true},  // provisional: nothing is moved
		{"ru", "2031-11-04", false}, // provisional: a Tuesday by law
		{"by", "2024-05-18", true},
		{"by", "2025-07-04", false}, // worked on 12 July
		{"kz", "2026-05-27", false}, // Kurban Ait
		{"kz", "2026-08-31", false},
		{"uz", "2026-09-01", false},
	} {
		date, err := time.Parse(time.DateOnly, tc.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar(t, tc.calendar).Working(date); got != tc.working {
			t.Errorf("%s works on %s: %v, want %v", tc.calendar, tc.date, got, tc.working)
		}
	}
}

// The yearly totals of a five-day week, as published with the decrees.
func TestRussianYearsHaveTheDecreedNumberOfWorkingDays(t *testing.T) {
	t.Parallel()
	cal := calendar(t, "ru")
	for year, want := range map[int]int{2024: 248, 2025: 247, 2026: 247} {
		days := 0
		for date := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); date.Year() == year; date = date.AddDate(0, 0, 1) {
			if cal.Working(date) {
				days++
			}
		}
		if days != want {
			t.Errorf("%d has %d working days, want %d", year, days, want)
		}
	}
}

func TestCalendarsTellWhatIsProvisional(t *testing.T) {
	t.Parallel()
	for _, name := range Calendars {
		cal := calendar(t, name)
		if cal.Name() != name {
			t.Errorf("%s calls itself %s", name, cal.Name())
		}
		if name == "weekends" {
			if cal.Provisional(2027) || len(cal.Years()) > 0 {
				t.Error("weekends wait for a decree")
			}
			continue
		}
		if cal.Provisional(2026) || !cal.Provisional(2027) || !slices.Equal(cal.Years(), []int{2024, 2025, 2026}) {
			t.Errorf("%s: years %v", name, cal.Years())
		}
	}
}

func TestUnknownCalendarIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := LoadCalendar("rus"); err == nil {
		t.Error("no error")
	}
	if name := (Calendar{}).Name(); name != "weekends" {
		t.Errorf("the zero Calendar calls itself %q", name)
	}
}

func TestBrokenCalendarDataIsAnError(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"calendar: x\n",
		"calendar: x\ntitle: X\nstatutory: [02-30]\nyears: {}\n",
		"calendar: x\ntitle: X\nstatutory: []\nyears: { next: { days_off: [] } }\n",
		"calendar: x\ntitle: X\nstatutory: []\nyears: { 2026: { days_off: [02-29] } }\n",
		"calendar: x\ntitle: X\nstatutory: []\nyears: { 2026: { days_off: [], working_weekends: [5] } }\n",
	} {
		if _, err := parseCalendar("x.yaml", []byte(src)); err == nil {
			t.Errorf("no error for %q", src)
		}
	}
}
