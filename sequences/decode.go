package sequences

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// decoder fills Go values from YAML and collects every problem on the way.
// Struct tags are the rules: `yaml` names the key; `jsonschema` holds required,
// enum, minimum and maximum; `cadence` and `none` allow these words for a delay; `jsonschema_description` says what to write when a
// required key is missing. The same tags make the JSON Schemas (schema.go).
//
// A path ("steps[1].email") names a value within the file, so that checks made
// after decoding still point at the right place.
type decoder struct {
	file     string
	noun     string // what the file holds: "a sequence"
	lines    []string
	settings *Settings // what names may refer to; nil: names are not checked
	problems []Problem
	spots    map[string]spot // of values, by path; of keys where nothing was written
	keys     map[string]spot // of keys, by path

	stepDepth int             // steps within steps
	renames   map[string]spot // of renamed_from, by the old id; the last one

	// The last line looked at, in characters: a file may be one line of a mebibyte.
	runes   []rune
	runesOf int
}

// decodable types read themselves, where tags are not enough.
type decodable interface {
	decodeYAML(d *decoder, n ast.Node, path string)
}

// entry is one "key: value" of a map.
type entry struct {
	key   string
	path  string
	at    spot     // the key's
	value ast.Node // nil: nothing was written
}

// maxProblems is more than anybody reads in one go; garbage would make thousands.
const maxProblems = 200

// decode reads src, the file holding noun, into target, a pointer to a struct.
func decode(file string, src []byte, s *Settings, target any, noun string) *decoder {
	src = newlines(src)
	d := &decoder{file: file, noun: noun, lines: sourceLines(src), settings: s, spots: map[string]spot{}, keys: map[string]spot{}}
	if root, ok := d.parse(src); ok {
		d.value(root, "", reflect.ValueOf(target).Elem(), rules{})
	}
	return d
}

func (d *decoder) sorted() []Problem { return inOrder(d.problems) }

func (d *decoder) problem(at spot, format string, args ...any) {
	if len(d.problems) >= maxProblems {
		return
	}
	p := Problem{File: d.file, Line: max(1, min(at.line, len(d.lines))), Column: max(1, at.column)}
	p.Message, p.Source = fmt.Sprintf(format, args...), d.lines[p.Line-1]
	d.problems = append(d.problems, p)
}

func (d *decoder) value(n ast.Node, path string, v reflect.Value, r rules) {
	d.spots[path] = d.at(n)
	if word, ok := n.(*ast.StringNode); ok && r.none && word.Value == none {
		v.SetZero()
		return
	}
	if r.cadence {
		d.delay(n, v.Addr().Interface().(*Duration))
		return
	}
	if self, ok := v.Addr().Interface().(decodable); ok {
		self.decodeYAML(d, n, path)
		return
	}
	switch v.Kind() {
	case reflect.String:
		if cure := enumCure(n, path, r); cure != "" {
			d.problem(d.at(n), "expected one word, found %s: %s", kind(n), cure)
			return
		}
		if s, ok := d.text(n); ok && d.listed(n, s, path, r) {
			v.SetString(s)
		}
	case reflect.Int:
		d.number(n, v, r)
	case reflect.Bool:
		d.boolean(n, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, path, v.Elem(), r)
	case reflect.Slice:
		d.list(n, path, v, r)
	case reflect.Map:
		d.keyed(n, path, v)
	case reflect.Struct:
		d.structure(n, path, v)
	default:
		panic("sequences: no YAML form for " + v.Type().String())
	}
}

// fill reads n into target, a pointer to a struct, by its tags alone.
func (d *decoder) fill(n ast.Node, path string, target any) {
	d.structure(n, path, reflect.ValueOf(target).Elem())
}

// structure fills a struct's fields. Keys without a value count as written, so
// that one mistake is not told twice.
func (d *decoder) structure(n ast.Node, path string, v reflect.Value) {
	entries, ok := d.mapping(n, path)
	if !ok {
		return
	}
	fields, names := fieldsOf(v.Type())
	written := map[string]bool{}
	for _, e := range entries {
		f, known := fields[e.key]
		if !known {
			d.problem(e.at, "%s", unknown("key", e.key, names))
			continue
		}
		written[e.key] = true
		if e.value != nil {
			d.value(e.value, e.path, v.Field(f.index), f.rules)
		}
	}
	for _, name := range names {
		if f := fields[name]; f.required && !written[name] {
			d.problem(d.at(n), "the key %q is missing here: %s", name, f.description)
		}
	}
}

// mapping is the entries of a YAML map, duplicates and empty values reported.
func (d *decoder) mapping(n ast.Node, path string) ([]entry, bool) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.noMap(n, path)
		return nil, false
	}
	lines := map[string]int{}
	var entries []entry
	for _, pair := range m.Values {
		key, ok := d.text(pair.Key)
		if !ok {
			continue
		}
		e := entry{key: key, path: joinPath(path, key), at: d.at(pair.Key), value: pair.Value}
		if line, twice := lines[key]; twice {
			d.problem(e.at, "the key %s is already written on line %d: keep one of them", quoted(key), line)
			continue
		}
		lines[key] = e.at.line
		d.spots[e.path], d.keys[e.path] = e.at, e.at
		if _, empty := pair.Value.(*ast.NullNode); empty || pair.Value == nil {
			d.problem(e.at, "%s has no value: write one or remove the key", quoted(key))
			e.value = nil
		}
		entries = append(entries, e)
	}
	return entries, true
}

// keyed fills a map from names to values. Values that are there already are
// defaults, which the file overrides key by key.
func (d *decoder) keyed(n ast.Node, path string, v reflect.Value) {
	entries, ok := d.mapping(n, path)
	if !ok {
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, e := range entries {
		element := reflect.New(v.Type().Elem()).Elem()
		if before := v.MapIndex(reflect.ValueOf(e.key)); before.IsValid() {
			element.Set(before)
		}
		if e.value != nil {
			d.value(e.value, e.path, element, rules{})
		}
		v.SetMapIndex(reflect.ValueOf(e.key), element)
	}
}

func (d *decoder) list(n ast.Node, path string, v reflect.Value, r rules) {
	items, ok := n.(*ast.SequenceNode)
	if word, is := n.(*ast.StringNode); is && slices.Contains(r.enum, word.Value) {
		d.problem(d.at(n), "expected a list, found %s: write %s: [%s]", kind(n), lastKey(path), word.Value)
		return
	}
	if !ok {
		d.problem(d.at(n), "expected a list, found %s: write [one, two], or one a line after dashes", kind(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(items.Values)))
	seen := map[string]bool{}
	for i, item := range items.Values {
		if _, empty := item.(*ast.NullNode); empty || item == nil {
			d.problem(d.at(item), "this list item is empty: fill it in or remove the dash")
			continue
		}
		element := reflect.New(v.Type().Elem()).Elem()
		before := len(d.problems)
		d.value(item, path+"["+strconv.Itoa(i)+"]", element, r)
		if element.Kind() == reflect.String && len(d.problems) == before {
			if seen[element.String()] {
				d.problem(d.at(item), "%s is listed twice: keep one of them", quoted(element.String()))
			}
			seen[element.String()] = true
		}
		v.Set(reflect.Append(v, element))
	}
}

// spotOf is where the value of path stands; for one that was not written, where
// the file starts.
func (d *decoder) spotOf(path string) spot {
	if at, ok := d.spots[path]; ok {
		return at
	}
	return spot{1, 1}
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
