package sequences

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// maxText is in characters: everything here is a name, a title or one line of
// an address, and ends up in headers, pages and indexes.
const maxText = 500

// text reads one line of text. Numbers and true/false are taken as written, so
// that a phone number needs no quotes.
func (d *decoder) text(n ast.Node) (string, bool) {
	var s string
	switch n := n.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = strings.TrimRight(n.Value.Value, "\n")
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		s = n.GetToken().Value
	default:
		d.problem(d.at(n), "expected text, found %s", kind(n))
		return "", false
	}
	if i := strings.IndexFunc(s, forbidden); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		d.problem(d.at(n), "this text holds a line break or an invisible control character (%U): write it on one line without it", r)
		return "", false
	}
	if utf8.RuneCountInString(s) > maxText {
		d.problem(d.at(n), "this text is longer than %d characters: shorten it", maxText)
		return "", false
	}
	return s, true
}

// forbidden finds what could break a header or fake a line: control characters
// and Unicode's own line separators.
func forbidden(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

func (d *decoder) number(n ast.Node, v reflect.Value, r rules) {
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		d.problem(d.at(n), "expected a whole number, found %s", kind(n))
		return
	}
	number, err := strconv.Atoi(i.GetToken().Value)
	if err != nil || (r.minimum != r.maximum && (number < r.minimum || number > r.maximum)) {
		d.problem(d.at(n), "%s does not fit: write a whole number from %d to %d", quoted(i.GetToken().Value), r.minimum, r.maximum)
		return
	}
	v.SetInt(int64(number))
}

func (d *decoder) boolean(n ast.Node, v reflect.Value) {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		d.problem(d.at(n), "expected true or false, found %s", kind(n))
		return
	}
	v.SetBool(b.Value)
}

// kind names what a node is, for messages.
func kind(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode:
		return "a map of keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + n.GetToken().Value
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.StringNode:
		return "the text " + quoted(n.Value)
	}
	return "text"
}

func (d *Duration) decodeYAML(dec *decoder, n ast.Node, _ string) { dec.duration(n, d, ParseDuration) }

func (d *decoder) delay(n ast.Node, target *Duration) { d.duration(n, target, ParseDelay) }

func (d *decoder) duration(n ast.Node, target *Duration, parse func(string) (Duration, error)) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	parsed, err := parse(s)
	if err != nil {
		d.problem(d.at(n), "%s", err)
		return
	}
	*target = parsed
}

const nameForm = "a name holds small Latin letters, digits, - and _, starts with a letter or digit and has at most 64 characters"

var (
	namePattern      = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	attributePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	templatePattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*$`)
	localePattern    = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

// name checks a name that other files, tables and URLs use.
func (d *decoder) name(at spot, s string) {
	if !namePattern.MatchString(s) {
		d.problem(at, "%s cannot be a name: %s", quoted(s), nameForm)
	}
}
