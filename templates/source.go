package templates

import (
	"reflect"
	"strings"
)

// Source is where the fields of one letter come from. [Data] is one; a caller with many letters to write answers from its own
// values and spares the maps. A letter asks once for each of its Fields, link.open, link.honeypot and link.clicks.
type Source interface {
	// Field returns what Data would hold at a path such as client.attributes.industry; nil when there is nothing.
	// A pointer stands for what it points to, and a *string costs no allocation.
	Field(path string) any
}

// Field finds a field, whatever kind of maps the data is made of.
func (d Data) Field(path string) any {
	var v any = map[string]any(d)
	for more := true; more; {
		var name string
		name, path, more = strings.Cut(path, ".")
		switch m := v.(type) {
		case map[string]any:
			v = m[name]
		case Data:
			v = m[name]
		case map[string]string:
			v = m[name]
		default:
			v = mapItem(reflect.ValueOf(v), name)
		}
	}
	return v
}

// mapItem is nil for what is no map with names as keys.
func mapItem(m reflect.Value, name string) any {
	if m.Kind() != reflect.Map || m.Type().Key().Kind() != reflect.String {
		return nil
	}
	item := m.MapIndex(reflect.ValueOf(name).Convert(m.Type().Key()))
	if !item.IsValid() {
		return nil
	}
	return item.Interface()
}
