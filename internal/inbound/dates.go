package inbound

import (
	"slices"
	"strconv"
	"time"
)

// mention is a date that a text names.
type mention struct {
	date     time.Time // midnight in the zone of whoever wrote
	from, to int       // its tokens
	exact    bool      // it has a month
	span     bool      // it is the end of a length of time ("two weeks") or a vague one
}

// dateReader finds what dates a text names. What it leaves out (a year, a month) is the next
// one after base, the day that the text was written, or after the date named before it.
type dateReader struct {
	all        []token
	base       time.Time
	monthFirst bool
	found      []mention
}

// maxMentions bounds the dates that are looked at.
const maxMentions = 30

func mentions(all []token, written time.Time) []mention {
	d := &dateReader{all: all, base: midnight(written)}
	d.monthFirst = d.american()
	for i := 0; i < len(all) && len(d.found) < maxMentions; {
		n := 0
		for _, read := range []func(int) int{d.iso, d.numeric, d.vague, d.dayAndMonth, d.monthAndDay, d.calendarWeek, d.later, d.length, d.weekday, d.bareDay, d.bareMonth} {
			if n = read(i); n > 0 {
				break
			}
		}
		i += max(n, 1)
	}
	return d.found
}

func midnight(t time.Time) time.Time {
	y, m, day := t.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, t.Location())
}

func (d *dateReader) word(i int) string {
	if i < 0 || i >= len(d.all) {
		return ""
	}
	return d.all[i].text
}

func (d *dateReader) glued(i int) bool { return i >= 0 && i < len(d.all) && d.all[i].glued }

// num is the number at i if it has from least to most digits, else -1.
func (d *dateReader) num(i, least, most int) int {
	if i < 0 || i >= len(d.all) || d.all[i].kind != number || len(d.all[i].text) < least || len(d.all[i].text) > most {
		return -1
	}
	n, err := strconv.Atoi(d.all[i].text)
	if err != nil {
		return -1
	}
	return n
}

func (d *dateReader) add(date time.Time, from, to int, exact, span bool) int {
	d.found = append(d.found, mention{date, from, to, exact, span})
	return to - from
}

// anchor is the day after which the next weekday or day of a month comes: the last date
// that the text named, if that is ahead, else the day it was written.
func (d *dateReader) anchor() time.Time {
	for _, m := range slices.Backward(d.found) {
		if m.exact {
			if m.date.After(d.base) && m.date.Before(d.base.AddDate(1, 0, 0)) {
				return m.date
			}
			break
		}
	}
	return d.base
}

// on is the date, in the year or else at its next occurrence after the day of writing.
func (d *dateReader) on(year, month, day int) (time.Time, bool) {
	given := year > 0
	if !given {
		year = d.base.Year()
	} else if year < 100 {
		year += 2000
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, d.base.Location())
	if !given && !date.After(d.base) {
		date = time.Date(year+1, time.Month(month), day, 0, 0, 0, 0, d.base.Location())
	}
	return date, month >= 1 && month <= 12 && day >= 1 && day <= 31 && date.Day() == day && year >= 2000 && year < 2100
}

// american tells whether dates with slashes have their month first: one of them can be read no
// other way, or the text is in Latin letters from an American time zone.
func (d *dateReader) american() bool {
	cyrillic := false
	for i := range d.all {
		a, b := d.num(i, 1, 2), d.num(i+2, 1, 2)
		if d.word(i+1) == "/" && a > 0 && b > 0 && d.glued(i+1) && d.glued(i+2) && (a > 12 || b > 12) {
			return b > 12
		}
		if t := d.all[i]; t.kind == letters && t.text[0] >= 0xD0 && t.text[0] <= 0xD3 {
			cyrillic = true
		}
	}
	_, offset := d.base.Zone()
	return !cyrillic && offset <= -4*3600 && offset >= -10*3600
}

// iso reads 2026-07-14, and 2026/07/14.
func (d *dateReader) iso(i int) int {
	year, mon, day := d.num(i, 4, 4), d.num(i+2, 1, 2), d.num(i+4, 1, 2)
	sep := d.word(i + 1)
	if year < 0 || mon < 0 || day < 0 || sep != d.word(i+3) || sep != "-" && sep != "/" && sep != "." || !d.glued(i+1) || !d.glued(i+2) || !d.glued(i+4) {
		return 0
	}
	date, ok := d.on(year, mon, day)
	if !ok {
		return 0
	}
	return d.add(date, i, i+5, true, false)
}

// numeric reads 14.07.2026, 14.07., 14/7, 7/14/2026 and 14-07-2026.
func (d *dateReader) numeric(i int) int {
	a, b, sep := d.num(i, 1, 2), d.num(i+2, 1, 2), d.word(i+1)
	if a < 0 || b < 0 || sep != "." && sep != "/" && sep != "-" || !d.glued(i+1) || !d.glued(i+2) {
		return 0
	}
	before := d.word(i - 1)
	if before == "№" || before == "#" || before == "+" || d.glued(i) && before != "-" && before != "–" && before != "—" && before != "(" && before != "~" && before != ":" && before != "«" && before != "\"" {
		return 0
	}
	if a == 24 && b == 7 && sep == "/" || (before == "-" || before == "–") && d.num(i-2, 3, 9) >= 0 {
		return 0 // round the clock; the end of a phone number
	}
	to, year := i+3, 0
	if d.word(to) == sep && d.glued(to) && d.glued(to+1) {
		if y := d.num(to+1, 2, 2); y >= 0 && sep != "-" {
			year, to = y, to+2
		} else if y := d.num(to+1, 4, 4); y >= 0 {
			year, to = y, to+2
		} else if d.all[to+1].kind == number {
			return 0
		}
	}
	if sep == "-" && year == 0 || sep == "." && year == 0 && len(d.word(i+2)) == 1 && (d.word(i+3) != "." || !d.glued(i+3)) {
		return 0
	}
	if year == 0 && (d.word(to) == ":" || d.word(to) == "%") && d.glued(to) {
		return 0
	}
	date, ok := d.on(year, b, a)
	other, otherOK := d.on(year, a, b)
	if sep == "/" && otherOK && (d.monthFirst || !ok) || !ok && otherOK && year > 0 {
		date, ok = other, true
	}
	if !ok {
		return 0
	}
	return d.add(date, i, to, true, false)
}

