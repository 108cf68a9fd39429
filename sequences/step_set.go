package sequences

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// Change is what a step changes about a client; empty fields stay as they are.
type Change struct {
	Category    string     `yaml:"category" jsonschema:"enum=A,enum=B,enum=C,enum=D" jsonschema_description:"the client's new category"`
	Temperature string     `yaml:"temperature" jsonschema:"enum=cold,enum=warm,enum=hot" jsonschema_description:"the client's new temperature"`
	Attributes  attributes `yaml:"attributes" jsonschema_description:"new values of attributes, by name; \"\" removes one"`
}

// attributes are values by name, of the types that seventh.yaml declares; nil
// removes one.
type attributes map[string]any

func (a *attributes) decodeYAML(d *decoder, n ast.Node, path string) {
	entries, ok := d.mapping(n, path)
	if !ok {
		return
	}
	*a = attributes{}
	for _, e := range entries {
		if d.settings != nil {
			if _, declared := d.settings.Attributes[e.key]; !declared {
				d.problem(e.at, "%s", unknown("attribute", e.key, names(d.settings.Attributes)))
				continue
			}
		}
		if e.value != nil {
			(*a)[e.key] = d.attributeValue(e)
		}
	}
}

// attributeValue is one value as JSON keeps it.
func (d *decoder) attributeValue(e entry) any {
	before := len(d.problems)
	values := d.attributeValues(entry{key: e.key, path: e.path, at: e.at, value: e.value})
	if len(d.problems) > before {
		return nil
	}
	if _, list := e.value.(*ast.SequenceNode); list {
		return values
	}
	text := values[0]
	kind := ""
	switch e.value.(type) {
	case *ast.BoolNode:
		kind = "bool"
	case *ast.IntegerNode, *ast.FloatNode:
		kind = "number"
	}
	if d.settings != nil {
		kind = d.settings.Attributes[e.key].Type
	}
	switch {
	case text == "":
		return nil
	case kind == "bool":
		return text == "true"
	case kind == "number":
		number, _ := strconv.ParseFloat(text, 64) // it is the form of a number by now
		return number
	}
	return text
}

func checkSet(d *decoder, s *Step, path string) {
	if c := s.Set; c != nil && c.Category == "" && c.Temperature == "" && len(c.Attributes) == 0 {
		d.problem(d.spotOf(path+".set"), "this changes nothing: write category: D, temperature: warm or attributes: { … }")
	}
}
