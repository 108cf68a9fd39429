package templates

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What templates see is never the value a caller passed in, but one of string, bool, int64, number, list and moment made
// from it. So template.HTML in a client's data is only text, nothing has methods worth calling, and nothing prints as <nil>.

// list prints its items with commas.
type list []string

func (l list) String() string { return strings.Join(l, ", ") }

// asList makes a list of a value that ought to be one.
func asList(v any) list {
	if l, ok := v.(list); ok {
		return l
	}
	if s := toText(v); s != "" {
		return list{s}
	}
	return nil
}

// number prints without an exponent.
type number float64

func (n number) String() string { return strconv.FormatFloat(float64(n), 'f', -1, 64) }

// moment prints as a date in the letter's language.
type moment struct {
	time.Time
	locale string
}

func (m moment) String() string {
	if language(m.locale) == "ru" {
		return russianDay.write(m)
	}
	return englishDay.write(m)
}

var russianDay, englishDay = newDateFormat("ru", "02.01.2006"), newDateFormat("en", "2 January 2006")

// value makes a template's value of a caller's.
func value(v any, locale string) any {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return clean(v)
	case bool:
		return v
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return moment{v, locale}
	case []string:
		l := make(list, len(v))
		for i, s := range v {
			l[i] = clean(s)
		}
		return l
	case []any:
		l := make(list, len(v))
		for i, s := range v {
			l[i] = toText(value(s, locale))
		}
		return l
	case float64:
		return whole(v)
	case float32:
		return whole(float64(v))
	}
	return otherValue(reflect.ValueOf(v), locale)
}

// otherValue is for named types and pointers.
func otherValue(v reflect.Value, locale string) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return ""
		}
		return value(v.Elem().Interface(), locale)
	case reflect.String:
		return clean(v.String())
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return whole(float64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return whole(v.Float())
	case reflect.Slice, reflect.Map, reflect.Func, reflect.Chan:
		if v.IsNil() {
			return ""
		}
	}
	return clean(fmt.Sprint(v.Interface()))
}

// whole makes an integer of what JSON has decoded as a float64.
func whole(f float64) any {
	if i := int64(f); float64(i) == f {
		return i
	}
	return number(f)
}

func toNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case number:
		return float64(v), true
	case string:
		// Most texts are none, and an error of ParseFloat costs more than the comparison: digits, a sign, a point, Inf, NaN.
		if v == "" || strings.IndexByte("0123456789+-.iInN", v[0]) < 0 {
			return 0, false
		}
		f, err := strconv.ParseFloat(v, 64)
		return f, err == nil
	}
	return 0, false
}

// clean makes one line of text of a value: no NUL, which marks fixed parts while rendering (see segments.go), and every
// other control character and line separator becomes a space, so that no value can begin a line or a header of its own.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0:
			return -1
		case r < ' ', r >= 0x7F && r < 0xA0, r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, s)
}

// isClean finds nearly every value to be clean already, in a fraction of the time.
func isClean(s string) bool {
	for _, r := range s {
		switch {
		case r >= ' ' && r < 0x7F:
		case r < 0xA0, r == '\u2028', r == '\u2029', r == utf8.RuneError:
			return false
		}
	}
	return true
}
