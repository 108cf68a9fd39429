package sequences

import (
	"math/rand/v2"
	"testing"
	"time"
)

// moments are where mistakes hide: around each change of the clocks, and anywhere.
func someMoments(p place, random *rand.Rand, near, anywhere int) []time.Time {
	var list []time.Time
	for _, change := range p.changes {
		for range near {
			list = append(list, change.Add(time.Duration(random.IntN(361)-180)*time.Minute).In(p.Location))
		}
	}
	for range anywhere {
		minutes := random.Int64N(int64(to2031.Sub(from2024) / time.Minute))
		list = append(list, from2024.Add(time.Duration(minutes)*time.Minute).In(p.Location))
	}
	return list
}

func delay(random *rand.Rand) Duration {
	unit := []Unit{Minute, Hour, Day, Week, Month, BusinessDay}[random.IntN(6)]
	return Duration{1 + random.IntN(map[Unit]int{Minute: 5000, Hour: 200, Day: 60, Week: 9, Month: 30, BusinessDay: 40}[unit]), unit}
}

// Every delay ends, in every zone of the world, when a clock on the wall says so.
func TestDelaysEndAsTheClockOnTheWallSays(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	calendars := []Calendar{{}, calendar(t, "ru"), calendar(t, "de"), calendar(t, "us")}
	for _, p := range allPlaces(t) {
		check := func(d Duration, from time.Time) {
			cal := calendars[random.IntN(len(calendars))]
			if got, want := d.Add(from, cal), later(d, from, cal); !got.Equal(want) {
				t.Fatalf("%s after %s in %s is %s, the clock on the wall says %s", d, from, p, got, want)
			}
		}
		for _, moment := range someMoments(p, random, 1, 3) {
			check(delay(random), moment)
		}
		// These end where the clocks change, at times that do not exist or do so twice.
		for _, change := range p.changes {
			year, month, day := change.Add(-time.Minute).In(p.Location).Date()
			hour, minute, _ := change.Add(-time.Minute).In(p.Location).Clock()
			minute += random.IntN(240) - 119
			n := 1 + random.IntN(20)
			check(Duration{n, Day}, time.Date(year, month, day-n, hour, minute, 0, 0, p.Location))
			check(Duration{1, Month}, time.Date(year, month-1, day, hour, minute, 0, 0, p.Location))
		}
	}
}

// A window opens, in every zone, at the first minute that it says, and not before.
func TestWindowsOpenAtTheirFirstMinute(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(2, 2))
	holidays := calendar(t, "de")
	for _, p := range allPlaces(t) {
		for _, moment := range someMoments(p, random, 2, 1) {
			w := anyWindow(random)
			opens, closes, err := w.Open(moment, holidays)
			if err != nil {
				t.Fatal(err)
			}
			if wantOpens, wantCloses := openings(w, moment, holidays); !opens.Equal(wantOpens) || !closes.Equal(wantCloses) {
				t.Fatalf("%v %v from %s in %s is open %s to %s, the clock on the wall says %s to %s",
					w.Days, w.Ranges, moment, p, opens, closes, wantOpens, wantCloses)
			}
		}
	}
}

// anyWindow is open on most days, for hours of the night in which clocks change and others.
func anyWindow(random *rand.Rand) Window {
	w := Window{Name: "any", Holidays: []string{SkipHolidays, IgnoreHolidays}[random.IntN(2)], Spread: time.Duration(random.IntN(60)) * time.Minute}
	for day := time.Sunday; day <= time.Saturday; day++ {
		if day == time.Wednesday || random.IntN(4) > 0 {
			w.Days = append(w.Days, day)
		}
	}
	for from := random.IntN(300); from < minutesOfDay; {
		to := min(from+1+random.IntN(300), minutesOfDay)
		w.Ranges = append(w.Ranges, Range{from, to})
		from = to + max(0, random.IntN(600)-100)
	}
	return w
}

// Whoever waits for an opening goes some minutes after it, always the same ones, and never after its end; whoever need not
// wait is not moved.
func TestWaitingLettersAreSpreadInsideTheOpening(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	for _, p := range allPlaces(t) {
		for _, moment := range someMoments(p, random, 1, 4) {
			timing := Timing{Window: anyWindow(random), Key: random.Uint64()}
			first, end, err := timing.Window.Open(moment, Calendar{})
			if err != nil {
				t.Fatal(err)
			}
			opens, closes, err := timing.Opening(moment)
			if err != nil {
				t.Fatal(err)
			}
			again, _, _ := timing.Opening(moment)
			switch {
			case !again.Equal(opens) || !closes.Equal(end):
				t.Fatalf("it is not the same each time: %s and %s, to %s and %s", opens, again, closes, end)
			case first.Equal(moment) && !opens.Equal(moment):
				t.Fatalf("open at %s in %s, but moved to %s", moment, p, opens)
			case opens.Before(first) || !opens.Before(closes) || opens.Sub(first) > 0 && opens.Sub(first) >= timing.Window.Spread:
				t.Fatalf("open %s to %s in %s with a spread of %s: %s", first, end, p, timing.Window.Spread, opens)
			case !timing.Window.Contains(opens, Calendar{}):
				t.Fatalf("closed at %s in %s", opens, p)
			}
			due, err := timing.Due(Step{ID: "a", Email: Letters{"a"}, After: delay(random)}, moment)
			if err != nil || due.Before(moment.Truncate(time.Minute)) || !timing.Window.Contains(due, Calendar{}) {
				t.Fatalf("due %s after %s in %s, %v", due, moment, p, err)
			}
		}
	}
}

// `older than` counts back on a calendar in UTC, and what it says changes at the instant that reaches names.
func TestOlderThanCountsBackAsOnACalendar(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 4))
	for range 20_000 {
		now := from2024.Add(time.Duration(random.Int64N(int64(to2031.Sub(from2024)))))
		d := delay(random)
		if got, want := d.Sub(now), earlierThan(d, now); !got.Equal(want) {
			t.Fatalf("%s before %s is %s, a calendar says %s", d, now, got, want)
		}
		at := d.reaches(now)
		if d.Sub(at).Before(now) || !d.Sub(at.Add(-1)).Before(now) {
			t.Fatalf("what happened at %s is not %s old first at %s", now, d, at)
		}
	}
}

// earlierThan is the model of Duration.Sub.
func earlierThan(d Duration, t time.Time) time.Time {
	const day = 24 * time.Hour
	midnight := t.Truncate(day)
	switch d.Unit {
	case Minute, Hour, Day, Week:
		return t.Add(-time.Duration(d.N) * map[Unit]time.Duration{Minute: time.Minute, Hour: time.Hour, Day: day, Week: 7 * day}[d.Unit])
	case Month:
		months := t.Year()*12 + int(t.Month()) - 1 - d.N
		for date := midnight; ; date = date.Add(-day) { // back to the last day of that month that is not after today's
			if date.Year()*12+int(date.Month())-1 != months || date.Day() > t.Day() {
				continue
			}
			if date.Day() < t.Day() {
				return date.Add(day - 1)
			}
			return date.Add(t.Sub(midnight))
		}
	}
	// Weekdays have numbers, five a week, Monday 1 January 2018 is 0.
	monday := time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC)
	days := int(midnight.Sub(monday) / day)
	number, rest := days/7*5+days%7, t.Sub(midnight)
	if days%7 > 4 {
		number, rest = (days/7+1)*5, 0
	}
	number -= d.N
	return monday.Add(time.Duration(number/5*7+number%5)*day + rest)
}
