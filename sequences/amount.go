package sequences

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Rate is a number of letters per second, minute or hour. The zero Rate is no limit.
type Rate struct {
	N   int
	Per string // "s", "m" or "h"
}

const rateForms = "write letters per second, minute or hour, for example 2/s, 20/m or 100/h"

var ratePattern = regexp.MustCompile(`^([0-9]{1,6})/(s|m|h)$`)

// ParseRate reads 2/s, 20/m or 100/h. Zero is an error.
func ParseRate(s string) (Rate, error) {
	parts := ratePattern.FindStringSubmatch(s)
	if parts == nil {
		return Rate{}, fmt.Errorf("%s is not a rate: %s", quoted(s), rateForms)
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n == 0 {
		return Rate{}, fmt.Errorf("%s would let nothing through: write at least 1/%s, or leave the key out for no limit", quoted(s), parts[2])
	}
	return Rate{N: n, Per: parts[2]}, nil
}

// IsZero tells whether there is no limit.
func (r Rate) IsZero() bool { return r.N == 0 }

// PerSecond is the rate in letters per second, 0 for no limit.
func (r Rate) PerSecond() float64 {
	return float64(r.N) / map[string]float64{"s": 1, "m": 60, "h": 3600, "": 1}[r.Per]
}

// String is the form ParseRate reads; "" for no limit.
func (r Rate) String() string {
	if r.IsZero() {
		return ""
	}
	return strconv.Itoa(r.N) + "/" + r.Per
}

func (r *Rate) decodeYAML(d *decoder, n ast.Node, _ string) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	parsed, err := ParseRate(s)
	if err != nil {
		d.problem(d.at(n), "%s", err)
		return
	}
	*r = parsed
}

// Share is a part of a whole, from 0 to 1; people write it as 5% or 0.3%.
type Share float64

var sharePattern = regexp.MustCompile(`^([0-9]{1,3}(\.[0-9]{1,4})?) ?%$`)

func (s *Share) decodeYAML(d *decoder, n ast.Node, _ string) {
	text, ok := d.text(n)
	if !ok {
		return
	}
	parts := sharePattern.FindStringSubmatch(text)
	if parts == nil {
		d.problem(d.at(n), "%s is not a share: write a percentage, for example 5%% or 0.3%%", quoted(text))
		return
	}
	percent, err := strconv.ParseFloat(parts[1], 64)
	if err != nil || percent <= 0 || percent > 100 {
		d.problem(d.at(n), "%s does not fit: write more than 0%% and at most 100%%", quoted(text))
		return
	}
	*s = Share(percent / 100)
}

// Date is a day of the calendar, in no time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is t's day in t's location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// DaysTo counts the days from d to t's day in t's location; negative before d.
func (d Date) DaysTo(t time.Time) int {
	return int(DateOf(t).noon().Sub(d.noon()) / (24 * time.Hour))
}

// Start is the first moment of the day in a location.
func (d Date) Start(loc *time.Location) time.Time { return wall(d.Year, d.Month, d.Day, 0, loc) }

// Next is the day after.
func (d Date) Next() Date { return DateOf(d.noon().AddDate(0, 0, 1)) }

// Before reports whether d is earlier than other.
func (d Date) Before(other Date) bool { return d.noon().Before(other.noon()) }

// noon is free of clock changes.
func (d Date) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// String is the form YAML uses: "2026-11-01".
func (d Date) String() string { return d.noon().Format(time.DateOnly) }

func (d *Date) decodeYAML(dec *decoder, n ast.Node, _ string) {
	s, ok := dec.text(n)
	if !ok {
		return
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		dec.problem(dec.at(n), "%s is not a date: write year-month-day, for example 2026-11-01", quoted(s))
		return
	}
	*d = DateOf(t)
}