var daySuffixes = set("го е ое ого его му th st nd rd er")

// dayAt reads the day of a month at i: 14, 14-го, 14th, четырнадцатого; it tells the index after
// it, and whether it is marked as a day by more than its digits.
func (d *dateReader) dayAt(i int) (n, to int, marked bool) {
	if n := ordinals[d.word(i)]; n > 0 {
		return n, i + 1, true
	}
	if n := tens[d.word(i)]; n > 0 {
		j := i + 1
		if d.word(j) == "-" {
			j++
		}
		if one := ordinals[d.word(j)]; one > 0 && one < 10 {
			return n + one, j + 1, true
		}
		return 0, 0, false
	}
	n = d.num(i, 1, 2)
	if n < 1 || n > 31 || d.glued(i) && (d.word(i-1) == "." || d.word(i-1) == ":" || d.word(i-1) == "/" || d.word(i-1) == "+") {
		return 0, 0, false
	}
	to = i + 1
	switch {
	case daySuffixes[d.word(to)] && d.glued(to):
		return n, to + 1, true
	case (d.word(to) == "-" || d.word(to) == "–") && d.glued(to) && d.glued(to+1) && daySuffixes[d.word(to+1)]:
		return n, to + 2, true
	case d.word(to) == "числа":
		return n, to + 1, true
	}
	return n, to, false
}

// monthAt reads the month at i, after what may stand between a day and it.
func (d *dateReader) monthAt(i int) (n, to int) {
	for d.word(i) == "of" || d.word(i) == "de" || d.word(i) == "числа" || d.word(i) == "." && d.glued(i) || d.word(i) == "-" && d.glued(i) {
		i++
	}
	if n := months[d.word(i)]; n > 0 {
		to = i + 1
		if d.word(to) == "." && d.glued(to) && d.num(to+1, 4, 4) > 0 {
			to++
		}
		return n, to
	}
	return 0, 0
}

// yearAt reads a year at i, after a comma.
func (d *dateReader) yearAt(i int) (n, to int) {
	j := i
	if d.word(j) == "," || d.word(j) == "de" {
		j++
	}
	if n := d.num(j, 4, 4); n >= 2000 && n < 2100 {
		return n, j + 1
	}
	return 0, i
}

var joins = set("- – — по до to through thru until till bis und and и al au à do a hasta")

// dayAndMonth reads "14 июля", "14th of July 2026", "14. Juli", and of "14–16 июля" the end.
func (d *dateReader) dayAndMonth(i int) int {
	n, to, _ := d.dayAt(i)
	if n == 0 {
		return 0
	}
	if mon, after := d.monthAt(to); mon > 0 {
		year, after := d.yearAt(after)
		date, ok := d.on(year, mon, n)
		if !ok {
			return 0
		}
		return d.add(date, i, after, true, false)
	}
	if j := to; joins[d.word(j)] {
		if m, after, _ := d.dayAt(j + 1); m > 0 {
			if mon, _ := d.monthAt(after); mon > 0 {
				return j - i // the start of a range
			}
		}
	}
	return 0
}

// monthAndDay reads "July 14th, 2026", and of "July 1-14" the end.
func (d *dateReader) monthAndDay(i int) int {
	mon := months[d.word(i)]
	if mon == 0 {
		return 0
	}
	j := i + 1
	if d.word(j) == "." && d.glued(j) || d.word(j) == "the" {
		j++
	}
	n, to, _ := d.dayAt(j)
	if n == 0 || d.all[j].kind != number {
		return 0
	}
	if m, after, _ := d.dayAt(to + 1); m > n && joins[d.word(to)] && d.word(after) != ":" {
		if next, _ := d.monthAt(after); next == 0 {
			n, to = m, after
		}
	}
	year, to := d.yearAt(to)
	date, ok := d.on(year, mon, n)
	if !ok {
		return 0
	}
	return d.add(date, i, to, true, false)
}

// bareDay reads a day without a month: "14-го", "the 14th", "до 14 включительно".
func (d *dateReader) bareDay(i int) int {
	n, to, marked := d.dayAt(i)
	if n == 0 {
		return 0
	}
	if !marked {
		before, after := d.word(i-1), d.word(to)
		ends := to >= len(d.all) || d.all[to].kind == mark && !d.glued(to+1) && after != "%" && after != "-" && after != "–"
		if !(untilWords[before] && (ends || after == "включительно" || after == "включно" || after == "inclusive")) {
			return 0
		}
	}
	if t := d.all[i]; t.kind == letters && t.text[0] < 0x80 && d.word(i-1) != "the" {
		return 0 // "first", "second"
	}
	anchor := d.anchor()
	for add := range 3 {
		date := time.Date(anchor.Year(), anchor.Month()+time.Month(add), n, 0, 0, 0, 0, d.base.Location())
		if date.Day() == n && (date.After(anchor) || date.Equal(anchor) && date.After(d.base)) {
			return d.add(date, i, to, false, false)
		}
	}
	return 0
}
