package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"seventh/sequences"
)

// columnOf maps a filter's field to the column it reads; the map is also the list
// of what may appear in SQL.
var columnOf = map[string]string{
	sequences.FieldCategory:       "c.category",
	sequences.FieldTemperature:    "c.temperature",
	sequences.FieldStage:          "c.stage",
	sequences.FieldLocale:         "c.locale",
	sequences.FieldOwner:          "coalesce(o.email, '')",
	sequences.FieldSource:         "c.source",
	sequences.FieldCompany:        "c.company",
	sequences.FieldProducts:       "c.products",
	sequences.FieldAttributes:     "c.attributes",
	sequences.FieldTouches:        touchesOfClient,
	sequences.FieldLastPurchase:   "c.last_purchase_at",
	sequences.FieldLastTouch:      lastTouchOfClient,
	sequences.FieldLastHumanTouch: lastHumanTouchOfClient,
}

// FilterSQL compiles a filter to a condition on clients c and their owners o, with
// its arguments as $1, $2, …, behind those that other conditions have already. It
// says the same as Filter.Match of the client as stored, and is never NULL.
func FilterSQL(f sequences.Filter, now time.Time, args ...any) (string, []any, error) {
	b := filterBuilder{now: now, args: args}
	where, err := b.one(&f.Expression)
	return where, b.args, err
}

type filterBuilder struct {
	now  time.Time
	args []any
}

func (b *filterBuilder) arg(v any) string {
	b.args = append(b.args, v)
	return fmt.Sprintf("$%d", len(b.args))
}

// values makes a list an argument: an empty one is an array too, not NULL, which
// "not" would not turn around.
func (b *filterBuilder) values(list []string) string {
	return b.arg(append([]string{}, list...)) + "::text[]"
}

// one is in parentheses unless it binds more closely than AND.
func (b *filterBuilder) one(e *sequences.Expression) (string, error) {
	switch e.Op {
	case "":
		return "true", nil
	case sequences.And:
		return b.joined(e.Of, " AND ")
	case sequences.Or:
		return b.joined(e.Of, " OR ")
	case sequences.Not:
		inner, err := b.joined(e.Of, " AND ")
		return "NOT " + inner, err
	}
	column, known := columnOf[e.Field]
	if !known {
		return "", fmt.Errorf("filter on unknown field %q", e.Field)
	}
	switch e.Field {
	case sequences.FieldLastPurchase, sequences.FieldLastTouch, sequences.FieldLastHumanTouch:
		return b.moment(e, column)
	case sequences.FieldTouches:
		return b.touches(e, column)
	case sequences.FieldAttributes:
		return b.attribute(e)
	}
	if e.Op != sequences.In {
		return "", fmt.Errorf("filter on %s with comparison %q", e.Field, e.Op)
	}
	if e.Field == sequences.FieldProducts {
		return "CASE WHEN cardinality(c.products) = 0 THEN '{\"\"}' ELSE c.products END && " + b.values(e.Values), nil
	}
	return column + " = ANY(" + b.values(e.Values) + ")", nil
}

func (b *filterBuilder) joined(list []sequences.Expression, operator string) (string, error) {
	if len(list) == 0 {
		return "", errors.New("filter that joins no conditions")
	}
	parts := make([]string, len(list))
	for i := range list {
		part, err := b.one(&list[i])
		if err != nil {
			return "", err
		}
		parts[i] = part
	}
	return "(" + strings.Join(parts, operator) + ")", nil
}

func (b *filterBuilder) moment(e *sequences.Expression, column string) (string, error) {
	switch e.Op {
	case sequences.Never:
		return column + " IS NULL", nil
	case sequences.OlderThan:
		return "coalesce(" + column + " <= " + b.arg(e.Span.Sub(b.now)) + ", false)", nil
	case sequences.Within:
		return "coalesce(" + column + " > " + b.arg(e.Span.Sub(b.now)) + ", false)", nil
	}
	return "", fmt.Errorf("filter on %s with comparison %q", e.Field, e.Op)
}

// compared are the comparisons by size.
func compared(op sequences.Op) bool {
	return op == sequences.Less || op == sequences.AtMost || op == sequences.More || op == sequences.AtLeast
}

func (b *filterBuilder) touches(e *sequences.Expression, column string) (string, error) {
	if !compared(e.Op) && e.Op != sequences.Equal {
		return "", fmt.Errorf("filter on %s with comparison %q", e.Field, e.Op)
	}
	return column + " " + string(e.Op) + " " + b.arg(int64(e.Number)) + "::bigint", nil
}
