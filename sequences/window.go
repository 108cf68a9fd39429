package sequences

import (
	"fmt"
	"slices"
	"time"
)

// Whose clock a window goes by.
const (
	ClientTime  = "client"
	RepTime     = "rep"
	CompanyTime = "company"
)

// What a window does on official days off.
const (
	SkipHolidays   = "skip"
	IgnoreHolidays = "ignore"
)

// Window is the hours in which letters may go out. The zero Window is always open.
type Window struct {
	Name     string
	Days     []time.Weekday // none: every day
	Ranges   []Range        // in order, not overlapping; none: the whole day
	TimeZone string         // ClientTime, RepTime or CompanyTime: the location callers must put times in
	Spread   time.Duration  // over how much of its beginning letters that waited for it are spread
	Holidays string         // SkipHolidays (also when empty): closed on the calendar's official days off; or IgnoreHolidays
}

// Range is a part of a day in minutes since 00:00, From included, To excluded.
type Range struct{ From, To int }

// String is the form YAML uses: "09:00-18:00".
func (r Range) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", r.From/60, r.From%60, r.To/60, r.To%60)
}

// usualSpread is a window's Spread if nothing is written.
const usualSpread = 15 * time.Minute

const (
	minutesOfDay = 24 * 60
	searchDays   = 400 // more than a year, so that a window of one weekday and a long holiday still opens
)

// Open is the first interval at or after t, in t's location, in which the
// window is open; when t is inside one, opens is t. A window that does not open
// within 400 days is an error. Hours last from when the clock first shows their
// beginning, or later, to when it first shows their end, or later: an hour that the
// clock repeats is one longer opening, and a part that it skips is left out.
func (w Window) Open(t time.Time, cal Calendar) (opens, closes time.Time, err error) {
	if w.always() {
		return t, t.Add(24 * time.Hour), nil
	}
	year, month, day := t.Date()
	for i := range searchDays {
		// Noon: a date in whatever location, never shifted by a clock change.
		if !w.openOn(time.Date(year, month, day+i, 12, 0, 0, 0, time.UTC), cal) {
			continue
		}
		for _, r := range w.ranges() {
			opens = reached(year, month, day+i, time.Duration(r.From)*time.Minute, t.Location())
			closes = reached(year, month, day+i, time.Duration(r.To)*time.Minute, t.Location())
			if opens.Before(t) {
				opens = t
			}
			if opens.Before(closes) {
				return opens, closes, nil
			}
		}
	}
	return time.Time{}, time.Time{}, fmt.Errorf("window %q never opens within %d days of %s", w.Name, searchDays, t.Format(time.DateOnly))
}

// Contains tells whether the window is open at t.
func (w Window) Contains(t time.Time, cal Calendar) bool {
	opens, _, err := w.Open(t, cal)
	return err == nil && opens.Equal(t)
}

func (w Window) always() bool {
	return len(w.Days) == 0 && len(w.Ranges) == 0 && w.Holidays == ""
}

// openOn goes by the days the marketer listed: a Saturday that a decree made a
// working day does not open a window of Monday to Friday.
func (w Window) openOn(date time.Time, cal Calendar) bool {
	if len(w.Days) > 0 && !slices.Contains(w.Days, date.Weekday()) {
		return false
	}
	return w.Holidays == IgnoreHolidays || !cal.Holiday(date)
}

func (w Window) ranges() []Range {
	if len(w.Ranges) == 0 {
		return []Range{{From: 0, To: minutesOfDay}}
	}
	return w.Ranges
}
