package sequences

import (
	"slices"
	"strings"
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
		{"de", "2026-04-03", false}, // Good Friday
		{"de", "2026-06-04", true},  // Corpus Christi, in some Länder only
		{"de-by", "2026-06-04", false},
		{"de", "2040-05-10", false}, // Ascension Day
		{"us", "2026-07-03", false}, // for Saturday the 4th
		{"us", "2021-12-31", false}, // for the Saturday after it, in the year before
		{"us", "2026-11-26", false},
		{"us", "2026-11-27", true},
		{"gb", "2027-12-27", false}, // for Christmas on a Saturday
		{"gb", "2027-12-28", false}, // for Boxing Day on a Sunday
		{"fr", "2026-07-14", false},
		{"it", "2027-10-04", false}, // since 2026
		{"it", "2024-10-04", true},
		{"pl", "2025-12-24", false}, // since 2025
		{"ch", "2027-08-02", true},
		{"se", "2026-06-19", false}, // Midsummer's Eve
		{"jp", "2026-05-06", false}, // for Sunday the 3rd
		{"au", "2026-04-06", false},
		{"gr", "2026-04-13", false}, // the Orthodox Easter
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

// A holiday on a weekend closes a window of Saturdays, too.
func TestHolidaysOnWeekendsAreHolidays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ calendar, date string }{{"us", "2026-07-04"}, {"gb", "2027-12-25"}, {"de", "2026-10-03"}, {"ru", "2027-05-01"}} {
		date, err := time.Parse(time.DateOnly, tc.date)
		if err != nil {
			t.Fatal(err)
		}
		if !calendar(t, tc.calendar).Holiday(date) {
			t.Errorf("%s: %s is no holiday", tc.calendar, tc.date)
		}
	}
}

func TestACompanyHasDaysOfItsOwn(t *testing.T) {
	t.Parallel()
	settings, problems := ParseSettings("seventh.yaml", []byte(`
time_zone: Europe/Berlin
calendar: de
calendars:
  days_off: [2026-05-15, 12-24, 12-31, 02-29]
  working_days: [2026-10-03, 2027-12-31]
fallback_sender: team
senders: { team: { email: team@firm.example } }
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	cal, err := settings.WorkCalendar()
	if err != nil {
		t.Fatal(err)
	}
	if cal.Name() != "de" {
		t.Errorf("it is called %s", cal.Name())
	}
	for date, want := range map[string]struct{ working, holiday bool }{
		"2026-05-15": {false, true}, // the Friday after Ascension Day, once
		"2027-05-07": {true, false}, // not the year after
		"2026-12-24": {false, true}, // every year
		"2030-12-24": {false, true},
		"2027-12-31": {true, false}, // but not in this one
		"2028-02-29": {false, true},
		"2026-10-03": {true, false}, // a holiday, and a Saturday: stocktaking
		"2026-04-03": {false, true}, // the country's days stay
		"2026-05-18": {true, false},
	} {
		day, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		if working, holiday := cal.Working(day), cal.Holiday(day); working != want.working || holiday != want.holiday {
			t.Errorf("%s: working %v, holiday %v", date, working, holiday)
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
		if !slices.Contains(decreed, name) {
			if _, ok := cal.ProvisionalFrom(); ok || cal.Provisional(2027) || len(cal.Years()) > 0 {
				t.Errorf("%s waits for a decree", name)
			}
			continue
		}
		if year, ok := cal.ProvisionalFrom(); year != 2027 || !ok {
			t.Errorf("%s is provisional from %d, %v", name, year, ok)
		}
		if cal.Provisional(2026) || !cal.Provisional(2027) || !slices.Equal(cal.Years(), []int{2024, 2025, 2026}) {
			t.Errorf("%s: years %v", name, cal.Years())
		}
	}
}

func TestUnknownCalendarIsAnError(t *testing.T) {
	t.Parallel()
	for name, cure := range map[string]string{"rus": `"ru"`, "UK": `"gb"`, "Germany": `"de"`, "de-ba": `"de-bb"`} {
		if _, err := LoadCalendar(name); err == nil || !strings.Contains(err.Error(), "did you mean "+cure+"?") {
			t.Errorf("%s: %v", name, err)
		}
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
