package templates

import (
	"fmt"
	texttemplate "text/template"
)

// datum is a template's value (see value.go) as programs hand it around: text, which most values are, without a box of its own.
type datum struct {
	text  string
	other any // when it is not nil: bool, int, int64, float64, number, list or moment
}

// datumOf makes a program's value of a caller's, like value.
func datumOf(v any, locale string) datum {
	switch v := v.(type) {
	case string:
		return datum{text: clean(v)}
	case *string:
		if v == nil {
			return datum{}
		}
		return datum{text: clean(*v)}
	}
	return toDatum(value(v, locale))
}

// toDatum is for what is a template's value already.
func toDatum(v any) datum {
	if s, ok := v.(string); ok {
		return datum{text: s}
	}
	return datum{other: v}
}

// value is the datum as functions and html/template take it.
func (d datum) value() any {
	if d.other != nil {
		return d.other
	}
	return d.text
}

// String is the datum as it prints.
func (d datum) String() string {
	if d.other != nil {
		return fmt.Sprint(d.other)
	}
	return d.text
}

// truth is what a condition makes of the datum, as text/template has it.
func (d datum) truth() bool {
	switch v := d.other.(type) {
	case nil:
		return d.text != ""
	case bool:
		return v
	case list:
		return len(v) > 0
	}
	truth, _ := texttemplate.IsTrue(d.other)
	return truth
}
