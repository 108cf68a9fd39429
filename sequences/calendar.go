package sequences

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Calendars are the names LoadCalendar knows.
var Calendars = append(append(slices.Clone(decreed), weekendsOnly), countryNames()...)

// decreed are the calendars in library/calendars, of countries that decree the
// days off of each year anew.
var decreed = []string{"ru", "by", "kz", "uz"}

const weekendsOnly = "weekends"

// Calendar tells working days from days off. The zero Calendar knows weekends only.
type Calendar struct {
	name      string
	statutory map[monthDay]bool // holidays of years that are not decreed yet
	years     map[int]calendarYear
	lawful    *lawful       // of countries without decrees
	own       map[Date]bool // the company's own days, working or not; in every year if the Year is 0
}

type calendarYear struct {
	off    map[monthDay]bool // official days off, whatever their weekday
	worked map[monthDay]bool // Saturdays and Sundays worked instead of another day
}

type monthDay struct {
	month time.Month
	day   int
}

// calendarFile is library/calendars/*.yaml.
type calendarFile struct {
	Calendar  string   `yaml:"calendar" jsonschema:"required"`
	Title     string   `yaml:"title" jsonschema:"required"`
	Statutory []string `yaml:"statutory" jsonschema:"required"`
	Years     map[string]struct {
		DaysOff         []string `yaml:"days_off" jsonschema:"required"`
		WorkingWeekends []string `yaml:"working_weekends"`
	} `yaml:"years" jsonschema:"required"`
}

// LoadCalendar reads one of Calendars. The data is built in, so an error means
// an unknown name.
func LoadCalendar(name string) (Calendar, error) {
	if name == weekendsOnly {
		return Calendar{name: weekendsOnly}, nil
	}
	all, err := builtInCalendars()
	if err != nil {
		return Calendar{}, err
	}
	cal, ok := all[name]
	if !ok {
		return Calendar{}, fmt.Errorf("loading a calendar: %s", unknownCalendar(name))
	}
	return cal, nil
}

var builtInCalendars = sync.OnceValues(func() (map[string]Calendar, error) {
	all := map[string]Calendar{}
	for _, c := range countries {
		all[c.name] = Calendar{name: c.name, lawful: &lawful{days: c.days}}
	}
	for _, name := range decreed {
		path := "calendars/" + name + ".yaml"
		src, err := fs.ReadFile(Library(), path)
		if err != nil {
			return nil, fmt.Errorf("reading calendar %s: %w", name, err)
		}
		if all[name], err = parseCalendar(path, src); err != nil {
			return nil, fmt.Errorf("reading calendar %s: %w", name, err)
		}
	}
	return all, nil
})

func parseCalendar(path string, src []byte) (Calendar, error) {
	var file calendarFile
	if problems := decode(path, src, nil, &file, "a calendar").sorted(); len(problems) > 0 {
		return Calendar{}, joined(problems)
	}
	// 2000 was a leap year: 29 February is a date that may be statutory.
	statutory, err := monthDays(2000, file.Statutory)
	if err != nil {
		return Calendar{}, err
	}
	cal := Calendar{name: file.Calendar, statutory: statutory, years: map[int]calendarYear{}}
	for key, y := range file.Years {
		year, err := strconv.Atoi(key)
		if err != nil {
			return Calendar{}, fmt.Errorf("year %s is not a number", quoted(key))
		}
		off, err := monthDays(year, y.DaysOff)
		if err != nil {
			return Calendar{}, err
		}
		worked, err := monthDays(year, y.WorkingWeekends)
		if err != nil {
			return Calendar{}, err
		}
		cal.years[year] = calendarYear{off: off, worked: worked}
	}
	return cal, nil
}

func monthDays(year int, dates []string) (map[monthDay]bool, error) {
	days := map[monthDay]bool{}
	for _, date := range dates {
		d, err := time.Parse("2006-01-02", fmt.Sprintf("%04d-%s", year, date))
		if err != nil {
			return nil, fmt.Errorf("%s is not a date of %d, written as month-day: %w", quoted(date), year, err)
		}
		days[monthDay{d.Month(), d.Day()}] = true
	}
	return days, nil
}

// Name is the name the calendar was loaded by.
func (c Calendar) Name() string {
	if c.name == "" {
		return weekendsOnly
	}
	return c.name
}

// Working tells whether people work on date's day, in date's location. A
// Saturday that a decree or the company made a working day is one.
func (c Calendar) Working(date time.Time) bool {
	if working, said := c.ownDay(date); said {
		return working
	}
	if c.years[date.Year()].worked[dayOf(date)] {
		return true
	}
	return !weekend(date.Weekday()) && !c.Holiday(date)
}

// Holiday tells whether date's day is an official day off or one of the
// company's, even when it would be free anyway because it falls on a weekend.
func (c Calendar) Holiday(date time.Time) bool {
	if working, said := c.ownDay(date); said {
		return !working
	}
	if c.lawful != nil {
		return c.lawful.off(date)
	}
	if year, decreed := c.years[date.Year()]; decreed {
		return year.off[dayOf(date)]
	}
	return c.statutory[dayOf(date)]
}

// Provisional tells whether the year's moved days are unknown yet, so that only
// weekends and the dates fixed by law are days off.
func (c Calendar) Provisional(year int) bool {
	_, decreed := c.years[year]
	return !decreed && len(c.statutory) > 0
}

// ProvisionalFrom is the first of the years that are all provisional; ok is false
// for a calendar that knows every year.
func (c Calendar) ProvisionalFrom() (year int, ok bool) {
	years := c.Years()
	if len(years) == 0 || !c.Provisional(years[len(years)-1]+1) {
		return 0, false
	}
	return years[len(years)-1] + 1, true
}

// Years are the years whose days off are decreed, in order.
func (c Calendar) Years() []int {
	var years []int
	for year := range c.years {
		years = append(years, year)
	}
	slices.Sort(years)
	return years
}

func dayOf(t time.Time) monthDay { return monthDay{t.Month(), t.Day()} }
