package engine

import (
	"time"

	"seventh/sequences"
)

// lane is what letters share and limits are counted for: a sender, by his address,
// or a mail provider. Days are those of the company's zone.
//
// A letter over a daily limit is promised room on a later day. What it is promised
// nobody of the same or a lower priority takes; a higher priority does, and then
// the promise is kept a day later. So letters go in order, highest priority first,
// and none is looked at again before its day.
type lane struct {
	name      string
	perSecond float64                      // 0: any
	limitOn   func(day sequences.Date) int // 0: any

	days map[sequences.Date]map[int]tally // by priority
	full map[claim]sequences.Date         // where the search for room goes on

	freeAt   time.Time            // released letters take until then
	promised map[string]time.Time // by priority: what waits takes until then
	open     int                  // a sender's letters in chunks
	changed  bool
	touched  map[dayPriority]bool
}

type dayPriority struct {
	day      sequences.Date
	priority int
}

type tally struct{ released, promised int }

// claim is who asks for room: a letter to which it was promised goes before all
// others of its priority.
type claim struct {
	priority int
	promised bool
}

// room reports whether a day has room for one letter more.
func (l *lane) room(day sequences.Date, c claim) bool { return l.within(day, c, l.limitOn(day)) }

func (l *lane) within(day sequences.Date, c claim, limit int) bool {
	if limit == 0 {
		return true
	}
	taken := 0
	for priority, t := range l.days[day] {
		taken += t.released
		if priority > c.priority || priority == c.priority && !c.promised {
			taken += t.promised
		}
	}
	return taken < limit
}

func (l *lane) add(day sequences.Date, priority, released, promised int) {
	t := l.days[day][priority]
	t.released += released
	t.promised = max(0, t.promised+promised)
	l.set(day, priority, t)
	l.touched[dayPriority{day, priority}] = true
}

func (l *lane) set(day sequences.Date, priority int, t tally) {
	if l.days[day] == nil {
		l.days[day] = make(map[int]tally)
	}
	l.days[day][priority] = t
}

// used is how far a day is used up, as people are let in one after the other.
func (l *lane) used(day sequences.Date) int {
	used := 0
	for _, t := range l.days[day] {
		used += t.released + t.promised
	}
	return used
}

// capacity is how many letters a day takes: its limit, or what the rate makes of the
// time that a window is open; 0 for any number.
func (l *lane) capacity(day sequences.Date, open time.Duration) int {
	limit := l.limitOn(day)
	if l.perSecond > 0 {
		paced := max(1, int(l.perSecond*open.Seconds()))
		if limit == 0 || paced < limit {
			return paced
		}
	}
	return limit
}
