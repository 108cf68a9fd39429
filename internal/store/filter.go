package store

import (
	"fmt"
	"strings"
	"time"

	"seventh/sequences"
)

// columnOf maps a filter's field to the column it reads; the map is also the list
// of what may appear in SQL.
var columnOf = map[string]string{
	sequences.FieldCategory:     "c.category",
	sequences.FieldTemperature:  "c.temperature",
	sequences.FieldStage:        "c.stage",
	sequences.FieldLocale:       "c.locale",
	sequences.FieldOwner:        "coalesce(o.email, '')",
	sequences.FieldSource:       "c.source",
	sequences.FieldCompany:      "c.company",
	sequences.FieldProducts:     "c.products",
	sequences.FieldLastPurchase: "c.last_purchase_at",
	sequences.FieldAttributes:   "c.attributes",
}

// FilterSQL compiles a filter to a condition on clients c and their owners o, with
// its arguments as $1, $2, …, behind those that other conditions have already. It
// says the same as Filter.Match of the client as stored, and is never NULL.
func FilterSQL(f sequences.Filter, now time.Time, args ...any) (string, []any, error) {
	b := filterBuilder{now: now, args: args}
	where, err := b.all(f.Conditions)
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

func (b *filterBuilder) all(conditions []sequences.Condition) (string, error) {
	if len(conditions) == 0 {
		return "true", nil
	}
	parts := make([]string, len(conditions))
	for i, c := range conditions {
		part, err := b.one(c)
		if err != nil {
			return "", err
		}
		parts[i] = part
	}
	return strings.Join(parts, " AND "), nil
}

func (b *filterBuilder) one(c sequences.Condition) (string, error) {
	if c.Field == sequences.FieldNot {
		inner, err := b.all(c.Not)
		return "NOT (" + inner + ")", err
	}
	column, known := columnOf[c.Field]
	if !known {
		return "", fmt.Errorf("filter on unknown field %q", c.Field)
	}
	if c.Field != sequences.FieldLastPurchase {
		if c.Op != sequences.In {
			return "", fmt.Errorf("filter on %s with comparison %q", c.Field, c.Op)
		}
		return b.in(c, column), nil
	}
	switch c.Op {
	case sequences.Never:
		return column + " IS NULL", nil
	case sequences.OlderThan:
		return "coalesce(" + column + " <= " + b.arg(c.Span.Sub(b.now)) + ", false)", nil
	case sequences.Within:
		return "coalesce(" + column + " > " + b.arg(c.Span.Sub(b.now)) + ", false)", nil
	}
	return "", fmt.Errorf("filter on %s with comparison %q", c.Field, c.Op)
}

func (b *filterBuilder) in(c sequences.Condition, column string) string {
	switch c.Field {
	case sequences.FieldProducts:
		return "CASE WHEN cardinality(c.products) = 0 THEN '{\"\"}' ELSE c.products END && " + b.values(c.Values)
	case sequences.FieldAttributes:
		return attributeIn("(c.attributes->"+b.arg(c.Attribute)+"::text)", b.values(c.Values))
	}
	return column + " = ANY(" + b.values(c.Values) + ")"
}

// attributeIn compares an attribute, or any element of a list, in the one form
// that filters know: a number without needless zeros, no value and an empty list as
// empty text. An object is like nothing that a filter can say. Lists, which may hold
// lists, are few: what else there is does not pay for them.
func attributeIn(attribute, values string) string {
	return `
		CASE coalesce(jsonb_typeof(` + attribute + `), 'null')
		WHEN 'object' THEN false
		WHEN 'array' THEN EXISTS (
			WITH RECURSIVE held(v) AS (
				SELECT ` + attribute + `
				UNION ALL
				SELECT element FROM held, jsonb_array_elements(CASE jsonb_typeof(v) WHEN 'array' THEN v ELSE '[]' END) AS element
			)
			SELECT 1 FROM held WHERE CASE jsonb_typeof(v)
				WHEN 'object' THEN false
				WHEN 'array' THEN v = '[]' AND '' = ANY(` + values + `)
				ELSE ` + attributeText("v") + ` = ANY(` + values + `) END)
		ELSE ` + attributeText(attribute) + ` = ANY(` + values + `) END`
}

// attributeText is the form of a value that is neither list nor object.
func attributeText(v string) string {
	return `CASE jsonb_typeof(` + v + `) WHEN 'number' THEN trim_scale((` + v + ` #>> '{}')::numeric)::text ELSE coalesce(` + v + ` #>> '{}', '') END`
}
