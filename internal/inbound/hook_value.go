package inbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// value is a piece of JSON that an outsider wrote. What is missing, or of another kind
// than expected, reads as nothing: providers change their fields as they like. Names
// are compared exactly and numbers keep all their digits.
type value struct{ v any }

const depthLimit = 60

var (
	errTwice = errors.New("a name stands twice in one object, so that nobody can tell which of its values is meant")
	errDeep  = errors.New("it is nested too deeply")
	errMore  = errors.New("something follows after its end")
)

// readValue reads JSON. An object with the same name twice is refused: programs differ
// in which of the two they believe, and one of them may have checked the other.
func readValue(raw []byte) (value, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := readAny(d, 0)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errMore
		}
	}
	if err != nil {
		return value{}, fmt.Errorf("reading JSON: %w", err)
	}
	return value{v}, nil
}

func readAny(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return token, nil
	}
	if depth == depthLimit {
		return nil, errDeep
	}
	if delim == '[' {
		return readList(d, depth)
	}
	return readObject(d, depth)
}

func readList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := readAny(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func readObject(d *json.Decoder, depth int) (any, error) {
	object := make(map[string]any)
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, there := object[name]; there {
			return nil, errTwice
		}
		if object[name], err = readAny(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// at follows names into objects.
func (v value) at(names ...string) value {
	for _, name := range names {
		object, _ := v.v.(map[string]any)
		v = value{object[name]}
	}
	return v
}

// text is a string or the digits of a number, without control characters and within a
// bound: what outsiders write is stored and shown.
func (v value) text() string { return oneLine(v.exact(), textLimit) }

// exact is a string or the digits of a number, as it stands there.
func (v value) exact() string {
	switch t := v.v.(type) {
	case string:
		return t
	case json.Number:
		return t.String()
	}
	return ""
}

// address is a URL, whole or not at all.
func (v value) address() string {
	text := v.exact()
	if len(text) > addressLimit || oneLine(text, addressLimit) != text {
		return ""
	}
	return text
}

// lines is a text of several lines.
func (v value) lines() string {
	text := strings.ReplaceAll(v.exact(), "\x00", "")
	return strings.ToValidUTF8(text[:min(len(text), linesLimit)], "")
}

func (v value) isObject() bool {
	_, object := v.v.(map[string]any)
	return object
}

func (v value) isTrue() bool { return v.v == true }

// missing also holds for null.
func (v value) missing() bool { return v.v == nil }

func (v value) isBool() bool {
	_, is := v.v.(bool)
	return is
}

// isText reports whether there is something that text reads.
func (v value) isText() bool {
	switch v.v.(type) {
	case string, json.Number:
		return true
	}
	return false
}

// list are the items of a list.
func (v value) list() []value {
	list, _ := v.v.([]any)
	values := make([]value, len(list))
	for i, item := range list {
		values[i] = value{item}
	}
	return values
}

const (
	textLimit = 1000 // bytes of a field
	lineLimit = 500  // and of a server's words

	addressLimit = 4000
	linesLimit   = 64 << 10
)

var errNoObject = errors.New("there is no event in it")

// texts are those of some names that hold one.
func (v value) texts(names ...string) []string {
	var found []string
	for _, name := range names {
		if text := v.at(name).text(); text != "" {
			found = append(found, text)
		}
	}
	return found
}
