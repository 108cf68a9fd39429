package templates

import (
	"strings"

	"golang.org/x/net/html"
)

// frameText writes a layout as plain text: what surrounds the letter, such as the signature and the line to unsubscribe.
func frameText(words *placeholders, page string) (string, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "", err
	}
	w := textWriter{words: words}
	w.node(root)
	w.endLine()
	return strings.TrimLeft(w.out, "\n"), nil
}

// textWriter collects lines from HTML.
type textWriter struct {
	words *placeholders
	out   string
	line  string
}

func (w *textWriter) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.line += w.visible(n.Data)
		return
	case html.CommentNode:
		if w.words.pattern.ReplaceAllString(n.Data, "") == "" {
			w.line += n.Data
		}
		return
	case html.ElementNode:
		if hidden(n) {
			return
		}
	}
	switch n.Data {
	case "br":
		w.line = strings.TrimRight(w.line, " ") + "\n"
	case "hr":
		w.endLine()
		w.out += "----------\n\n"
	case "a":
		w.link(n)
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "footer", "header":
		w.endLine()
		w.children(n)
		w.endLine()
		if !strings.HasPrefix(style(n), "margin:0;") { // lines of a signature stay together
			w.emptyLine()
		}
	case "div", "li", "tr", "section", "main", "article", "body":
		w.endLine()
		w.children(n)
		w.endLine()
		if holdsBlocks(n) {
			w.emptyLine()
		}
	case "td", "th":
		w.children(n)
		w.line += " "
	default:
		w.children(n)
	}
}

func (w *textWriter) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

func (w *textWriter) link(n *html.Node) {
	outer := w.line
	w.line = ""
	w.children(n)
	label := strings.TrimSpace(w.line)
	w.line = outer + linkText(w.words, label, attribute(n, "href"))
}

// visible is text without what only HTML needs: the preheader, the title, and runs of white space.
func (w *textWriter) visible(s string) string {
	s = w.words.pattern.ReplaceAllStringFunc(s, func(word string) string {
		if a, ok := w.words.only(word); ok && (a.inner() == ".preheader" || a.inner() == ".title") {
			return ""
		}
		return word
	})
	s = strings.Map(func(r rune) rune {
		if r == '\u200B' || r == '\u200C' || r == '\u200D' || r == '\uFEFF' || r == '\u034F' {
			return -1
		}
		return r
	}, s)
	words := strings.Join(strings.Fields(s), " ")
	if words == "" {
		if s != "" && w.line != "" {
			return " "
		}
		return ""
	}
	if strings.TrimLeft(s, " \t\n\u00A0") != s && w.line != "" {
		words = " " + words
	}
	if strings.TrimRight(s, " \t\n\u00A0") != s {
		words += " "
	}
	return words
}

// endLine finishes the current line. When a condition begins and ends with the line, the line's end belongs to it.
func (w *textWriter) endLine() {
	line := strings.Join(strings.Fields(strings.ReplaceAll(w.line, "\n", " \x00 ")), " ")
	line = strings.Trim(strings.ReplaceAll(line, " \x00 ", "\n"), "\x00 \n")
	w.line = ""
	if line == "" {
		return
	}
	matches := w.words.pattern.FindAllStringIndex(line, -1)
	depth, whole := 0, len(matches) > 0
	for i, m := range matches {
		a, _ := w.words.only(line[m[0]:m[1]])
		switch {
		case a.keyword == "end":
			depth--
		case a.control() && a.keyword != "else":
			depth++
		}
		last := i == len(matches)-1
		if (i == 0 && (m[0] != 0 || !a.control())) || (depth == 0 && !last) || (last && (m[1] != len(line) || depth != 0)) {
			whole = false
		}
	}
	switch {
	case w.words.controlsOnly(line):
		w.out += strings.ReplaceAll(line, " ", "")
	case whole:
		last := matches[len(matches)-1][0]
		w.out += strings.TrimRight(line[:last], " ") + "\n" + line[last:]
	default:
		w.out += line + "\n"
	}
}

func (w *textWriter) emptyLine() {
	if w.out != "" && !strings.HasSuffix(w.out, "\n\n") {
		w.out += "\n"
	}
}

// hidden elements are for machines or for the preview line of inboxes; premailer has put display:none into style attributes by now.
func hidden(n *html.Node) bool {
	switch n.Data {
	case "head", "style", "script", "title", "img":
		return true
	}
	return strings.Contains(style(n), "display:none;")
}

// style is the style attribute in one spelling.
func style(n *html.Node) string {
	return strings.ReplaceAll(strings.ToLower(attribute(n, "style")), " ", "") + ";"
}

func holdsBlocks(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Data == "p" || c.Data == "div" || c.Data == "table" || c.Data == "td" && holdsBlocks(c) {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
