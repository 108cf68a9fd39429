package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// laneBook are the lanes of a run of the planner.
type laneBook struct {
	now   time.Time
	zone  *time.Location
	today sequences.Date
	lanes map[string]*lane
}

func newLaneBook(now time.Time, zone *time.Location) *laneBook {
	return &laneBook{now: now, zone: zone, today: sequences.DateOf(now.In(zone)), lanes: make(map[string]*lane)}
}

// load reads lanes that are not known yet.
func (b *laneBook) load(ctx context.Context, tx pgx.Tx, wanted map[string]*lane) error {
	var names, paced []string
	for name, l := range wanted {
		if b.lanes[name] != nil {
			continue
		}
		l.name, l.days, l.full, l.touched = name, make(map[sequences.Date]map[int]tally), make(map[claim]sequences.Date), make(map[dayPriority]bool)
		b.lanes[name] = l
		names = append(names, name)
		if l.perSecond > 0 && strings.Contains(name, "@") {
			paced = append(paced, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	lanes, days, err := store.LoadLanes(ctx, tx, names, midnight(b.today))
	if err != nil {
		return err
	}
	for _, row := range lanes {
		l := b.lanes[row.Lane]
		l.promised = row.Promised
		if row.FreeAt != nil {
			l.freeAt = *row.FreeAt
		}
	}
	for _, row := range days {
		b.lanes[row.Lane].set(sequences.DateOf(row.Day.UTC()), row.Priority, tally{row.Released, row.Promised})
	}
	if len(paced) == 0 {
		return nil
	}
	open, err := store.OpenLetters(ctx, tx, paced)
	for name, n := range open {
		b.lanes[name].open = n
	}
	return err
}

// midnight is how the database knows a date.
func midnight(d sequences.Date) time.Time { return d.Start(time.UTC) }

// save writes what has changed.
func (b *laneBook) save(ctx context.Context, tx pgx.Tx) error {
	var lanes []store.Lane
	var days []store.LaneDay
	for _, l := range b.lanes {
		if l.changed {
			row := store.Lane{Lane: l.name, Promised: l.promised}
			if !l.freeAt.IsZero() {
				row.FreeAt = &l.freeAt
			}
			lanes = append(lanes, row)
		}
		for at := range l.touched {
			t := l.days[at.day][at.priority]
			days = append(days, store.LaneDay{Lane: l.name, Day: midnight(at.day), Priority: at.priority, Released: t.released, Promised: t.promised})
		}
	}
	return store.SaveLanes(ctx, tx, lanes, days)
}

// giveBack takes back what was promised to an enrollment on the day of its date,
// now that it is decided about. It reports whether anything was.
func (b *laneBook) giveBack(e *store.Enrollment) bool {
	if e.Lanes == "" {
		return false
	}
	day := sequences.DateOf(e.NextAt.In(b.zone))
	for _, name := range strings.Fields(e.Lanes) {
		if l := b.lanes[name]; l != nil && !day.Before(b.today) {
			l.add(day, e.Priority, 0, -1)
		}
	}
	return true
}

// keep promises room on another day to an enrollment that could not use what it was
// promised: it stays before those that come later.
func (b *laneBook) keep(lanes string, priority int, at time.Time) {
	for _, name := range strings.Fields(lanes) {
		if l := b.lanes[name]; l != nil {
			l.add(sequences.DateOf(at.In(b.zone)), priority, 0, 1)
		}
	}
}

// spread is the part of an opening over which dates are spread: who is a little late
// then is still in time.
const spread = 0.9

// daysAhead is how far room is promised; whoever is further behind is looked at
// again then.
const daysAhead = 400

// opening is when a letter's window is open at or after a moment.
type opening func(from time.Time) (opens, closes time.Time, err error)

// promise finds the first day at or after from with room in all lanes, and takes
// it. Dates are spread over the day's opening, in order of the promises. It
// returns a date after by without taking anything.
func (b *laneBook) promise(lanes []*lane, c claim, from, by time.Time, window opening) (time.Time, error) {
	day := sequences.DateOf(from.In(b.zone))
	for range daysAhead {
		for _, l := range lanes {
			if first, known := l.full[c]; known && day.Before(first) {
				day = first
			}
			for range daysAhead {
				if l.room(day, c) {
					break
				}
				day = day.Next()
				l.full[c] = day
			}
		}
		if start := day.Start(b.zone); from.Before(start) {
			from = start
		}
		opens, closes, err := window(from)
		if err != nil || opens.After(by) {
			return opens, err
		}
		if first := sequences.DateOf(opens.In(b.zone)); first != day {
			day, from = first, opens
			continue
		}
		if end := day.Next().Start(b.zone); closes.After(end) {
			closes = end
		}
		at, fits := opens, true
		for _, l := range lanes {
			limit := l.capacity(day, closes.Sub(opens))
			fits = fits && l.within(day, c, limit)
			if limit > 0 && !c.promised {
				place := opens.Add(time.Duration(spread * float64(closes.Sub(opens)) * float64(min(l.used(day), limit-1)) / float64(limit)))
				if place.After(at) {
					at = place
				}
			}
		}
		if !fits {
			day = day.Next()
			continue
		}
		if at.After(by) {
			return at, nil
		}
		for _, l := range lanes {
			l.add(day, c.priority, 0, 1)
		}
		return at, nil
	}
	return from, nil
}
