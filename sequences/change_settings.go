package sequences

import (
	"reflect"
	"strings"
)

// SettingsEdits are the keys in which two seventh.yaml differ; of what has a name of
// its own (windows, senders, categories, …) that name follows after a dot.
func SettingsEdits(before, after *Settings) []Edit {
	var edits []Edit
	old, now := reflect.ValueOf(*before), reflect.ValueOf(*after)
	for i := range old.NumField() {
		key, _, _ := strings.Cut(old.Type().Field(i).Tag.Get("yaml"), ",")
		if key == "" || key == "-" {
			continue
		}
		a, b := old.Field(i), now.Field(i)
		if a.Kind() == reflect.Map && a.Type().Key().Kind() == reflect.String {
			edits = append(edits, entryEdits(key, a, b)...)
			continue
		}
		if !sameSetting(a.Interface(), b.Interface()) {
			edits = append(edits, Edit{Kind: Setting, Key: key, Old: written(a.Interface()), New: written(b.Interface())})
		}
	}
	return edits
}

// entryEdits compares two maps entry by entry.
func entryEdits(key string, before, after reflect.Value) []Edit {
	both := map[string]bool{}
	for _, m := range []reflect.Value{before, after} {
		for _, k := range m.MapKeys() {
			both[k.String()] = true
		}
	}
	var edits []Edit
	for _, name := range names(both) {
		k := reflect.ValueOf(name).Convert(before.Type().Key())
		edit := Edit{Kind: Setting, Key: key + "." + name}
		switch a, b := before.MapIndex(k), after.MapIndex(k); {
		case !a.IsValid():
			edit.New = "new"
		case !b.IsValid():
			edit.Old = "gone"
		case sameSetting(a.Interface(), b.Interface()):
			continue
		}
		edits = append(edits, edit)
	}
	return edits
}
