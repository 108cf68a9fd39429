package engine

import (
	"strconv"
	"time"
)

const (
	// slice is how far ahead of its rate a lane may be: chunks hold that much, and
	// letters that wait for their turn are looked at that often.
	slice = 30 * time.Second
	// openLimit is how much of a sender's pace may be in chunks at a time.
	openLimit = time.Minute
)

// free reports whether the lane's rate lets one letter more go now.
func (l *lane) free(now time.Time) bool {
	if l.perSecond == 0 {
		return true
	}
	inTime := l.freeAt.Before(now.Add(slice))
	return inTime && l.open < max(1, int(l.perSecond*openLimit.Seconds()))
}

// take lets a letter go at the lane's rate.
func (l *lane) take(now time.Time) {
	if l.perSecond == 0 {
		return
	}
	if l.freeAt.Before(now) {
		l.freeAt = now
	}
	l.freeAt = l.freeAt.Add(l.gap())
	l.open++
	l.changed = true
}

func (l *lane) gap() time.Duration { return time.Duration(float64(time.Second) / l.perSecond) }

// again is the queue of letters that had their turn and lost it, to a higher
// priority or because nobody delivers: they are looked at from the next slice on, and
// in more haste than they can go, so that they stay before those that come later.
const (
	again = "again"
	haste = 8
)

// turn is when the lane's rate is free for a letter that cannot go now: behind
// those of the same and of higher priorities that wait already.
func (l *lane) turn(c claim, now time.Time) time.Time {
	at := now.Add(slice)
	if c.promised {
		if last := l.promised[again]; last.After(at) {
			at = last
		}
		return at
	}
	if l.freeAt.After(at) {
		at = l.freeAt
	}
	for key, last := range l.promised {
		priority, err := strconv.Atoi(key)
		if err == nil && priority >= c.priority && last.After(at) {
			at = last
		}
	}
	return at
}

// keep promises the lane's rate at a moment to a letter.
func (l *lane) keep(c claim, at, now time.Time) {
	if l.perSecond == 0 {
		return
	}
	next := make(map[string]time.Time, len(l.promised)+1)
	for key, last := range l.promised {
		if last.After(now) {
			next[key] = last
		}
	}
	if c.promised {
		next[again] = at.Add(l.gap() / haste)
	} else {
		next[strconv.Itoa(c.priority)] = at.Add(l.gap())
	}
	l.promised, l.changed = next, true
}
