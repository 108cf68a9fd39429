package sequences

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Unit is what a Duration counts, spelled as in YAML.
type Unit string

// The units of a Duration.
const (
	Minute      Unit = "m"
	Hour        Unit = "h"
	Day         Unit = "d"
	Week        Unit = "w"
	Month       Unit = "mo"
	BusinessDay Unit = "bd"
	// Cadence is a word instead of a number and a unit: the time between letters
	// of the client's category, which only a Timing knows.
	Cadence Unit = "cadence"
)

// tenYears is the longest Duration in each unit. Longer ones are slips of the
// finger, and years out of PostgreSQL's and time.Duration's range never come up.
var tenYears = map[Unit]int{Minute: 5_256_000, Hour: 87_600, Day: 3_650, Week: 521, Month: 120, BusinessDay: 2_600}

// Duration is a length of time as people say it: 21 days, 2 months, 5 business
// days. How long that is on a clock depends on where it starts. The zero
// Duration is no delay.
type Duration struct {
	N    int
	Unit Unit
}

const durationForms = "write a number and a unit, for example 30m, 12h, 21d, 3w, 2mo or 5bd (business days)"

var durationPattern = regexp.MustCompile(`^([0-9]{1,9})(m|h|d|w|mo|bd)$`)

// ParseDuration reads 30m, 12h, 21d, 3w, 2mo or 5bd. Zero and more than ten
// years are errors.
func ParseDuration(s string) (Duration, error) {
	parts := durationPattern.FindStringSubmatch(s)
	if parts == nil {
		return Duration{}, fmt.Errorf("%s is not a duration: %s", quoted(s), durationForms)
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		return Duration{}, fmt.Errorf("%s is not a duration: %s", quoted(s), durationForms)
	}
	unit := Unit(parts[2])
	if n == 0 {
		return Duration{}, fmt.Errorf("%s is no time at all: write at least 1%s, or leave the key out", quoted(s), unit)
	}
	if n > tenYears[unit] {
		return Duration{}, fmt.Errorf("%s is longer than ten years: write at most %d%s", quoted(s), tenYears[unit], unit)
	}
	return Duration{N: n, Unit: unit}, nil
}

// ParseDelay reads what ParseDuration does, or the word cadence.
func ParseDelay(s string) (Duration, error) {
	if s == string(Cadence) {
		return Duration{1, Cadence}, nil
	}
	d, err := ParseDuration(s)
	if suggestion := DidYouMean(s, []string{string(Cadence)}); err != nil && suggestion != "" {
		return d, fmt.Errorf("%s is not a delay%s It means the time between letters of the client's category", quoted(s), suggestion)
	}
	return d, err
}

// String is the form ParseDelay reads; "0" for no delay.
func (d Duration) String() string {
	if d.Unit == Cadence {
		return string(Cadence)
	}
	return strconv.Itoa(d.N) + string(d.Unit)
}

// IsZero tells whether d is no delay.
func (d Duration) IsZero() bool { return d.N == 0 }

// Add is the moment d after t, in t's location. Minutes and hours are elapsed
// time. Days, weeks and months keep the time on the wall across clock changes;
// a month that is too short gives its last day (31 January + 1mo is the last
// of February). Business days count cal's working days after t's day.
func (d Duration) Add(t time.Time, cal Calendar) time.Time {
	year, month, day := t.Date()
	switch d.Unit {
	case Minute:
		return t.Add(time.Duration(d.N) * time.Minute)
	case Hour:
		return t.Add(time.Duration(d.N) * time.Hour)
	case Day:
		return wall(year, month, day+d.N, timeOfDay(t), t.Location())
	case Week:
		return wall(year, month, day+7*d.N, timeOfDay(t), t.Location())
	case Month:
		month += time.Month(d.N)
		return wall(year, month, min(day, lastDay(year, month)), timeOfDay(t), t.Location())
	case BusinessDay:
		date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		for left := d.N; left > 0; {
			date = date.AddDate(0, 0, 1)
			if cal.Working(date) {
				left--
			}
		}
		return wall(date.Year(), date.Month(), date.Day(), timeOfDay(t), t.Location())
	}
	return t
}

// Sub is the moment d before t: at t, whatever happened by then is at least d
// old. It counts in UTC, business days as Monday to Friday, and never goes back
// as t goes forward; otherwise a client would flicker in and out of a segment
// at a clock change, a month's end or a weekend. So a day that the earlier
// month lacks is the end of that month, and a weekend is the start of its Monday.
func (d Duration) Sub(t time.Time) time.Time {
	utc := t.UTC()
	switch d.Unit {
	case Minute:
		return t.Add(-time.Duration(d.N) * time.Minute)
	case Hour:
		return t.Add(-time.Duration(d.N) * time.Hour)
	case Day:
		return utc.AddDate(0, 0, -d.N).In(t.Location())
	case Week:
		return utc.AddDate(0, 0, -7*d.N).In(t.Location())
	case Month:
		return subMonths(utc, d.N).In(t.Location())
	case BusinessDay:
		return subWeekdays(utc, d.N).In(t.Location())
	}
	return t
}

func subMonths(t time.Time, n int) time.Time {
	year, month, day := t.Date()
	month -= time.Month(n)
	if day > lastDay(year, month) {
		return time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Nanosecond)
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(timeOfDay(t))
}

func subWeekdays(t time.Time, n int) time.Time {
	for weekend(t.Weekday()) {
		t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	for left := n; left > 0; {
		t = t.AddDate(0, 0, -1)
		if !weekend(t.Weekday()) {
			left--
		}
	}
	return t
}

// reaches is the first instant at which d.Sub is no longer before past, that
// is, at which something that happened at past becomes d old.
func (d Duration) reaches(past time.Time) time.Time {
	days := map[Unit]int{Minute: 0, Hour: 0, Day: 1, Week: 7, Month: 31, BusinessDay: 2}[d.Unit]
	upper := time.Duration(d.N)*24*time.Hour*time.Duration(days) + 5*24*time.Hour
	switch d.Unit {
	case Minute:
		return past.Add(time.Duration(d.N) * time.Minute)
	case Hour:
		return past.Add(time.Duration(d.N) * time.Hour)
	}
	// Sub never goes back, so bisection finds the nanosecond.
	low, high := time.Duration(0), upper
	for low < high {
		middle := low + (high-low)/2
		if d.Sub(past.Add(middle)).Before(past) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return past.Add(low)
}
