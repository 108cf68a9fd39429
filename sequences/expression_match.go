package sequences

import (
	"slices"
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
