package templates

import (
	"fmt"
	"strings"

	"github.com/vanng822/go-premailer/premailer"
	"golang.org/x/net/html"
)

// layout is templates/layout.html, the frame of every letter, with words in place of actions.
type layout struct {
	words  *placeholders
	masked string
	body   string // the word for {{ .body }}
	text   string // the frame of the text part
	fields map[string]bool
}

// pixel shows that a letter was opened; a sender who does not track leaves it out.
const pixel = `{{ if .link.open }}<img src="{{ .link.open }}" width="1" height="1" alt="">{{ end }}`

// honeypot is a link that nobody can see, in no text part: whoever follows it is no
// person. A sender who wants none leaves it out.
const honeypot = `{{ if .link.honeypot }}<a href="{{ .link.honeypot }}" rel="nofollow" aria-hidden="true" tabindex="-1" style="display:none;mso-hide:all">.</a>{{ end }}`

// parseLayout reads the layout; it is nil when there are problems.
func parseLayout(f *file, names []string, words *placeholders, ownWayOut bool) *layout {
	actions := scanActions(f, f.text, 0)
	l := &layout{words: words.with(), fields: map[string]bool{}}
	check := checker{file: f, dict: newDictionary(append(append([]string(nil), names...), layoutFields...)), used: l.fields}
	bodies := 0
	for i := range actions {
		check.check(&actions[i])
		if actions[i].inner() == ".body" {
			bodies++
			if bodies > 1 {
				f.problem(actions[i].at, "{{ .body }} can stand in the layout only once")
			}
		}
	}
	check.finish()
	if bodies == 0 {
		f.problem(0, "the layout has no {{ .body }}: write it where the letter goes")
	}
	if !l.fields["link.unsubscribe"] && !ownWayOut {
		f.problem(0, "the layout has no {{ .link.unsubscribe }}: every letter must offer a way out")
	}
	if !strings.Contains(strings.ToLower(f.text), "<body") {
		f.problem(0, "the layout has no <body>: it is a whole HTML page")
	}
	if len(f.problems) > 0 {
		return nil
	}
	l.mask(f, actions)
	if len(f.problems) > 0 {
		return nil
	}
	framed, err := inlineCSS(l.masked)
	if err == nil {
		l.text, err = frameText(l.words, framed)
	}
	if err != nil {
		f.problem(0, "cannot read the layout: %s", err)
		return nil
	}
	return l
}

// mask puts words in place of actions. Between elements a condition is a comment, because HTML parsers move stray words out of
// tables and heads.
func (l *layout) mask(f *file, actions []action) {
	m := l.words.mask(f.text, 0, actions)
	var out strings.Builder
	raw := ""
	tokens := html.NewTokenizer(strings.NewReader(m.text))
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		source := string(tokens.Raw())
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			raw = rawElement(token.Data)
			l.checkTag(f, token)
		case html.EndTagToken:
			raw = ""
		case html.TextToken:
			source = l.maskText(f, source, raw)
		}
		out.WriteString(source)
	}
	l.masked = out.String()
}

func rawElement(name string) string {
	switch name {
	case "style", "title", "textarea", "script":
		return name
	}
	return ""
}

func (l *layout) checkTag(f *file, token html.Token) {
	names := token.Data
	for _, attribute := range token.Attr {
		names += " " + attribute.Key
		for _, a := range l.words.find(attribute.Val) {
			if a.inner() == ".body" {
				f.problem(a.at, "{{ .body }} must stand between elements")
			}
		}
	}
	for _, a := range l.words.find(names) {
		f.problem(a.at, "%s stands inside of a tag: fields and conditions go into the quotes of an attribute or between elements", a.text)
	}
}

func (l *layout) maskText(f *file, source, raw string) string {
	return l.words.pattern.ReplaceAllStringFunc(source, func(word string) string {
		a, ok := l.words.only(word)
		switch {
		case !ok:
		case raw == "style" || raw == "script":
			f.problem(a.at, "%s: a <%s> holds no fields", a.text, raw)
		case a.inner() == ".body" && raw == "":
			l.body = word
		case a.inner() == ".body":
			f.problem(a.at, "{{ .body }} must stand between elements")
		case a.control() && raw == "":
			return "<!--" + word + "-->"
		}
		return word
	})
}

// frame puts a letter's body into the layout, moves the style sheet into style attributes, because many mail readers know
// nothing else, and adds the honeypot and the pixel. The result is template source.
func (l *layout) frame(words *placeholders, body string) (string, error) {
	page, err := inlineCSS(strings.Replace(l.masked, l.body, body, 1))
	if err != nil {
		return "", err
	}
	page = commented(words, page)
	end := strings.LastIndex(page, "</body>")
	if end < 0 {
		return "", fmt.Errorf("the page has no </body>")
	}
	return words.restore(page[:end]) + honeypot + pixel + words.restore(page[end:]), nil
}

// frameText puts a letter's text into the text of the layout.
func (l *layout) frameText(words *placeholders, body string) string {
	before, after, _ := strings.Cut(l.text, l.body+"\n")
	if !words.controlsOnly(before) && !strings.HasSuffix(before, "\n\n") {
		before += "\n"
	}
	text := before + body + strings.TrimLeft(after, "\n")
	return strings.TrimRight(words.restore(text), "\n") + "\n"
}

// commented takes conditions out of the comments that carried them.
func commented(words *placeholders, page string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(page, "<!--")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		comment, after, _ := strings.Cut(rest, "-->")
		if words.pattern.MatchString(comment) && words.pattern.ReplaceAllString(comment, "") == "" {
			out.WriteString(comment)
		} else {
			out.WriteString("<!--" + comment + "-->")
		}
		page = after
	}
}

func inlineCSS(page string) (string, error) {
	p, err := premailer.NewPremailerFromString(page, premailer.NewOptions())
	if err != nil {
		return "", fmt.Errorf("reading HTML: %w", err)
	}
	inlined, err := p.Transform()
	if err != nil {
		return "", fmt.Errorf("inlining CSS: %w", err)
	}
	return inlined, nil
}
