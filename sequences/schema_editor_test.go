package sequences

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// What an editor underlines must be wrong: whatever the parsers accept, the schemas do.
func TestSchemasAcceptWhatTheParsersAccept(t *testing.T) {
	t.Parallel()
	compiled := compiledSchemas(t)
	files := map[string][]byte{}
	for _, dir := range []fs.FS{os.DirFS("testdata/valid"), Library()} {
		err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(name) != ".yaml" {
				return err
			}
			files[name], err = fs.ReadFile(dir, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, src := range files {
		schema := compiled[schemaFor(name)]
		if schema == nil {
			continue // a calendar
		}
		if err := schema.Validate(decoded(t, src)); err != nil {
			t.Errorf("%s: an editor would complain: %v", name, err)
		}
	}
}

// An editor finds the common slips while they are made.
func TestSchemasRefuseSlips(t *testing.T) {
	t.Parallel()
	compiled := compiledSchemas(t)
	for _, src := range []string{
		"sequence: x\nsteps: [{ id: a, emial: c/guide }]",
		"sequence: x\nsteps: [{ id: a, email: c/guide, after: soon }]",
		"sequence: x\nsteps: [{ id: a, wait: { weekday: tusday } }]",
		"sequence: x\nsteps: [{ id: a, wait: { time: 25:00 } }]",
		"sequence: x\nsteps: [{ id: a, split: [{ wieght: 1, steps: [] }] }]",
		"sequence: x\nsteps: [{ id: a, set: { category: X } }]",
		"sequence: x\nsteps: [{ id: a, if: { category: C }, then: [{ id: b, emial: c/x }] }]",
		"sequence: x\nsteps: [{ id: a, end: soon }]",
		"sequence: x",
	} {
		if compiled["sequence.schema.json"].Validate(decoded(t, []byte(src))) == nil {
			t.Errorf("an editor would say nothing about:\n%s", src)
		}
	}
}

// Hovering over any key in an editor says what it is for.
func TestEveryKeyOfTheSchemasIsDescribed(t *testing.T) {
	t.Parallel()
	for name, src := range Schemas() {
		var schema map[string]any
		if err := json.Unmarshal(src, &schema); err != nil {
			t.Fatal(err)
		}
		undescribed(t, name, schema)
	}
}

func undescribed(t *testing.T, at string, schema map[string]any) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		property := properties[key].(map[string]any)
		if text, _ := property["description"].(string); text == "" {
			t.Errorf("%s: %s has no description", at, key)
		}
		undescribed(t, at+"."+key, property)
	}
	for _, inner := range []string{"$defs"} {
		defs, _ := schema[inner].(map[string]any)
		for name, def := range defs {
			undescribed(t, at+"."+name, def.(map[string]any))
		}
	}
	for _, inner := range []string{"oneOf", "anyOf"} {
		list, _ := schema[inner].([]any)
		for i, one := range list {
			undescribed(t, fmt.Sprintf("%s.%s[%d]", at, inner, i), one.(map[string]any))
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		undescribed(t, at+"[]", items)
	}
}

func schemaFor(name string) string {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(base, "settings-"), base == "seventh.yaml":
		return "settings.schema.json"
	case strings.HasPrefix(base, "segment-"), strings.HasPrefix(name, "segments/"):
		return "segment.schema.json"
	case strings.HasPrefix(base, "sequence-"), strings.HasPrefix(name, "sequences/"):
		return "sequence.schema.json"
	}
	return ""
}

func compiledSchemas(t *testing.T) map[string]*validator.Schema {
	t.Helper()
	compiled := map[string]*validator.Schema{}
	for name, src := range Schemas() {
		doc, err := validator.UnmarshalJSON(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		c := validator.NewCompiler()
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
		if compiled[name], err = c.Compile(name); err != nil {
			t.Fatal(err)
		}
	}
	return compiled
}

// decoded is YAML as a schema's validator takes it.
func decoded(t *testing.T, src []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(bytes.TrimPrefix(src, []byte("\ufeff")), &value); err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	value, err = validator.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return value
}
