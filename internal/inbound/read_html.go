package inbound

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText is what a person reads in HTML: paragraphs as lines, list items with "- ", what
// is quoted with "> " before its lines, a rule as Outlook's line of underscores. It keeps
// no tree, so that its memory is that of the text.
func htmlText(b []byte) string {
	w := textWriter{}
	z := html.NewTokenizer(bytes.NewReader(b))
	hidden := 0 // within elements nobody sees
	for {
		kind := z.Next()
		if kind == html.ErrorToken || w.b.Len() > maxPart {
			return strings.TrimSpace(w.b.String()) + "\n"
		}
		name, _ := z.TagName()
		tag := atom.Lookup(name)
		switch {
		case kind == html.TextToken && hidden == 0:
			w.words(z.Text())
		case unseen(tag) && kind == html.StartTagToken:
			hidden++
		case unseen(tag) && kind == html.EndTagToken:
			hidden = max(0, hidden-1)
		case tag == atom.Body:
			hidden = 0 // whatever was not closed before
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken:
			w.start(tag)
		case kind == html.EndTagToken:
			w.end(tag)
		}
	}
}

func unseen(tag atom.Atom) bool {
	return tag == atom.Script || tag == atom.Style || tag == atom.Head || tag == atom.Title
}

// textWriter writes lines under a depth of quoting.
type textWriter struct {
	b      strings.Builder
	depth  int // of quoting
	breaks int // of lines, before the next word
	space  bool
	pre    int
}

func (w *textWriter) start(tag atom.Atom) {
	switch tag {
	case atom.Br:
		w.breaks++
	case atom.Blockquote:
		w.need(1)
		w.depth++
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table:
		w.need(2)
	case atom.Div, atom.Tr, atom.Dl, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer:
		w.need(1)
	case atom.Pre:
		w.need(1)
		w.pre++
	case atom.Li:
		w.need(1)
		w.words([]byte("- "))
	case atom.Td, atom.Th:
		w.space = true
	case atom.Hr:
		w.need(1)
		w.words([]byte("________________________________"))
		w.need(1)
	}
}

func (w *textWriter) end(tag atom.Atom) {
	switch tag {
	case atom.Blockquote:
		w.need(1)
		w.depth = max(0, w.depth-1)
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table:
		w.need(2)
	case atom.Pre:
		w.pre = max(0, w.pre-1)
		w.need(1)
	case atom.Div, atom.Tr, atom.Li:
		w.need(1)
	}
}

// need has the next word stand n lines below.
func (w *textWriter) need(n int) {
	if w.b.Len() > 0 {
		w.breaks = max(w.breaks, n)
	}
}

// flush writes the line breaks that are due: at most one empty line at a time.
func (w *textWriter) flush() {
	for range min(w.breaks, 2) {
		w.b.WriteByte('\n')
		w.space = false
	}
	w.breaks = 0
}

func (w *textWriter) words(text []byte) {
	if w.pre > 0 {
		for i, line := range bytes.Split(text, []byte("\n")) {
			if i > 0 {
				w.breaks++
			}
			w.run(bytes.TrimRight(line, "\r"))
		}
		return
	}
	if len(text) > 0 && isSpace(text[0]) {
		w.space = true
	}
	for _, word := range bytes.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' }) {
		w.run(word)
		w.space = true
	}
	if len(text) > 0 && !isSpace(text[len(text)-1]) {
		w.space = false
	}
}

// run writes letters that stand together.
func (w *textWriter) run(word []byte) {
	if len(word) == 0 {
		return
	}
	if w.breaks > 0 || w.b.Len() == 0 {
		w.flush()
		w.b.WriteString(strings.Repeat("> ", min(w.depth, maxDepth)))
	} else if w.space {
		w.b.WriteByte(' ')
	}
	w.space = false
	w.b.Write(bytes.ReplaceAll(word, []byte("\u00a0"), []byte(" ")))
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }
