package store

import (
	"fmt"
	"strconv"

	"seventh/sequences"
)

// attribute compares an attribute, or any element of a list.
func (b *filterBuilder) attribute(e *sequences.Expression) (string, error) {
	attribute := "(c.attributes->" + b.arg(e.Attribute) + "::text)"
	switch {
	case e.Op == sequences.In:
		values := b.values(e.Values)
		return eachOf(attribute, "'' = ANY("+values+")", func(v string) string {
			return attributeText(v) + " = ANY(" + values + ")"
		}), nil
	case !compared(e.Op):
		return "", fmt.Errorf("filter on %s with comparison %q", e.Field, e.Op)
	case len(e.Values) == 1:
		date := b.arg(e.Values[0]) + "::text"
		return eachOf(attribute, "false", func(v string) string { return comparesDate(v, string(e.Op), date) }), nil
	}
	number := b.arg(strconv.FormatFloat(e.Number, 'f', -1, 64)) + "::text::numeric"
	return eachOf(attribute, "false", func(v string) string { return comparesNumber(v, string(e.Op), number) }), nil
}

// eachOf tests an attribute, or any element of a list, and says empty for a list
// without elements. An object is like nothing that a filter can say. Lists, which may
// hold lists, are few: what else there is does not pay for them.
func eachOf(attribute, empty string, test func(v string) string) string {
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
				WHEN 'array' THEN v = '[]' AND ` + empty + `
				ELSE ` + test("v") + ` END)
		ELSE ` + test(attribute) + ` END`
}

// attributeText is a value in the one form that filters know: a number without
// needless zeros, no value as empty text.
func attributeText(v string) string {
	return `CASE jsonb_typeof(` + v + `) WHEN 'number' THEN trim_scale((` + v + ` #>> '{}')::numeric)::text ELSE coalesce(` + v + ` #>> '{}', '') END`
}

// comparesNumber is false for what is no number, which is never cast.
func comparesNumber(v, op, number string) string {
	return `CASE jsonb_typeof(` + v + `) WHEN 'number' THEN (` + v + ` #>> '{}')::numeric ` + op + ` ` + number + ` ELSE false END`
}

// comparesDate compares year-month-day as text, which is never cast: 2026-02-30 is no
// error.
func comparesDate(v, op, date string) string {
	return `CASE WHEN jsonb_typeof(` + v + `) = 'string' AND ` + v + ` #>> '{}' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
		THEN ` + v + ` #>> '{}' COLLATE "C" ` + op + ` ` + date + ` ELSE false END`
}
