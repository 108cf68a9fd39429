package sequences

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"
)

// Timing is what the date of a step depends on beside the step. The moments it
// is asked about are in the time zone that decides.
type Timing struct {
	Window   Window
	Calendar Calendar
	// Cadence is the time between letters of the client's category, for delays
	// that say `cadence`. Zero: there is none, and such a delay is no delay.
	Cadence Duration
	// Key spreads clients over the beginning of a window. It is the same for the
	// same client and sequence; zero is at once.
	Key uint64
}

// KeyOf is a client's Timing.Key in a sequence.
func KeyOf(sequence string, clientID int64) uint64 {
	hash := fnv.New64a()
	hash.Write([]byte(sequence))
	hash.Write([]byte{0})
	hash.Write([]byte(strconv.FormatInt(clientID, 10)))
	return mixed(hash.Sum64())
}

// mixed makes each bit depend on all others: neighbouring ids differ little in
// what FNV makes of them.
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Waits tells whether a step happens only while its window is open.
func (s *Step) Waits() bool { return len(s.Email) > 0 || s.ForRep() }

// Due is when a step happens: its delay after anchor, which is the previous
// step's time or the enrollment's. One that waits for the window and would fall
// outside it happens after the next opening.
func (t Timing) Due(step Step, anchor time.Time) (time.Time, error) {
	due := t.Delayed(step.After, anchor)
	if !step.Waits() {
		return due, nil
	}
	opens, _, err := t.Opening(due)
	if err != nil {
		return time.Time{}, fmt.Errorf("dating step %q: %w", step.ID, err)
	}
	return opens, nil
}

// Delayed is the end of a delay that starts at anchor, on a whole minute.
// Without a delay it is anchor itself.
func (t Timing) Delayed(d Duration, anchor time.Time) time.Time {
	if d.Unit == Cadence {
		d = t.Cadence
	}
	switch d.Unit {
	case Minute, Hour:
		return nextMinute(d.Add(anchor, t.Calendar)) // never earlier than asked
	case Day, Week, Month, BusinessDay:
		// The same minute of another day: rounding up would make a chain of days
		// drift by a minute with each letter.
		return thisMinute(d.Add(anchor, t.Calendar))
	}
	return anchor
}

// Opening is the first interval at or after a moment in which the window is
// open. When it is closed at that moment, opens comes some minutes after the
// opening, as Key says, so that not everybody who waits goes at once; it is
// always before closes.
func (t Timing) Opening(at time.Time) (opens, closes time.Time, err error) {
	opens, closes, err = t.Window.Open(at, t.Calendar)
	if err != nil || opens.Equal(at) {
		return opens, closes, err
	}
	minutes := min(t.Window.Spread, closes.Sub(opens)) / time.Minute
	if minutes > 1 {
		opens = opens.Add(time.Duration(t.Key%uint64(minutes)) * time.Minute)
	}
	return opens, closes, nil
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
