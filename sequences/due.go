package sequences

import (
	"fmt"
	"time"
)

// Due is when a step's touch happens: its delay after anchor, which is the
// previous step's time or the enrollment's in the time zone that decides. A
// delay ends on a whole minute, never earlier than asked; a moment outside the
// window waits for its opening. Without a delay anchor itself is the moment.
func Due(step Step, anchor time.Time, w Window, cal Calendar) (time.Time, error) {
	due := anchor
	if !step.After.IsZero() {
		due = wholeMinute(step.After.Add(anchor, cal))
	}
	opens, _, err := w.Open(due, cal)
	if err != nil {
		return time.Time{}, fmt.Errorf("dating step %q: %w", step.ID, err)
	}
	return opens, nil
}

// wholeMinute rounds up to the minute that clocks show.
func wholeMinute(t time.Time) time.Time {
	if past := timeOfDay(t) % time.Minute; past > 0 {
		return t.Add(time.Minute - past)
	}
	return t
}
