package sequences

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"
)

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
