package sequences

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Moment is a date, or a date and a time, as people write it in samples and stories.
// Which instant that is depends on a time zone, unless it names its own.
type Moment struct {
	Text  string // as written; "" for none
	Exact bool   // it has a time of day

	wall time.Time // what clocks show, in UTC, or the instant
	zone *time.Location
}

const momentForms = `write a date like 2027-03-01, or with a time "2027-03-01 10:00", "2027-03-01 10:00 Europe/Moscow" or 2027-03-01T10:00:00+03:00`

// ParseMoment reads "2027-03-01", "2027-03-01 10:00", one of them with a time zone
// behind, or RFC 3339.
func ParseMoment(text string) (Moment, error) {
	m := Moment{Text: text, Exact: true}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		m.wall, m.zone = at, at.Location()
		return inYears(m)
	}
	words := strings.Fields(text)
	if n := len(words) - 1; n > 0 && !strings.ContainsAny(words[n], "0123456789") || n == 2 {
		zone, err := LoadZone(words[n])
		if err != nil {
			return Moment{}, err
		}
		m.zone, words = zone, words[:n]
	}
	layout := "2006-01-02 15:04"
	if len(words) == 1 {
		layout, m.Exact = time.DateOnly, false
	}
	wall, err := time.Parse(layout, strings.Join(words, " "))
	if err != nil {
		return Moment{}, fmt.Errorf("%s is no date: %s", quoted(text), momentForms)
	}
	m.wall = wall
	return inYears(m)
}

// inYears refuses years that are slips of the finger, and out of calendars' range.
func inYears(m Moment) (Moment, error) {
	if year := m.wall.Year(); year < 1990 || year > 2100 {
		return Moment{}, fmt.Errorf("%s is in the year %d: write one from 1990 to 2100", quoted(m.Text), year)
	}
	return m, nil
}

// LoadZone is a time zone by its IANA name, the same on every machine.
func LoadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, fmt.Errorf("unknown time zone %s: write it as Region/City, for example Europe/Moscow or Asia/Almaty", quoted(name))
	}
	return zone, nil
}

// IsZero tells whether nothing was written.
func (m Moment) IsZero() bool { return m.Text == "" }

// Zone is the time zone that the moment names, or nil.
func (m Moment) Zone() *time.Location { return m.zone }

// In is the instant, by clocks of zone if the moment names none; a date is its
// beginning.
func (m Moment) In(zone *time.Location) time.Time {
	if m.zone != nil {
		zone = m.zone
	}
	if strings.ContainsRune(m.Text, 'T') {
		return m.wall
	}
	return wall(m.wall.Year(), m.wall.Month(), m.wall.Day(), timeOfDay(m.wall), zone)
}

func (m *Moment) decodeYAML(d *decoder, n ast.Node, _ string) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	parsed, err := ParseMoment(s)
	if err != nil {
		d.problem(d.at(n), "%s", err)
		return
	}
	*m = parsed
}
