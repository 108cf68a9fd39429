package sequences

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func (f *Filter) decodeYAML(d *decoder, n ast.Node, path string) {
	if _, isText := expressionText(n); isText {
		f.Expression = d.expression(n, false)
		return
	}
	f.Expression = joinedBy(And, d.conditions(n, path, 0))
}

func (c *Condition) decodeYAML(d *decoder, n ast.Node, path string) {
	if _, keys := n.(*ast.MappingNode); keys {
		c.Expression = joinedBy(And, d.conditions(n, path, 0))
		return
	}
	c.Expression = d.expression(n, true)
}

// expression reads a text as an expression. With happenings it may also ask what
// happened since the client was enrolled.
func (d *decoder) expression(n ast.Node, happenings bool) Expression {
	text, ok := expressionText(n)
	if !ok {
		d.problem(d.at(n), "expected a condition, found %s: write it as a text, for example clicked(guide) or category = C", kind(n))
		return Expression{}
	}
	runes := []rune(text)
	return d.parseExpression(runes, d.placesOf(n, runes), happenings)
}

// expressionText is the text of a node that holds one, however it is quoted or folded.
func expressionText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

// placesOf finds where every character of a node's text stands in the file, and
// where its end is: it walks along the file and leaves out what YAML adds, which is
// blanks, line ends, quotes and backslashes. Where it loses its way, what follows
// stands where the last character found stands.
func (d *decoder) placesOf(n ast.Node, text []rune) []spot {
	at := d.at(n)
	if _, block := n.(*ast.LiteralNode); block {
		at = spot{at.line + 1, 1}
	}
	at = spot{max(1, at.line), max(1, at.column)}
	places := make([]spot, 0, len(text)+1)
	lost := false
	last := at
	var line []rune
	if at.line <= len(d.lines) {
		line = []rune(d.lines[at.line-1])
	}
	for _, r := range text {
		if r != ' ' && r != '\n' && !lost {
			from := at
			for {
				for at.line <= len(d.lines) && at.column > len(line) { // on to the next line
					at = spot{at.line + 1, 1}
					if at.line <= len(d.lines) {
						line = []rune(d.lines[at.line-1])
					}
				}
				if at.line > len(d.lines) || line[at.column-1] == r {
					break
				}
				if !strings.ContainsRune(" \t\"'\\", line[at.column-1]) {
					at.line = len(d.lines) + 1
					break
				}
				at.column++
			}
			if lost = at.line > len(d.lines); lost {
				at = from
			} else {
				last = at
				at.column++
			}
		}
		if r == ' ' || r == '\n' {
			places = append(places, at)
		} else {
			places = append(places, last)
		}
	}
	return append(places, at)
}
