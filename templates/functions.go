package templates

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// call says how an author calls a function; what comes through | counts as its last argument.
type call struct {
	least, most int
	example     string
}

// arity is the whole list of what letters may call. None of the functions can fail or reach outside of its arguments.
var arity = map[string]call{
	"default": {2, 2, `.client.first_name | default "there"`},
	"date":    {2, 2, `.offer.expires_at | date "2 January"`},
	"upper":   {1, 1, ".client.company | upper"},
	"lower":   {1, 1, ".client.company | lower"},
	"title":   {1, 1, ".client.company | title"},
	"plural":  {3, 4, `plural (len .client.products) "product" "products"`},
	"eq":      {2, 9, `eq .client.category "C" "D"`},
	"ne":      {2, 2, `ne .client.category "C"`},
	"lt":      {2, 2, "lt .client.attributes.employees 50"},
	"gt":      {2, 2, "gt .client.attributes.employees 50"},
	"and":     {1, 9, "and .client.company .client.products"},
	"or":      {1, 9, "or .client.company .client.products"},
	"not":     {1, 1, "not .client.company"},
	"len":     {1, 1, "len .client.products"},
	"index":   {2, 2, "index .client.products 0"},
}

// functions are the implementations for one locale; and, or and not are the standard ones. The last two are not in arity:
// only links use them.
func functions(locale string) map[string]any {
	return map[string]any{
		"default":    orDefault,
		"date":       func(layout, v any) string { return formatDate(locale, toText(layout), v) },
		"upper":      func(v any) string { return strings.ToUpper(toText(v)) },
		"lower":      func(v any) string { return strings.ToLower(toText(v)) },
		"title":      func(v any) string { return titleCase(toText(v)) },
		"plural":     func(n any, forms ...any) string { return plural(locale, n, forms) },
		"eq":         equalToAny,
		"ne":         func(a, b any) bool { return !equal(a, b) },
		"lt":         func(a, b any) bool { return less(a, b) },
		"gt":         func(a, b any) bool { return less(b, a) },
		"len":        length,
		"index":      item,
		"pathvalue":  func(v any) string { return url.PathEscape(toText(v)) },
		"queryvalue": func(v any) string { return strings.ReplaceAll(url.QueryEscape(toText(v)), "+", "%20") },
	}
}

func orDefault(fallback, v any) any {
	if toText(v) == "" {
		return fallback
	}
	return v
}

// titleCase turns the first letter of every word into a capital and leaves the others, which may be an abbreviation.
func titleCase(s string) string {
	previous := ' '
	return strings.Map(func(r rune) rune {
		first := unicode.IsSpace(previous) || previous == '-'
		previous = r
		if first {
			return unicode.ToTitle(r)
		}
		return r
	}, s)
}

// plural chooses the form of a word beside a number: two forms (one, many) or three (one, few, many), which Russian,
// Ukrainian and Belarusian need: 1 день, 2 дня, 5 дней. See CLDR, language plural rules.
func plural(locale string, number any, forms []any) string {
	n, _ := toNumber(number)
	one, many := forms[0], forms[len(forms)-1]
	lang := language(locale)
	if len(forms) == 3 && (lang == "ru" || lang == "uk" || lang == "be") {
		i := int64(n)
		if float64(i) != n {
			return toText(forms[1]) // 1,5 дня
		}
		i = max(i, -i)
		switch ten, hundred := i%10, i%100; {
		case ten == 1 && hundred != 11:
			return toText(one)
		case ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14):
			return toText(forms[1])
		}
		return toText(many)
	}
	if n == 1 {
		return toText(one)
	}
	return toText(many)
}

func equalToAny(first any, others ...any) bool {
	for _, other := range others {
		if equal(first, other) {
			return true
		}
	}
	return false
}

// equal compares numbers as numbers, whatever the CRM sent them as, and everything else as it would print.
func equal(a, b any) bool {
	x, isNumber := toNumber(a)
	y, both := toNumber(b)
	if isNumber && both {
		return x == y
	}
	return toText(a) == toText(b)
}

// less is false when either side is missing: an unknown number of employees is neither below nor above fifty.
func less(a, b any) bool {
	if toText(a) == "" || toText(b) == "" {
		return false
	}
	if x, ok := a.(moment); ok {
		y, both := b.(moment)
		return both && x.Before(y.Time)
	}
	x, isNumber := toNumber(a)
	y, both := toNumber(b)
	if isNumber && both {
		return x < y
	}
	return toText(a) < toText(b)
}

func length(v any) int {
	if l, ok := v.(list); ok {
		return len(l)
	}
	return len([]rune(toText(v)))
}

// item is the standard index without its error: what is not there is empty.
func item(v, position any) string {
	l, ok := v.(list)
	n, isNumber := toNumber(position)
	if !ok || !isNumber || !(n >= 0 && n < float64(len(l))) {
		return ""
	}
	return l[int(n)]
}

func toText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(v)
}
