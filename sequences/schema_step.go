package sequences

import (
	"reflect"

	"github.com/invopop/jsonschema"
)

// stepSchema describes the parts of steps that read themselves.
func stepSchema(r *jsonschema.Reflector, t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Letters]():
		return oneOrMoreSchema(&jsonschema.Schema{Type: "string", Pattern: templatePattern.String(), Examples: []any{"c/guide"}})
	case reflect.TypeFor[dayList]():
		return oneOrMoreSchema(&jsonschema.Schema{Type: "string", Enum: anys(weekdayNames)})
	case reflect.TypeFor[TimeOfDay]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([01]?\d|2[0-3]):[0-5]\d$`, Examples: []any{"10:00"}}
	case reflect.TypeFor[Wait]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{durationSchema(), inline(waitYAML{}, r.Mapper)}}
	case reflect.TypeFor[attributes]():
		return &jsonschema.Schema{
			Type:                 "object",
			AdditionalProperties: oneOrMoreSchema(scalarSchema()),
			Examples:             []any{map[string]any{"nurtured": true}},
		}
	}
	return nil
}

// scalarSchema is a text, number, or true or false.
func scalarSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
}

func anys(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
