package templates

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// text writes the body as plain text with the same words and the same links as the HTML. Lines are never wrapped: MIME's
// encoding does that. Every block ends with its own empty line, so that a condition takes the line away with the block.
func (d *document) text() string {
	return d.blocks(d.root)
}

func (d *document) blocks(parent ast.Node) string {
	var out strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out.WriteString(d.block(n))
	}
	return out.String()
}

func (d *document) block(n ast.Node) string {
	switch n := n.(type) {
	case *controlNode:
		return n.words
	case *ast.TextBlock:
		return d.inline(n) + "\n"
	case *ast.ThematicBreak:
		return "----------\n\n"
	case *ast.Blockquote:
		return d.prefix(strings.TrimRight(d.blocks(n), "\n"), "> ", "> ") + "\n\n"
	case *ast.CodeBlock:
		return d.code(n)
	case *ast.FencedCodeBlock:
		return d.code(n)
	case *ast.List:
		return d.list(n) + "\n"
	case *extast.Table:
		return d.blocks(n) + "\n"
	case *extast.TableHeader, *extast.TableRow:
		return d.row(n) + "\n"
	}
	return d.inline(n) + "\n\n" // paragraphs and headings
}

func (d *document) list(l *ast.List) string {
	var out strings.Builder
	looped := false
	for n := l.FirstChild(); n != nil; n = n.NextSibling() {
		if _, ok := n.(*controlNode); ok {
			looped = true // how many items there will be is not known
		}
	}
	number := l.Start
	for n := l.FirstChild(); n != nil; n = n.NextSibling() {
		if c, ok := n.(*controlNode); ok {
			out.WriteString(c.words)
			continue
		}
		bullet := "- "
		if l.IsOrdered() && !looped {
			bullet = fmt.Sprintf("%d. ", number)
			number++
		}
		item := strings.TrimRight(d.blocks(n), "\n")
		out.WriteString(d.prefix(item, bullet, strings.Repeat(" ", len(bullet))) + "\n")
	}
	return out.String()
}

func (d *document) row(row ast.Node) string {
	var cells []string
	for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
		cells = append(cells, d.inline(cell))
	}
	return strings.Join(cells, " | ")
}

func (d *document) code(n ast.Node) string {
	code := strings.TrimRight(string(n.Lines().Value(d.source)), "\n")
	return d.prefix(code, "    ", "    ") + "\n\n"
}

// prefix writes the same before every line, after the conditions that decide whether the line is there at all.
func (d *document) prefix(s, first, others string) string {
	conditions := regexp.MustCompile(`^(?:` + d.words.pattern.String() + `)*`)
	lines := strings.Split(s, "\n")
	mark := first
	for i, line := range lines {
		if line == "" {
			lines[i] = strings.TrimRight(others, " ")
			continue
		}
		head := 0
		for _, word := range d.words.pattern.FindAllString(conditions.FindString(line), -1) {
			if a, _ := d.words.only(word); !a.control() {
				break
			}
			head += len(word)
		}
		if head == len(line) {
			continue
		}
		lines[i] = line[:head] + mark + line[head:]
		mark = others
	}
	return strings.Join(lines, "\n")
}

func (d *document) inline(parent ast.Node) string {
	var out strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			value := n.Segment.Value(d.source)
			if !n.IsRaw() {
				value = util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(value)))
			}
			out.Write(value)
			switch {
			case n.HardLineBreak():
				out.WriteByte('\n')
			case n.SoftLineBreak():
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(n.Value)
		case *ast.Link:
			out.WriteString(linkText(d.words, strings.TrimSpace(d.inline(n)), string(n.Destination)))
		default:
			out.WriteString(d.inline(n)) // emphasis, code, the alternative text of images
		}
	}
	return string(bytes.ReplaceAll([]byte(out.String()), []byte("\x00"), nil))
}

// linkText writes a link as "text: address", or the address alone when the text says the same.
func linkText(words *placeholders, label, destination string) string {
	if strings.HasPrefix(destination, "#") {
		return label
	}
	address := destination
	for _, scheme := range []string{"mailto:", "tel:"} {
		address = strings.TrimPrefix(address, scheme)
	}
	said := words.plain(label)
	if a, ok := words.only(address); ok && strings.Contains(a.text, ".link.clicks") &&
		(strings.HasPrefix(said, "https://") || strings.HasPrefix(said, "http://")) && !strings.Contains(said, " ") {
		return address
	}
	if label == "" || said == words.plain(address) {
		return address
	}
	return label + ": " + address
}
