package sequences

import (
	"fmt"
	"time"
)

// Due is when a step's touch happens: its delay after anchor, which is the
// previous step's time or the enrollment's in the time zone that decides. A
// delay ends on a whole minute; a moment outside the window waits for its
// opening. Without a delay anchor itself is the moment.
func Due(step Step, anchor time.Time, w Window, cal Calendar) (time.Time, error) {
	due := anchor
	switch step.After.Unit {
	case "":
	case Minute, Hour:
		due = nextMinute(step.After.Add(anchor, cal)) // never earlier than asked
	default:
		// The same minute of another day: rounding up would make a chain of days
		// drift by a minute with each letter.
		due = thisMinute(step.After.Add(anchor, cal))
	}
	opens, _, err := w.Open(due, cal)
	if err != nil {
		return time.Time{}, fmt.Errorf("dating step %q: %w", step.ID, err)
	}
	return opens, nil
}

// thisMinute is the minute that clocks show.
func thisMinute(t time.Time) time.Time { return t.Add(-(timeOfDay(t) % time.Minute)) }

// nextMinute rounds up to a minute that clocks show.
func nextMinute(t time.Time) time.Time {
	if minute := thisMinute(t); minute.Before(t) {
		return minute.Add(time.Minute)
	}
	return t
}
