package sequences

import "time"

// officeWindow is the window whose hours are the company's own working hours.
const officeWindow = "office"

// CallHours are when reps are at work: the hours of the window called office, or
// else from 9 to 18.
func (s *Settings) CallHours() Window {
	if w, ok := s.Windows[officeWindow]; ok {
		return w
	}
	return Window{Name: officeWindow, Ranges: []Range{{From: 9 * 60, To: 18 * 60}}, Holidays: IgnoreHolidays}
}

// Calls dates the calls that a category's cadence asks for, by the company's own
// clock: a call is due on a day, from the beginning of work on.
type Calls struct {
	Hours    Window // Settings.CallHours
	Calendar Calendar
	Zone     *time.Location
}

// Next is when a client whom somebody last spoke to at a moment should be called
// again, from the first working day at or after the shorter time of the span, and
// the end of the day by which it should be done. Only the day of last matters.
func (c Calls) Next(span Span, last time.Time) (due, late time.Time) {
	last = DateOf(last.In(c.Zone)).Start(c.Zone)
	late = c.working(span.To.Add(last, c.Calendar))
	return c.working(span.From.Add(last, c.Calendar)), c.end(late)
}

// NotBefore moves a call that was due before the day of now to that day, or the
// next one on which people work: nobody is late with what he has just been told.
func (c Calls) NotBefore(now, due, late time.Time) (time.Time, time.Time) {
	today := c.working(now.In(c.Zone))
	if !due.Before(today) {
		return due, late
	}
	if end := c.end(today); late.Before(end) {
		late = end
	}
	return today, late
}

// end is the end of a moment's day.
func (c Calls) end(t time.Time) time.Time { return DateOf(t).Next().Start(c.Zone) }

// working is when work begins on the day of t, or on the next working day.
func (c Calls) working(t time.Time) time.Time {
	day := DateOf(t)
	for range searchDays {
		opens, _, err := c.Hours.Open(day.Start(c.Zone), c.Calendar)
		if err != nil {
			break // hours that never come: any working day will do
		}
		if c.Calendar.Working(opens) {
			return opens
		}
		day = DateOf(opens).Next()
	}
	for day = DateOf(t); !c.Calendar.Working(day.noon()); {
		day = day.Next()
	}
	return day.Start(c.Zone)
}
