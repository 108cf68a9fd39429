package sequences

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	austria "github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/ee"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fi"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/is"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/pt"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/rs"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// country is one whose days off follow from laws alone, for every year. Countries
// whose government moves days by decree have a file in library/calendars.
type country struct {
	name, title string // an ISO 3166 code; what people may write by mistake
	days        []*cal.Holiday
}

// countries leave out those that move working days by decree (Hungary, Ukraine,
// Argentina) or change their list too often for a program.
var countries = []country{
	{"at", "Austria", austria.Holidays},
	{"au", "Australia", australia},
	{"be", "Belgium", be.Holidays},
	{"bg", "Bulgaria", bg.Holidays},
	{"br", "Brazil", br.Holidays},
	{"ca", "Canada", ca.Holidays},
	{"ch", "Switzerland", ch.HolidaysZH}, // the cantons differ; ch.Holidays is what any of them has
	{"cz", "Czechia", cz.Holidays},
	{"de", "Germany", de.Holidays},
	{"de-bb", "Brandenburg", de.HolidaysBB},
	{"de-be", "Berlin", de.HolidaysBE},
	{"de-bw", "Baden-Württemberg", de.HolidaysBW},
	{"de-by", "Bavaria", de.HolidaysBY},
	{"de-hb", "Bremen", de.HolidaysHB},
	{"de-he", "Hesse", de.HolidaysHE},
	{"de-hh", "Hamburg", de.HolidaysHH},
	{"de-mv", "Mecklenburg-Vorpommern", de.HolidaysMV},
	{"de-ni", "Lower Saxony", de.HolidaysNI},
	{"de-nw", "North Rhine-Westphalia", de.HolidaysNW},
	{"de-rp", "Rhineland-Palatinate", de.HolidaysRP},
	{"de-sh", "Schleswig-Holstein", de.HolidaysSH},
	{"de-sl", "Saarland", de.HolidaysSL},
	{"de-sn", "Saxony", de.HolidaysSN},
	{"de-st", "Saxony-Anhalt", de.HolidaysST},
	{"de-th", "Thuringia", de.HolidaysTH},
	{"dk", "Denmark", dk.Holidays},
	{"ee", "Estonia", ee.Holidays},
	{"es", "Spain", es.Holidays},
	{"fi", "Finland", fi.Holidays},
	{"fr", "France", fr.Holidays},
	{"gb", "UK", gb.Holidays},
	{"gr", "Greece", gr.Holidays},
	{"hr", "Croatia", hr.Holidays},
	{"ie", "Ireland", ie.Holidays},
	{"is", "Iceland", is.Holidays},
	{"it", "Italy", append(slices.Clone(it.Holidays), sanFrancesco)},
	{"jp", "Japan", jp.Holidays},
	{"lt", "Lithuania", lt.Holidays},
	{"lv", "Latvia", lv.Holidays},
	{"nl", "Netherlands", nl.Holidays},
	{"no", "Norway", no.Holidays},
	{"pl", "Poland", pl.Holidays},
	{"pt", "Portugal", pt.Holidays},
	{"ro", "Romania", ro.Holidays},
	{"rs", "Serbia", rs.Holidays},
	{"se", "Sweden", se.Holidays},
	{"si", "Slovenia", si.Holidays},
	{"us", "USA", us.Holidays},
	{"za", "South Africa", za.Holidays},
}

func countryNames() []string {
	var list []string
	for _, c := range countries {
		list = append(list, c.name)
	}
	return list
}

// australia is what all its states have.
var australia = []*cal.Holiday{au.NewYear, au.AustraliaDay, au.GoodFriday, au.EasterMonday, au.AnzacDay, au.ChristmasDay, au.BoxingDay}

// sanFrancesco is younger than the library.
var sanFrancesco = &cal.Holiday{Month: time.October, Day: 4, StartYear: 2026, Func: cal.CalcDayOfMonth}

// lawful are the days off of a country, worked out year by year.
type lawful struct {
	days  []*cal.Holiday
	years sync.Map // map[monthDay]bool by year
}

// off tells whether a day is off. A holiday that is kept on another day instead
// leaves its own day to work on, unless that is a weekend.
func (l *lawful) off(date time.Time) bool {
	known, ok := l.years.Load(date.Year())
	if !ok {
		known, _ = l.years.LoadOrStore(date.Year(), l.year(date.Year()))
	}
	return known.(map[monthDay]bool)[dayOf(date)]
}

func (l *lawful) year(year int) map[monthDay]bool {
	off := make(map[monthDay]bool)
	for y := year - 1; y <= year+1; y++ { // New Year's Day may be kept on 31 December
		for _, day := range l.days {
			actual, observed := day.Calc(y)
			if observed.Year() == year {
				off[dayOf(observed)] = true
			}
			if actual.Year() == year && weekend(actual.Weekday()) {
				off[dayOf(actual)] = true
			}
		}
	}
	return off
}

// unknownCalendar is what to say about a name that no calendar has.
func unknownCalendar(name string) string {
	for _, c := range countries {
		if strings.EqualFold(name, c.title) {
			return fmt.Sprintf("unknown calendar %s, did you mean %q? %s", quoted(name), c.name, allowed(Calendars))
		}
	}
	return unknown("calendar", name, Calendars)
}
