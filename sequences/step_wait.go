package sequences

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Wait is what a chain waits for: a length of time, a moment of the calendar, or an
// event with a timeout.
type Wait struct {
	For      Duration       // a length of time; zero: none
	Date     Date           // zero: none
	Weekdays []time.Weekday // none: any
	Time     TimeOfDay      // since 00:00, in minutes; -1: none
	Event    *Condition     // nil: none; then Timeout is when the chain goes on without it
	Timeout  Duration
}

// TimeOfDay is minutes since 00:00.
type TimeOfDay int

// noTime is a Wait without a time of day.
const noTime TimeOfDay = -1

// waitYAML is a Wait as marketers write it, but for the length of time alone.
type waitYAML struct {
	Date    Date       `yaml:"date" jsonschema_description:"a day, for example 2026-12-01; one that is past: at once"`
	Weekday dayList    `yaml:"weekday" jsonschema_description:"the next such weekday; or one of a list"`
	Time    TimeOfDay  `yaml:"time" jsonschema_description:"the next time that clocks show it, for example 10:00"`
	Event   *Condition `yaml:"event" jsonschema_description:"until this holds"`
	Timeout Duration   `yaml:"timeout" jsonschema_description:"goes on after this long, whether it happened or not"`
}

func (w *Wait) decodeYAML(d *decoder, n ast.Node, path string) {
	if _, ok := n.(*ast.MappingNode); !ok {
		*w = Wait{Time: noTime}
		w.For.decodeYAML(d, n, path)
		return
	}
	written := waitYAML{Time: noTime}
	before := len(d.problems)
	d.fill(n, path, &written)
	*w = Wait{Date: written.Date, Weekdays: written.Weekday, Time: written.Time, Event: written.Event, Timeout: written.Timeout}
	dated := w.Date != Date{} || len(w.Weekdays) > 0 || w.Time != noTime
	_, hasEvent := d.keys[joinPath(path, "event")]
	_, hasTimeout := d.keys[joinPath(path, "timeout")]
	switch {
	case len(d.problems) > before:
	case hasEvent && dated:
		d.problem(d.keys[joinPath(path, "event")], "this waits for an event and for a date: make a step of each")
	case hasEvent && !hasTimeout:
		d.problem(d.keys[joinPath(path, "event")], "who never does this would wait for ever: add timeout: 7d, after which the sequence goes on")
	case hasTimeout && !hasEvent:
		d.problem(d.keys[joinPath(path, "timeout")], "a timeout goes with an event: write event: replied beside it, or wait: 7d alone")
	case (w.Date != Date{}) && len(w.Weekdays) > 0:
		d.problem(d.keys[joinPath(path, "weekday")], "this waits for a date and for a weekday: keep one of them")
	case !dated && !hasEvent:
		d.problem(d.at(n), "this waits for nothing: write wait: 3d, { date: 2026-12-01 }, { weekday: tue, time: \"10:00\" } or { event: replied, timeout: 7d }")
	}
}

// dayList is one weekday or several.
type dayList []time.Weekday

func (l *dayList) decodeYAML(d *decoder, n ast.Node, _ string) {
	*l = nil
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	for _, item := range items {
		s, ok := d.text(item)
		if !ok {
			continue
		}
		day, known := weekdays[s]
		switch {
		case !known:
			d.problem(d.at(item), "%s", unknown("weekday", s, weekdayNames))
		case slices.Contains(*l, day):
			d.problem(d.at(item), "%s is listed twice: keep one of them", quoted(s))
		default:
			*l = append(*l, day)
		}
	}
}

var weekdayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func (t *TimeOfDay) decodeYAML(d *decoder, n ast.Node, _ string) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	hour, minute, found := strings.Cut(s, ":")
	if m := minuteOfDay(hour, minute); found && len(minute) == 2 && len(hour) <= 2 && digits(hour+minute) && m >= 0 && m < minutesOfDay {
		*t = TimeOfDay(m)
		return
	}
	d.problem(d.at(n), "%s is no time of day: write hours and minutes, for example \"10:00\"", quoted(s))
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// Until is when a wait that began at from is over, in from's location; delayed adds
// a length of time. Of a wait for an event it is its timeout.
func (w *Wait) Until(from time.Time, delayed func(Duration, time.Time) time.Time) time.Time {
	switch {
	case w.Event != nil:
		return delayed(w.Timeout, from)
	case !w.For.IsZero():
		return delayed(w.For, from)
	}
	day := DateOf(from)
	if (w.Date != Date{}) {
		if w.Date.Before(day) {
			return from
		}
		day = w.Date
	}
	for range 8 { // a week, and today once more if its hour is past
		at := w.on(day, from)
		fits := len(w.Weekdays) == 0 || slices.Contains(w.Weekdays, day.noon().Weekday())
		if fits && !at.Before(from) {
			return at
		}
		if (w.Date != Date{}) {
			return from
		}
		day = day.Next()
	}
	return from
}

// on is the moment of a day that is waited for: its time, or its beginning; of the
// very day that the wait began on, that moment.
func (w *Wait) on(day Date, from time.Time) time.Time {
	if w.Time == noTime {
		if day == DateOf(from) {
			return from
		}
		return day.Start(from.Location())
	}
	return wall(day.Year, day.Month, day.Day, time.Duration(w.Time)*time.Minute, from.Location())
}

// says is a wait in a line.
func (w *Wait) says() string {
	var parts []string
	if !w.For.IsZero() {
		parts = append(parts, w.For.String())
	}
	if (w.Date != Date{}) {
		parts = append(parts, w.Date.String())
	}
	for _, day := range w.Weekdays {
		parts = append(parts, weekdayNames[(day+6)%7])
	}
	if w.Time != noTime {
		parts = append(parts, fmt.Sprintf("%02d:%02d", w.Time/60, w.Time%60))
	}
	if w.Event != nil {
		parts = append(parts, w.Event.String(), "at most "+w.Timeout.String())
	}
	return strings.Join(parts, ", ")
}
