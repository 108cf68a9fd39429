package sequences

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// shapes are the maps that are easily taken for a single value, by the end of their path.
// The %
// stands for what was written, where that is a reference to a secret.
var shapes = []struct{ path, example string }{
	{"mailbox", `{ imap: "%" }`},
	{"hooks.generic", `{ secret: "%" }`},
	{"hooks.ses", `{ topics: ["%"] }`},
	{"hooks.sendgrid", `{ key: "%" }`},
	{"hooks.mailgun", `{ key: "%" }`},
	{"hooks.postmark", `{ user: seventh, password: "%" }`},
}

// noMap says what to write where something else stands than a map. What may be a secret is
// not shown.
func (d *decoder) noMap(n ast.Node, path string) {
	text, ok := n.(*ast.StringNode)
	name, cure := lastKey(path), ""
	for _, s := range shapes {
		switch {
		case !ok || path != s.path && !strings.HasSuffix(path, "."+s.path):
		case outside(text.Value):
			cure = ": write " + name + ": " + strings.ReplaceAll(s.example, "%", text.Value)
		default:
			d.secretProblem(d.at(n), "expected a map of keys and values, found a text: write %s: %s, and put the value in that variable", name, strings.ReplaceAll(s.example, "%", "env:NAME"))
			return
		}
	}
	switch {
	case ok && path == "series":
		cure = `: write series: { en: "Useful letters", ru: "Полезные письма" }`
	case ok && keyWithoutSpace(text.Value):
		cure = ": write a space behind each colon"
	}
	d.problem(d.at(n), "expected a map of keys and values, found %s%s", kind(n), cure)
}

// keyWithoutSpace tells whether a text begins with a key and its colon: id:guide. A
// reference to a secret does not, and neither does an address.
func keyWithoutSpace(text string) bool {
	key, rest, found := strings.Cut(text, ":")
	return found && key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") == "" && !outside(text) && !strings.HasPrefix(rest, "//")
}

// enumCure names the words there are, where a list or a map stands instead of one.
func enumCure(n ast.Node, path string, r rules) string {
	list, isList := n.(*ast.SequenceNode)
	if _, isMap := n.(*ast.MappingNode); len(r.enum) == 0 || !isList && !isMap {
		return ""
	}
	if isList && len(list.Values) == 1 {
		if word, ok := list.Values[0].(*ast.StringNode); ok && slices.Contains(r.enum, word.Value) {
			return "write " + lastKey(path) + ": " + word.Value + ", without brackets; there are " + strings.Join(r.enum, ", ")
		}
	}
	return "write one of " + strings.Join(r.enum, ", ")
}
