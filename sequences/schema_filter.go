package sequences

import "github.com/invopop/jsonschema"

// filterSchema is which clients: as a map or as text.
func filterSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Description: "which clients: a map of conditions that must all hold, or a condition as text",
		OneOf: []*jsonschema.Schema{
			{Ref: "#/$defs/Conditions"},
			expressionSchema("a condition on clients, with and, or, not and parentheses",
				"category in [C, D] and last_purchase older than 180d",
				"touches >= 7 and not last_human_touch within 30d",
				"products has compressor and attributes.power_kw >= 75"),
		},
	}
}

func conditionSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
		{Ref: "#/$defs/Conditions"},
		expressionSchema("a condition on the client and on what happened since he was enrolled, with and, or, not and parentheses; opens and clicks are those by people, unless any stands before them",
			"clicked(guide) or clicked(case)", "not replied", "opened(guide) within 3d and category = C", "any opened(guide)", "touches >= 12"),
	}}
}

// expressionSchema is a condition as text.
func expressionSchema(description string, examples ...any) *jsonschema.Schema {
	shortest, longest := uint64(1), uint64(maxExpression)
	return &jsonschema.Schema{Type: "string", MinLength: &shortest, MaxLength: &longest, Description: description, Examples: examples}
}

// aboutFields says what the fields of a filter are, for editors.
var aboutFields = map[string]string{
	FieldCategory:    "A to D; \"\" for clients without one",
	FieldTemperature: "cold: they do not know us; warm: loyal, not yet buying; hot: bought at least once",
	FieldStage:       "where the client stands",
	FieldLocale:      "the client's language, for example ru",
	FieldOwner:       "the e-mail address of the client's rep",
	FieldSource:      "what brought the client, for example partner:acme",
	FieldCompany:     "the company's name",
	FieldProducts:    "the client bought this, or one of these",
}

// conditionsSchema is the map form.
func conditionsSchema() *jsonschema.Schema {
	keys := jsonschema.NewProperties()
	for _, f := range textFields {
		one := scalarSchema() // a number is a text as written
		if f.values != nil {
			one = &jsonschema.Schema{Type: "string", Enum: anys(f.values)}
		}
		field := oneOrMoreSchema(one)
		field.Description = aboutFields[f.name]
		keys.Set(f.name, field)
	}
	keys.Set(FieldLastPurchase, lastPurchaseSchema())
	keys.Set(FieldAttributes, &jsonschema.Schema{
		Type:                 "object",
		AdditionalProperties: oneOrMoreSchema(scalarSchema()),
		Description:          "attributes declared in seventh.yaml, by name",
	})
	keys.Set(FieldNot, &jsonschema.Schema{Ref: "#/$defs/Conditions", Description: "holds when these, as a whole, do not"})
	return &jsonschema.Schema{
		Type:                 "object",
		Properties:           keys,
		AdditionalProperties: jsonschema.FalseSchema,
		Description:          "which clients: all conditions must hold",
	}
}

func lastPurchaseSchema() *jsonschema.Schema {
	spans := jsonschema.NewProperties()
	for _, s := range [][2]string{{"older_than", "the last purchase is at least so long ago"}, {"within", "the last purchase is less than so long ago"}} {
		span := durationSchema()
		span.Description = s[1]
		spans.Set(s[0], span)
	}
	return &jsonschema.Schema{
		Description: "how long ago the client bought last",
		OneOf: []*jsonschema.Schema{
			{Const: "never"},
			{Type: "object", Properties: spans, AdditionalProperties: jsonschema.FalseSchema},
		},
	}
}
