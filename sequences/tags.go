package sequences

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// rules are what a struct tag says about a value.
type rules struct {
	enum             []string
	minimum, maximum int  // for numbers; both zero: any
	cadence          bool // for durations: the word cadence is one, too
	none             bool // the word none is the zero value
}

type field struct {
	rules
	index       int
	required    bool
	description string
}

// fieldsOf reads a struct's tags: its fields by YAML key, and the keys in order.
func fieldsOf(t reflect.Type) (map[string]field, []string) {
	fields, names := map[string]field{}, []string{}
	for i := range t.NumField() {
		sf := t.Field(i)
		name, _, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		f := field{index: i, description: sf.Tag.Get("jsonschema_description")}
		f.cadence, f.none = sf.Tag.Get("cadence") != "", sf.Tag.Get("none") != ""
		for _, rule := range strings.Split(sf.Tag.Get("jsonschema"), ",") {
			key, value, _ := strings.Cut(rule, "=")
			switch key {
			case "required":
				f.required = true
			case "enum":
				f.enum = append(f.enum, value)
			case "minimum":
				f.minimum, _ = strconv.Atoi(value)
			case "maximum":
				f.maximum, _ = strconv.Atoi(value)
			}
		}
		fields[name], names = f, append(names, name)
	}
	return fields, names
}

// listed checks a text against the rule's enum.
func (d *decoder) listed(n ast.Node, s, path string, r rules) bool {
	if len(r.enum) == 0 || slices.Contains(r.enum, s) {
		return true
	}
	d.problem(d.at(n), "%s", unknown("value of "+lastKey(path), s, r.enum))
	return false
}

// lastKey is the key a path ends in: "hours" of "windows.office.hours[1]".
func lastKey(path string) string {
	path, _, _ = strings.Cut(path[strings.LastIndexByte(path, '.')+1:], "[")
	return path
}
