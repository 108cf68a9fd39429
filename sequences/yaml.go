package sequences

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxSource = 1 << 20 // bytes; the longest honest sequence is a few kilobytes
	maxDepth  = 32      // brackets or list marks within one another; the parser recurses on them
)

// spot is a place in a file, both counted from 1, columns in characters.
type spot struct{ line, column int }

// parse reads src up to the one YAML map that every content file is. On false,
// d.problems says why.
func (d *decoder) parse(src []byte) (ast.Node, bool) {
	if len(src) > maxSource {
		d.problem(spot{1, 1}, "the file is larger than 1 MiB: this is not a file written by hand; check what it contains")
		return nil, false
	}
	if at, ok := firstInvalid(src); !ok {
		d.problem(at, "this character is not UTF-8: save the file as UTF-8")
		return nil, false
	}
	tokens := lexer.Tokenize(string(src))
	if !d.plain(tokens) {
		return nil, false
	}
	// Duplicate keys are let through: mapping reports them with all the other problems.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil, false
	}
	return d.document(file)
}

// plain refuses what content never needs and attackers do: aliases that
// multiply what they stand for, tags, nesting that exhausts the stack.
func (d *decoder) plain(tokens token.Tokens) bool {
	depth, marks, line := 0, 0, 0
	for _, t := range tokens {
		at := spot{t.Position.Line, t.Position.Column}
		if t.Position.Line != line {
			line, marks = t.Position.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			d.problem(at, "anchors and aliases (&name, *name, <<) are not allowed: write the value out, or put text that starts with & or * in quotes")
		case token.TagType:
			d.problem(at, "tags (!name) are not allowed: remove it, or put text that starts with ! in quotes")
		case token.MappingKeyType:
			d.problem(at, `keys are written as "key: value": remove the question mark, or put text that starts with ? in quotes`)
		case token.DirectiveType:
			d.problem(at, "directives (%%) are not allowed: remove this line, or put text that starts with %% in quotes")
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			marks++
		}
		if depth > maxDepth || marks > maxDepth {
			d.problem(at, "lists are nested more than %d deep: simplify this line", maxDepth)
			return false
		}
	}
	return len(d.problems) == 0
}

// document is the only document's map. A byte order mark or a closing "---" is
// no document.
func (d *decoder) document(file *ast.File) (ast.Node, bool) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			d.problem(d.at(doc.Body), `a second document starts here: one file holds one thing; remove the "---" line above or move the rest to another file`)
			return nil, false
		}
		body = doc.Body
	}
	if body == nil {
		d.problem(spot{1, 1}, "the file is empty: it should hold %s", d.noun)
		return nil, false
	}
	return body, true
}

// cures turn the parser's messages into what a marketer can do about them.
var cures = []struct{ message, cure string }{
	{"found character '\t'", "a tab indents this line: use spaces"},
	{"found a tab character", "a tab indents this line: use spaces"},
	{"mapping value is not allowed", `this text holds ": ", or the next line is indented too far: put the text in quotes, or align the lines`},
	{"could not find end character of", "this quote is never closed: add the closing quote"},
	{"',' or ']' must be specified", `the list before this is not closed: add "]" or ","`},
	{"',' or '}' must be specified", `the map before this is not closed: add "}" or ","; a condition that holds [ ] or a comma stands in quotes within { }`},
	{"could not find flow mapping end token", `this map is never closed: add "}"`},
	{"sequence end token ']' not found", `this list is never closed: add "]"`},
	{"is a reserved character", "text must not start with this character: put the text in quotes"},
	{"value is not allowed in this context", "this line does not fit the lines above: check its indentation and the colons"},
	{"non-map value is specified", `this line is not "key: value": add the colon and a space, or check the indentation`},
	{"unexpected key name", `this line is not "key: value": add the colon and a space, or check the indentation`},
	{"block sequence entries are not allowed", "a list starts here where it cannot: start it on a line of its own"},
}

func (d *decoder) syntax(err error) {
	at, message := spot{1, 1}, err.Error()
	var located yaml.Error
	if errors.As(err, &located) {
		message = located.GetMessage()
		if t := located.GetToken(); t != nil && t.Position != nil {
			at = spot{t.Position.Line, t.Position.Column}
		}
	}
	for _, c := range cures {
		if strings.Contains(message, c.message) {
			d.problem(at, "%s", c.cure)
			return
		}
	}
	message, _, _ = strings.Cut(message, "\n")
	d.problem(at, "this is not YAML (%s): check the indentation, the colons and the quotes here", visible(message))
}

// visible keeps control characters of a file out of messages on a terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if forbidden(r) {
			return -1
		}
		return r
	}, s)
}

// firstInvalid finds the first byte that is not UTF-8.
func firstInvalid(src []byte) (spot, bool) {
	if utf8.Valid(src) {
		return spot{}, true
	}
	at := spot{1, 1}
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		if r == utf8.RuneError && size == 1 {
			break
		}
		at.column++
		if r == '\n' {
			at = spot{at.line + 1, 1}
		}
		src = src[size:]
	}
	return at, false
}

// newlines gives the text the one kind of line end with which the parser counts
// lines as editors do, and takes away a byte order mark.
func newlines(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(src, []byte("\r"), []byte("\n"))
}

// sourceLines splits the file as people see it.
func sourceLines(src []byte) []string {
	return strings.Split(string(bytes.ToValidUTF8(src, []byte("\uFFFD"))), "\n")
}

// at is where a node starts as people see it: a map starts at its first key.
func (d *decoder) at(n ast.Node) spot {
	if n == nil {
		return spot{1, 1}
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return d.at(m.Values[0].Key)
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return spot{1, 1}
	}
	at := spot{t.Position.Line, t.Position.Column}
	switch t.Type {
	case token.SingleQuoteType, token.DoubleQuoteType, token.LiteralType, token.FoldedType, token.ImplicitNullType:
		return at
	}
	return d.withoutBlanks(at, t.Value)
}

// withoutBlanks corrects the place of a plain text: the parser adds the blanks
// behind the text to its column.
func (d *decoder) withoutBlanks(at spot, text string) spot {
	const most = 200 // a longer search costs more than the right column is worth
	if at.line > len(d.lines) || text == "" {
		return at
	}
	if d.runesOf != at.line {
		d.runesOf, d.runes = at.line, []rune(d.lines[at.line-1])
	}
	line, value := d.runes, []rune(text)
	for column := min(at.column, len(line)-len(value)+1); column >= max(1, at.column-most); column-- {
		if slices.Equal(line[column-1:column-1+len(value)], value) {
			return spot{at.line, column}
		}
	}
	return at // a text over several lines
}
