package sequences

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// windowYAML is a Window as marketers write it.
type windowYAML struct {
	Days     []string `yaml:"days" jsonschema:"enum=mon,enum=tue,enum=wed,enum=thu,enum=fri,enum=sat,enum=sun" jsonschema_description:"weekdays; without it every day"`
	Hours    hours    `yaml:"hours" jsonschema_description:"one range of hours or a list of them; without it the whole day"`
	TimeZone string   `yaml:"time_zone" jsonschema:"enum=client,enum=rep,enum=company,default=client" jsonschema_description:"whose clock the hours go by"`
	Spread   spread   `yaml:"spread" jsonschema_description:"over how much of its beginning letters that waited for the opening are spread, so that not all of them leave at once; none: all at once; without it 15m"`
	Holidays string   `yaml:"holidays" jsonschema:"enum=skip,enum=ignore,default=skip" jsonschema_description:"skip: closed on official days off of the calendar"`
}

var weekdays = map[string]time.Weekday{
	"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday,
	"fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday,
}

func (w *Window) decodeYAML(d *decoder, n ast.Node, path string) {
	written := windowYAML{TimeZone: ClientTime, Holidays: SkipHolidays, Spread: spread(usualSpread)}
	d.fill(n, path, &written)
	w.Ranges, w.TimeZone, w.Holidays, w.Spread = written.Hours, written.TimeZone, written.Holidays, time.Duration(written.Spread)
	for _, day := range written.Days {
		w.Days = append(w.Days, weekdays[day])
	}
}

// spread is a window's Spread: 30m, 2h or none.
type spread time.Duration

const noSpread = "none"

func (s *spread) decodeYAML(d *decoder, n ast.Node, _ string) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	if text == noSpread {
		*s = 0
		return
	}
	length, err := ParseDuration(text)
	switch {
	case err != nil:
		d.problem(d.at(n), "%s is not a spread: write a number of minutes or hours, for example 30m, or none", quoted(text))
	case length.Unit == Minute:
		*s = spread(time.Duration(length.N) * time.Minute)
	case length.Unit == Hour:
		*s = spread(time.Duration(length.N) * time.Hour)
	default:
		d.problem(d.at(n), "%s is longer than a window is open: write a number of minutes or hours, for example 30m, or none", quoted(text))
	}
}

// hours is "09:00-18:00" or a list of such ranges, sorted.
type hours []Range

var hoursPattern = regexp.MustCompile(`^(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})$`)

func (h *hours) decodeYAML(d *decoder, n ast.Node, _ string) {
	*h = nil
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	if len(items) == 0 {
		d.problem(d.at(n), "hours are empty, so the window would never open: write a range like 09:00-18:00, or remove the key for the whole day")
	}
	for _, item := range items {
		r, ok := d.hourRange(item)
		if !ok {
			continue
		}
		if i := slices.IndexFunc(*h, func(o Range) bool { return r.From < o.To && o.From < r.To }); i >= 0 {
			d.problem(d.at(item), "%s overlaps %s: make one range of them", r, (*h)[i])
			continue
		}
		*h = append(*h, r)
	}
	slices.SortFunc(*h, func(a, b Range) int { return cmp.Compare(a.From, b.From) })
}

func (d *decoder) hourRange(n ast.Node) (Range, bool) {
	s, ok := d.text(n)
	if !ok {
		return Range{}, false
	}
	parts := hoursPattern.FindStringSubmatch(strings.TrimSpace(s))
	if parts == nil {
		d.problem(d.at(n), "%s are not hours: write from and to, for example 09:00-18:00", quoted(s))
		return Range{}, false
	}
	r := Range{From: minuteOfDay(parts[1], parts[2]), To: minuteOfDay(parts[3], parts[4])}
	switch {
	case r.From < 0 || r.To < 0:
		d.problem(d.at(n), "%s holds a time that clocks do not show: write times from 00:00 to 24:00", quoted(s))
		return Range{}, false
	case r.From >= r.To:
		d.problem(d.at(n), "%s ends before it begins: hours over midnight are two ranges, for example [18:00-24:00, 00:00-06:00]", quoted(s))
		return Range{}, false
	}
	return r, true
}

// minuteOfDay is -1 for what is no time of day.
func minuteOfDay(hour, minute string) int {
	h, _ := strconv.Atoi(hour) // the pattern lets only digits through
	m, _ := strconv.Atoi(minute)
	if m > 59 || h*60+m > minutesOfDay {
		return -1
	}
	return h*60 + m
}
