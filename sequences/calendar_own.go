package sequences

import (
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// OwnDays are a company's days beside those of its calendar.
type OwnDays struct {
	DaysOff     []DayOff `yaml:"days_off" jsonschema_description:"days on which the company does not work: dates, or month-day for every year"`
	WorkingDays []Date   `yaml:"working_days" jsonschema_description:"days on which it works though the calendar says otherwise"`
}

// DayOff is a date, or a day of every year if its Year is 0.
type DayOff Date

func (o *DayOff) decodeYAML(d *decoder, n ast.Node, path string) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	if strings.Count(s, "-") != 1 {
		(*Date)(o).decodeYAML(d, n, path)
		return
	}
	// 2000 was a leap year: 29 February is a day of some years.
	t, err := time.Parse(time.DateOnly, "2000-"+s)
	if err != nil {
		d.problem(d.at(n), "%s is not a day of the year: write month-day, for example 12-31, or a date like 2026-12-31", quoted(s))
		return
	}
	*o = DayOff{Month: t.Month(), Day: t.Day()}
}

func (o *OwnDays) check(d *decoder) {
	off := make(map[Date]bool)
	for _, day := range o.DaysOff {
		off[Date(day)] = true
	}
	for i, day := range o.WorkingDays {
		if day.Year != 0 && off[day] {
			d.problem(d.spotOf("calendars.working_days["+strconv.Itoa(i)+"]"), "%s is a day off and a working day: keep one of them", day)
		}
	}
}

// WorkCalendar is the calendar that the company works by: the one that is named,
// with its own days on top.
func (s *Settings) WorkCalendar() (Calendar, error) {
	c, err := LoadCalendar(s.Calendar)
	if err != nil || len(s.OwnDays.DaysOff)+len(s.OwnDays.WorkingDays) == 0 {
		return c, err
	}
	c.own = make(map[Date]bool)
	for _, day := range s.OwnDays.DaysOff {
		c.own[Date(day)] = false
	}
	for _, day := range s.OwnDays.WorkingDays {
		c.own[day] = true
	}
	return c, nil
}

// ownDay tells what the company says about a day, if anything.
func (c Calendar) ownDay(date time.Time) (working, said bool) {
	if len(c.own) == 0 {
		return false, false
	}
	day := DateOf(date)
	if working, said = c.own[day]; said {
		return working, true
	}
	day.Year = 0
	working, said = c.own[day]
	return working, said
}
