package sequences

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestSchemasDescribeTheSameKeysAsTheParsers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		keys     []string
		required []string
	}{
		{"settings.schema.json", []string{"company", "time_zone", "fallback_sender", "windows"}, []string{"time_zone", "fallback_sender"}},
		{"sequence.schema.json", []string{"sequence", "audience", "reentry", "exit_on", "steps"}, []string{"sequence", "steps"}},
		{"segment.schema.json", []string{"segment", "title", "where"}, []string{"segment", "where"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var schema struct {
				Schema               string         `json:"$schema"`
				Properties           map[string]any `json:"properties"`
				Required             []string       `json:"required"`
				AdditionalProperties *bool          `json:"additionalProperties"`
				Defs                 map[string]any `json:"$defs"`
			}
			src := Schemas()[tc.name]
			if err := json.Unmarshal(src, &schema); err != nil {
				t.Fatalf("the schema is not JSON: %v", err)
			}
			if schema.Schema != "https://json-schema.org/draft/2020-12/schema" {
				t.Errorf("$schema is %q", schema.Schema)
			}
			for _, key := range tc.keys {
				if schema.Properties[key] == nil {
					t.Errorf("no property %q", key)
				}
			}
			if !slices.Equal(schema.Required, tc.required) {
				t.Errorf("required is %v, want %v", schema.Required, tc.required)
			}
			if schema.AdditionalProperties == nil || *schema.AdditionalProperties {
				t.Error("unknown keys are allowed")
			}
			checkReferences(t, string(src), schema.Defs)
		})
	}
}

// checkReferences finds references to definitions that do not exist.
func checkReferences(t *testing.T, src string, defs map[string]any) {
	t.Helper()
	for _, part := range strings.Split(src, `"#/$defs/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if defs[name] == nil {
			t.Errorf("reference to the missing definition %q", name)
		}
	}
}

// What editors show as examples of conditions is read without problems.
func TestExamplesOfConditionsAreValid(t *testing.T) {
	t.Parallel()
	var schema struct {
		Defs struct {
			Filter, Condition struct {
				OneOf []struct{ Examples []string }
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(Schemas()["sequence.schema.json"], &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.Defs.Filter.OneOf) != 2 || len(schema.Defs.Condition.OneOf) != 2 {
		t.Fatalf("no examples: %+v", schema)
	}
	for _, text := range schema.Defs.Filter.OneOf[1].Examples {
		if _, problems := ParseExpression(text, nil); len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
		}
	}
	for _, text := range schema.Defs.Condition.OneOf[1].Examples {
		condition(t, text)
	}
}
