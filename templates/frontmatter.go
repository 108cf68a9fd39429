package templates

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// entry is one value of the front matter.
type entry struct {
	text string
	at   int // byte offset in the file
}

// frontMatter is what stands between the two --- lines that open a letter.
type frontMatter struct {
	subject, preheader, title entry
}

var frontMatterKeys = []string{"subject", "preheader", "title"}

// parseFrontMatter reads the head of a letter and returns where its body begins.
func parseFrontMatter(f *file) (head frontMatter, body int) {
	const fence = "---\n"
	if !strings.HasPrefix(f.text, fence) {
		f.problem(0, "a letter begins with front matter: a line ---, subject: …, and a line --- again")
		return head, 0
	}
	end := strings.Index(f.text, "\n---\n")
	switch {
	case strings.HasPrefix(f.text, fence+fence):
		end = len(fence) - 1
	case end < 0 && strings.HasSuffix(f.text, "\n---"):
		end = len(f.text) - len("\n---")
	case end < 0:
		f.problem(0, "the front matter is not closed: write a line --- below it")
		return head, len(f.text)
	}
	body = min(end+len("\n---\n"), len(f.text))

	// The opening fence becomes an empty line, so that the parser's line numbers are those of the file.
	for _, pair := range f.yamlPairs("\n" + f.text[len(fence):max(end, len(fence))]) {
		f.setEntry(&head, pair)
	}
	if strings.TrimSpace(head.subject.text) == "" {
		f.problem(0, "the letter has no subject: write subject: … in the front matter")
	}
	return head, body
}

// yamlPairs parses a flat YAML mapping.
func (f *file) yamlPairs(text string) []*ast.MappingValueNode {
	doc, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		at, message := 0, err.Error()
		var located yaml.Error
		if errors.As(err, &located) {
			message = located.GetMessage()
			if token := located.GetToken(); token != nil {
				at = f.offset(token.Position.Line, token.Position.Column)
			}
		}
		f.problem(at, "the front matter is not YAML: %s", message)
		return nil
	}
	if len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		return nil
	}
	switch node := doc.Docs[0].Body.(type) {
	case *ast.MappingNode:
		return node.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}
	case *ast.CommentGroupNode:
		return nil
	}
	f.problem(len("---\n"), "the front matter must be lines of key: value")
	return nil
}

func (f *file) setEntry(head *frontMatter, pair *ast.MappingValueNode) {
	key := pair.Key.GetToken()
	at := f.offset(key.Position.Line, key.Position.Column)
	var into *entry
	switch key.Value {
	case "subject":
		into = &head.subject
	case "preheader":
		into = &head.preheader
	case "title":
		into = &head.title
	default:
		f.problem(at, "unknown key %q%s (a letter has subject, preheader, title)", key.Value, didYouMean(key.Value, frontMatterKeys))
		return
	}
	if into.at > 0 {
		f.problem(at, "%s is given twice", key.Value)
		return
	}
	value := pair.Value.GetToken()
	into.at = f.offset(value.Position.Line, value.Position.Column)
	switch node := pair.Value.(type) {
	case *ast.StringNode:
		into.text = node.Value
	case *ast.LiteralNode:
		into.text = strings.TrimSpace(node.Value.Value)
	case *ast.NullNode:
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		into.text = value.Value
	default:
		f.problem(into.at, "%s must be text; text that begins with {{ stands in quotes", key.Value)
		into.text = "?" // reported: do not complain of its absence too
	}
}

// scan returns the actions of a front matter value, with their offsets in the file.
func (e entry) scan(f *file) []action {
	base := e.at
	if strings.HasPrefix(f.text[base:], `"`) || strings.HasPrefix(f.text[base:], "'") {
		base++
	}
	actions := scanActions(f, e.text, base)
	from := e.at
	for i := range actions {
		if next := strings.Index(f.text[from:], "{{"); next >= 0 {
			actions[i].at = from + next
			from += next + len("{{")
		}
	}
	return actions
}
