package sequences

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The model of time that the rules are checked against knows no offsets and no formulas: it looks at what a clock on the
// wall shows, minute by minute, and counts days on its fingers.

// reading is what a clock on a wall shows.
type reading struct{ year, month, day, minute int }

func showing(t time.Time) reading {
	year, month, day := t.Date()
	return reading{year, int(month), day, t.Hour()*60 + t.Minute()}
}

func (r reading) before(o reading) bool {
	if r.date() != o.date() {
		return r.year < o.year || r.year == o.year && (r.month < o.month || r.month == o.month && r.day < o.day)
	}
	return r.minute < o.minute
}

// date is the reading without its time.
func (r reading) date() reading { return reading{r.year, r.month, r.day, 0} }

var lengths = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysOf(year, month int) int {
	if month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0) {
		return 29
	}
	return lengths[month-1]
}

func (r reading) nextDay() reading {
	switch {
	case r.day < daysOf(r.year, r.month):
		r.day++
	case r.month < 12:
		r.month, r.day = r.month+1, 1
	default:
		r.year, r.month, r.day = r.year+1, 1, 1
	}
	return r
}

func (r reading) nextMonth(day int) reading {
	r.month++
	if r.month > 12 {
		r.year, r.month = r.year+1, 1
	}
	r.day = min(day, daysOf(r.year, r.month))
	return r
}

// walk finds the minute at which a clock in a place first shows a time. If the clock jumps over it, as many minutes pass
// since the last one before as the clock would have needed.
func walk(want reading, loc *time.Location) time.Time {
	asIfUTC := time.Date(want.year, time.Month(want.month), want.day, 0, want.minute, 0, 0, time.UTC)
	last := time.Time{}
	for t := asIfUTC.Add(-15 * time.Hour); ; t = t.Add(time.Minute) {
		switch shown := showing(t.In(loc)); {
		case shown == want:
			return t.In(loc)
		case shown.before(want):
			last = t
		default:
			missing := asIfUTC.Sub(time.Date(last.In(loc).Year(), last.In(loc).Month(), last.In(loc).Day(), last.In(loc).Hour(), last.In(loc).Minute(), 0, 0, time.UTC))
			return last.Add(missing).In(loc)
		}
	}
}

// later is the model of Duration.Add.
func later(d Duration, t time.Time, cal Calendar) time.Time {
	r := showing(t)
	switch d.Unit {
	case Minute:
		return time.Unix(t.Unix()+60*int64(d.N), 0).In(t.Location())
	case Hour:
		return time.Unix(t.Unix()+3600*int64(d.N), 0).In(t.Location())
	case Day, Week:
		n := d.N
		if d.Unit == Week {
			n *= 7
		}
		for range n {
			r = r.nextDay()
		}
	case Month:
		day := r.day
		for range d.N {
			r = r.nextMonth(day)
		}
	case BusinessDay:
		for n := d.N; n > 0; {
			r = r.nextDay()
			if cal.Working(time.Date(r.year, time.Month(r.month), r.day, 0, 0, 0, 0, time.UTC)) {
				n--
			}
		}
	}
	return walk(r, t.Location())
}

// openings is the model of Window.Open: it waits minute by minute with a clock that is never put back, and so stands still
// while an hour is repeated.
func openings(w Window, t time.Time, cal Calendar) (opens, closes time.Time) {
	type hours struct {
		day reading
		Range
	}
	var closed, within hours
	day, works := reading{}, false
	open := func(r reading) hours {
		if r.date() != day {
			day = r.date()
			date := time.Date(r.year, time.Month(r.month), r.day, 0, 0, 0, 0, time.UTC)
			works = slices.Contains(w.Days, date.Weekday()) && (w.Holidays == IgnoreHolidays || !cal.Holiday(date))
		}
		for _, span := range w.Ranges {
			if works && span.From <= r.minute && r.minute < span.To {
				return hours{day, span}
			}
		}
		return closed
	}
	most := reading{}
	for m := t.Add(-3 * time.Hour).Truncate(time.Minute); ; m = m.Add(time.Minute) { // what was repeated began before
		shown := showing(m.In(t.Location()))
		if most.before(shown) {
			most = shown
		}
		now := open(most)
		if m.Add(time.Minute).After(t) && within == closed && now != closed {
			opens, within = m.In(t.Location()), now
			if opens.Before(t) {
				opens = t
			}
		}
		if within != closed && now != within {
			return opens, m.In(t.Location())
		}
	}
}

// place is a time zone with the moments in 2024 to 2030 when its clocks change.
type place struct {
	*time.Location
	changes []time.Time
}

// places are all zones of the IANA database.
var places = sync.OnceValues(func() ([]place, error) {
	list, err := os.ReadFile("testdata/zones.txt")
	if err != nil {
		return nil, err
	}
	var all []place
	for _, name := range strings.Fields(string(list)) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			return nil, err
		}
		p := place{Location: loc}
		for t := from2024.In(loc); t.Before(to2031); {
			_, end := t.ZoneBounds()
			if end.IsZero() || end.After(to2031) {
				break
			}
			p.changes, t = append(p.changes, end), end
		}
		all = append(all, p)
	}
	return all, nil
})

var (
	from2024 = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	to2031   = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
)

func allPlaces(t testing.TB) []place {
	t.Helper()
	all, err := places()
	if err != nil {
		t.Fatal(err)
	}
	return all
}
