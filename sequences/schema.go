package sequences

import (
	"encoding/json"
	"reflect"

	"github.com/invopop/jsonschema"
)

// Schemas are JSON Schemas (draft 2020-12) of the three kinds of files, by file
// name, for editors that complete and check YAML while it is being written.
// They are made from the types and tags that the parsers use; the parsers check
// more, such as names across files.
func Schemas() map[string][]byte {
	return map[string][]byte{
		"settings.schema.json": schemaOf(&Settings{}),
		"sequence.schema.json": schemaOf(&Sequence{}),
		"segment.schema.json":  schemaOf(&Segment{}),
	}
}

func schemaOf(v any) []byte {
	r := &jsonschema.Reflector{
		Anonymous:                  true, // no $id: the files lie in the content folder
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		ExpandedStruct:             true,
	}
	r.Mapper = func(t reflect.Type) *jsonschema.Schema { return specialSchema(r, t) }
	schema := r.Reflect(v)
	if calendar, ok := schema.Properties.Get("calendar"); ok {
		for _, name := range Calendars {
			calendar.Enum = append(calendar.Enum, name)
		}
	}
	if schema.Definitions == nil {
		schema.Definitions = jsonschema.Definitions{}
	}
	schema.Definitions["Filter"], schema.Definitions["Conditions"], schema.Definitions["Condition"] = filterSchema(), conditionsSchema(), conditionSchema()
	data, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		panic(err) // the types are fixed: a programmer's error
	}
	return append(data, '\n')
}

// specialSchema describes the types that read themselves.
func specialSchema(r *jsonschema.Reflector, t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Duration]():
		return durationSchema()
	case reflect.TypeFor[Span]():
		return &jsonschema.Schema{Type: "string", Pattern: `^(none|[0-9]+(d|w|mo|bd)( ?[-–] ?[0-9]+(d|w|mo|bd))?)$`, Examples: []any{"1w", "2w-4w", "1mo", none}}
	case reflect.TypeFor[Rate]():
		return &jsonschema.Schema{Type: "string", Pattern: ratePattern.String(), Examples: []any{"2/s", "20/m", "100/h"}}
	case reflect.TypeFor[Share]():
		return &jsonschema.Schema{Type: "string", Pattern: sharePattern.String(), Examples: []any{"5%", "0.3%"}}
	case reflect.TypeFor[Date]():
		return &jsonschema.Schema{Type: "string", Format: "date", Examples: []any{"2026-11-01"}}
	case reflect.TypeFor[spread]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]{1,9}(m|h)|none)$`, Examples: []any{"30m", noSpread}}
	case reflect.TypeFor[DayOff]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$`, Examples: []any{"2026-12-31", "12-31"}}
	case reflect.TypeFor[Filter]():
		return &jsonschema.Schema{Ref: "#/$defs/Filter"}
	case reflect.TypeFor[Condition]():
		return &jsonschema.Schema{Ref: "#/$defs/Condition"}
	case reflect.TypeFor[ExitOn]():
		return exitSchema()
	case reflect.TypeFor[UTM]():
		return utmSchema(r)
	case reflect.TypeFor[Window]():
		return inline(windowYAML{}, r.Mapper)
	case reflect.TypeFor[DKIM]():
		return dkimSchema(r)
	case reflect.TypeFor[Reference]():
		return referenceSchema()
	case reflect.TypeFor[hours]():
		return oneOrMoreSchema(&jsonschema.Schema{Type: "string", Pattern: hoursPattern.String(), Examples: []any{"09:00-18:00"}})
	case reflect.TypeFor[Reentry]():
		after := jsonschema.NewProperties()
		span := durationSchema()
		span.Description = "how long after a finished run"
		after.Set("after", span)
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", Enum: []any{ReentryNever, ReentryAlways}},
			{Type: "object", Properties: after, Required: []string{"after"}, AdditionalProperties: jsonschema.FalseSchema},
		}}
	}
	return stepSchema(r, t)
}

// inline is the schema of v without document-level keywords.
func inline(v any, mapper func(reflect.Type) *jsonschema.Schema) *jsonschema.Schema {
	r := &jsonschema.Reflector{
		Anonymous:                  true,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		DoNotReference:             true,
		Mapper:                     mapper,
	}
	schema := r.Reflect(v)
	schema.Version = ""
	return schema
}

func durationSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: durationPattern.String(), Examples: []any{"21d", "3w", "2mo", "5bd"}}
}

func oneOrMoreSchema(one *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{one, {Type: "array", Items: one}}}
}
