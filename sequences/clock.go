package sequences

import "time"

// wall is the instant at which clocks in loc show the given date and time of
// day (out-of-range values carry over, as in time.Date). A time that occurs twice, when
// clocks go back, is its first occurrence; one that a clock skips, when it goes
// forward, is moved on by the gap: 02:30 becomes 03:30. time.Date leaves both
// cases open.
func wall(year int, month time.Month, day int, timeOfDay time.Duration, loc *time.Location) time.Time {
	shown := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(timeOfDay)
	_, before := shown.Add(-24 * time.Hour).In(loc).Zone()
	_, after := shown.Add(24 * time.Hour).In(loc).Zone()

	first := shown.Add(-time.Duration(before) * time.Second).In(loc)
	if _, offset := first.Zone(); offset == before {
		return first
	}
	second := shown.Add(-time.Duration(after) * time.Second).In(loc)
	if _, offset := second.Zone(); offset == after {
		return second
	}
	return first // in the gap: the old offset carries it past the gap's end
}

// reached is the first instant at which clocks in loc show the given date and time
// of day or a later one: where wall moves a time that a clock skips, reached is the
// moment it goes forward.
func reached(year int, month time.Month, day int, timeOfDay time.Duration, loc *time.Location) time.Time {
	t := wall(year, month, day, timeOfDay, loc)
	_, offset := t.Zone()
	shown := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(timeOfDay)
	if shown.Equal(t.Add(time.Duration(offset) * time.Second)) {
		return t
	}
	start, _ := t.ZoneBounds()
	return start
}

// timeOfDay is what a clock on the wall shows at t, since 00:00.
func timeOfDay(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute +
		time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// lastDay is the number of the last day of a month.
func lastDay(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func weekend(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday }
