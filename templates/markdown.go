package templates

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// document is the body of one letter as a Markdown tree, with words in place of actions.
type document struct {
	file   *file
	words  *placeholders
	masked masked
	source []byte
	root   ast.Node
	engine goldmark.Markdown
}

// parseMarkdown reads a masked body. Raw HTML and misplaced conditions are problems.
func parseMarkdown(f *file, words *placeholders, m masked) *document {
	engine := goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithParserOptions(parser.WithBlockParsers(util.Prioritized(controlParser{words}, 50))),
	)
	engine.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(controlRenderer{}, 50)))
	d := &document{file: f, words: words, masked: m, source: []byte(m.text), engine: engine}
	d.root = engine.Parser().Parse(text.NewReader(d.source))
	readable := len(f.problems) == 0
	d.checkHTML()
	if readable { // else a broken action would only be reported twice
		d.checkConditions()
	}
	loopsIntoLists(d.root)
	return d
}

// html renders the body; links have their final destinations by now.
func (d *document) html() (string, error) {
	var out bytes.Buffer
	err := d.engine.Renderer().Render(&out, d.source, d.root)
	return out.String(), err
}

// checkHTML reports raw HTML.
func (d *document) checkHTML() {
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.HTMLBlock:
			if entering && n.Lines().Len() > 0 {
				d.rawHTML(n.Lines().At(0).Start)
			}
		case *ast.RawHTML:
			if entering {
				d.rawHTML(n.Segments.At(0).Start)
			}
		}
		return ast.WalkContinue, nil
	})
}

// checkConditions reports conditions that Markdown has taken for part of something else.
func (d *document) checkConditions() {
	placed := map[int]bool{}
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			d.balance(n, placed)
		}
		return ast.WalkContinue, nil
	})
	for _, a := range d.words.find(d.masked.text) {
		if a.control() && !placed[a.at] {
			d.file.problem(a.at, "%s must stand on a line of its own, not indented and not inside of code", a.text)
		}
	}
}

func (d *document) rawHTML(at int) {
	d.file.problem(d.masked.offset(at), "HTML is not allowed in letters: write Markdown; a button is a paragraph of one bold link, **[Text](https://…)**; looks belong to layout.html")
}

// balance checks that conditions begin and end among the children of one node: in the same list, in the same quotation.
func (d *document) balance(parent ast.Node, placed map[int]bool) {
	var open []action
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		c, ok := n.(*controlNode)
		if !ok {
			continue
		}
		for _, a := range d.words.find(c.words) {
			placed[a.at] = true
			switch {
			case a.keyword != "end" && a.keyword != "else":
				open = append(open, a)
			case len(open) == 0:
				d.file.problem(a.at, "%s stands in another list or quotation than what it belongs to: put both at the same depth, with empty lines around", a.text)
			case a.keyword == "end":
				open = open[:len(open)-1]
			}
		}
	}
	for _, a := range open {
		d.file.problem(a.at, "%s stands in another list or quotation than its {{ end }}: put both at the same depth, with empty lines around", a.text)
	}
}

// loopsIntoLists moves a loop that goes round a whole list into the list, so that it makes items and not a list of one item
// for every product.
func loopsIntoLists(root ast.Node) {
	var lists []*ast.List
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if l, ok := n.(*ast.List); ok && entering {
			lists = append(lists, l)
		}
		return ast.WalkContinue, nil
	})
	for _, l := range lists {
		before, after := l.PreviousSibling(), l.NextSibling()
		begin, ok := before.(*controlNode)
		end, both := after.(*controlNode)
		if !ok || !both || begin.kind != "range" || end.kind != "end" {
			continue
		}
		parent := l.Parent()
		parent.RemoveChild(parent, begin)
		parent.RemoveChild(parent, end)
		l.InsertBefore(l, l.FirstChild(), begin)
		l.AppendChild(l, end)
	}
}

// controlNode is one line of conditions or loops.
type controlNode struct {
	ast.BaseBlock
	words string
	kind  string // the keyword when there is one only
}

var kindControl = ast.NewNodeKind("Control")

func (n *controlNode) Kind() ast.NodeKind { return kindControl }

func (n *controlNode) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"words": n.words}, nil)
}

// controlParser makes a block of every line that holds nothing but conditions.
type controlParser struct{ words *placeholders }

func (p controlParser) Trigger() []byte { return []byte{p.words.prefix[0]} }

func (p controlParser) Open(_ ast.Node, reader text.Reader, _ parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	s := strings.TrimSpace(string(line))
	actions := p.words.find(s)
	if len(actions) == 0 || !p.words.controlsOnly(s) {
		return nil, parser.NoChildren
	}
	n := &controlNode{words: strings.Join(strings.Fields(s), "")}
	if len(actions) == 1 {
		n.kind = actions[0].keyword
	}
	reader.Advance(segment.Len() - trailingNewline(line))
	return n, parser.NoChildren
}

func trailingNewline(line []byte) int {
	if bytes.HasSuffix(line, []byte("\n")) {
		return 1
	}
	return 0
}

func (p controlParser) Continue(ast.Node, text.Reader, parser.Context) parser.State {
	return parser.Close
}
func (p controlParser) Close(ast.Node, text.Reader, parser.Context) {}
func (p controlParser) CanInterruptParagraph() bool                 { return true }
func (p controlParser) CanAcceptIndentedLine() bool                 { return false }

// controlRenderer writes conditions as comments, which HTML parsers leave where they are even between the rows of a table.
type controlRenderer struct{}

func (controlRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindControl, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			_, _ = w.WriteString("<!--" + n.(*controlNode).words + "-->")
		}
		return ast.WalkContinue, nil
	})
}
