package sequences

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
)

// Match tells whether the expression holds for the client at now.
func (e Expression) Match(c Facts, now time.Time) bool { return e.holds(&c, now) }

func (e *Expression) holds(c *Facts, now time.Time) bool {
	switch e.Op {
	case "":
		return true
	case And:
		for i := range e.Of {
			if !e.Of[i].holds(c, now) {
				return false
			}
		}
		return true
	case Or:
		for i := range e.Of {
			if e.Of[i].holds(c, now) {
				return true
			}
		}
		return false
	case Not:
		return !e.Of[0].holds(c, now)
	case In:
		return e.among(c)
	case OlderThan, Within, Never:
		return agedAs(e.Op, c.moment(e.Field), e.Span, now)
	case Happened:
		return slices.ContainsFunc(c.History, func(h Happening) bool { return e.finds(&h, now) })
	}
	if e.Field == FieldTouches {
		return compares(e.Op, float64(c.Touches), e.Number)
	}
	return e.attributeCompares(c.Attributes[e.Attribute])
}

// moment is when what a field tells of happened last, nil for never.
func (c *Facts) moment(field string) *time.Time {
	switch field {
	case FieldLastPurchase:
		return c.LastPurchaseAt
	case FieldLastTouch:
		return c.LastTouchAt
	case FieldLastHumanTouch:
		return c.LastHumanTouchAt
	}
	return nil
}

func agedAs(op Op, at *time.Time, span Duration, now time.Time) bool {
	switch {
	case op == Never || at == nil:
		return op == Never && at == nil
	case op == OlderThan:
		return !at.After(span.Sub(now))
	}
	return at.After(span.Sub(now))
}

func (e *Expression) finds(h *Happening, now time.Time) bool {
	s := &e.Happening
	if h.Kind != s.Kind || !s.Any && !h.Human && ofHits(s.Kind) {
		return false
	}
	if len(s.Steps) > 0 && !slices.ContainsFunc(s.Steps, func(n StepName) bool { return n.Name == h.Step }) {
		return false
	}
	return s.Age == "" || agedAs(s.Age, &h.At, e.Span, now)
}

// ofHits are the kinds that machines produce too.
func ofHits(kind string) bool { return kind == "opened" || kind == "clicked" }

func compares(op Op, a, b float64) bool {
	switch op {
	case Equal:
		return a == b
	case Less:
		return a < b
	case AtMost:
		return a <= b
	case More:
		return a > b
	case AtLeast:
		return a >= b
	}
	return false
}

// among tells whether what the client has for the field is one of Values.
func (e *Expression) among(c *Facts) bool {
	switch e.Field {
	case FieldCategory:
		return slices.Contains(e.Values, c.Category)
	case FieldTemperature:
		return slices.Contains(e.Values, c.Temperature)
	case FieldStage:
		return slices.Contains(e.Values, c.Stage)
	case FieldLocale:
		return slices.Contains(e.Values, c.Locale)
	case FieldOwner:
		return slices.Contains(e.Values, c.Owner)
	case FieldSource:
		return slices.Contains(e.Values, c.Source)
	case FieldCompany:
		return slices.Contains(e.Values, c.Company)
	case FieldProducts:
		return anyAmong(c.Products, e.Values)
	case FieldAttributes:
		return attributeAmong(c.Attributes[e.Attribute], e.Values)
	}
	return false
}

func anyAmong(have, values []string) bool {
	if len(have) == 0 {
		return slices.Contains(values, "")
	}
	return slices.ContainsFunc(have, func(v string) bool { return slices.Contains(values, v) })
}

// attributeAmong compares an attribute, or any element of a list, in the form of
// Values: true, 1.5, 2026-03-02.
func attributeAmong(v any, values []string) bool {
	switch v := v.(type) {
	case nil:
		return slices.Contains(values, "")
	case string:
		return slices.Contains(values, v)
	case bool:
		return slices.Contains(values, strconv.FormatBool(v))
	case time.Time:
		return slices.Contains(values, v.Format(time.DateOnly))
	case []any:
		if len(v) == 0 {
			return slices.Contains(values, "")
		}
		return slices.ContainsFunc(v, func(element any) bool { return attributeAmong(element, values) })
	case []string:
		return anyAmong(v, values)
	}
	f, ok := number(v)
	if !ok {
		return false // an object is like nothing that an expression can say
	}
	if f == 0 {
		f = 0 // -0 too
	}
	var digits [32]byte
	text := strconv.AppendFloat(digits[:0], f, 'f', -1, 64)
	for _, value := range values {
		if value == string(text) {
			return true
		}
	}
	return false
}

// attributeCompares compares an attribute, or any element of a list, with the
// expression's number or date.
func (e *Expression) attributeCompares(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, e.attributeCompares)
	case []string:
		return slices.ContainsFunc(v, func(s string) bool { return e.dateCompares(s) })
	case string:
		return e.dateCompares(v)
	case time.Time:
		return e.dateCompares(v.Format(time.DateOnly))
	}
	f, ok := number(v)
	return ok && len(e.Values) == 0 && compares(e.Op, f, e.Number)
}

func (e *Expression) dateCompares(v string) bool {
	if len(e.Values) != 1 || !datePattern(v) {
		return false
	}
	date := e.Values[0]
	switch e.Op { // year-month-day sorts as text
	case Less:
		return v < date
	case AtMost:
		return v <= date
	case More:
		return v > date
	case AtLeast:
		return v >= date
	}
	return false
}

// datePattern tells whether s looks like 2026-03-02.
func datePattern(s string) bool {
	if len(s) != len(time.DateOnly) {
		return false
	}
	for i := range len(s) {
		if dash := i == 4 || i == 7; dash && s[i] != '-' || !dash && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return true
}

// number is a number as JSON or a program holds it.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil && !math.IsInf(f, 0)
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	}
	return 0, false
}

func numberText(f float64) string {
	if f == 0 {
		return "0" // -0 too
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

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
