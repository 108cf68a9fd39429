package sequences

import (
	"slices"
	"time"
)

// Changes is the next instant after now at which time alone, with no change of
// the client, changes Match's answer; false if it never does.
func (e Expression) Changes(c Facts, now time.Time) (at time.Time, ok bool) {
	turns := e.turningPoints(nil, &c)
	if len(turns) == 0 {
		return time.Time{}, false
	}
	slices.SortFunc(turns, time.Time.Compare)
	answer := e.holds(&c, now)
	for _, turn := range turns {
		if turn.After(now) && e.holds(&c, turn) != answer {
			return turn.In(now.Location()), true
		}
	}
	return time.Time{}, false
}

// turningPoints are the instants at which any single condition changes.
func (e *Expression) turningPoints(turns []time.Time, c *Facts) []time.Time {
	for i := range e.Of {
		turns = e.Of[i].turningPoints(turns, c)
	}
	switch e.Op {
	case OlderThan, Within:
		if at := c.moment(e.Field); at != nil {
			turns = append(turns, e.Span.reaches(*at))
		}
	case Happened:
		if e.Happening.Age == "" {
			break
		}
		for i := range c.History {
			if h := c.History[i]; h.Kind == e.Happening.Kind {
				turns = append(turns, e.Span.reaches(h.At))
			}
		}
	}
	return turns
}
