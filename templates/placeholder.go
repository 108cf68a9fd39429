package templates

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// placeholders stand for actions while Markdown, HTML and CSS tools work on a text: to them each is one plain word, which they
// neither escape nor move. Actions come back when the tools are done.
type placeholders struct {
	prefix  string
	pattern *regexp.Regexp
	actions []action
}

// newPlaceholders chooses words that occur in none of the texts.
func newPlaceholders(texts ...string) *placeholders {
	prefix := "qzv"
	for _, text := range texts {
		for strings.Contains(text, prefix) {
			prefix += "z"
		}
	}
	return &placeholders{prefix: prefix, pattern: regexp.MustCompile(prefix + `(\d{5})q`)}
}

// with returns a copy to which a letter adds its own actions after those of the layout.
func (p *placeholders) with() *placeholders {
	return &placeholders{prefix: p.prefix, pattern: p.pattern, actions: append([]action(nil), p.actions...)}
}

// add returns the word for an action.
func (p *placeholders) add(a action) string {
	p.actions = append(p.actions, a)
	return fmt.Sprintf("%s%05dq", p.prefix, len(p.actions)-1)
}

// insert returns the word for an action of our own making.
func (p *placeholders) insert(text string) string {
	return p.add(action{text: text, at: -1})
}

// masked is a text with words instead of actions.
type masked struct {
	text  string
	pairs [][2]int // where each unmasked run begins: in text, in the file
}

// mask replaces the actions of text, which begins at byte base of the file.
func (p *placeholders) mask(text string, base int, actions []action) masked {
	var out strings.Builder
	m := masked{pairs: [][2]int{{0, base}}}
	from := 0
	for _, a := range actions {
		out.WriteString(text[from:a.start])
		m.pairs = append(m.pairs, [2]int{out.Len(), base + a.start})
		if !a.comment {
			out.WriteString(p.add(a))
		}
		from = a.start + len(a.text)
		m.pairs = append(m.pairs, [2]int{out.Len(), base + from})
	}
	out.WriteString(text[from:])
	m.text = out.String()
	return m
}

// offset translates an offset of the masked text to the file.
func (m masked) offset(at int) int {
	best := m.pairs[0]
	for _, pair := range m.pairs {
		if pair[0] > at {
			break
		}
		best = pair
	}
	return best[1] + at - best[0]
}

// find returns the actions whose words occur in s, in order.
func (p *placeholders) find(s string) []action {
	var found []action
	for _, match := range p.pattern.FindAllStringSubmatch(s, -1) {
		if a, ok := p.lookup(match[1]); ok {
			found = append(found, a)
		}
	}
	return found
}

// only returns the action when s is one word and nothing else.
func (p *placeholders) only(s string) (action, bool) {
	match := p.pattern.FindStringSubmatch(s)
	if match == nil || match[0] != s {
		return action{}, false
	}
	return p.lookup(match[1])
}

// controlsOnly tells whether nothing of s is ever seen: there are conditions in it, but no text and no fields.
func (p *placeholders) controlsOnly(s string) bool {
	for _, a := range p.find(s) {
		if !a.control() {
			return false
		}
	}
	return strings.TrimSpace(p.pattern.ReplaceAllString(s, "")) == ""
}

func (p *placeholders) lookup(digits string) (action, bool) {
	n, err := strconv.Atoi(digits)
	if err != nil || n >= len(p.actions) {
		return action{}, false
	}
	return p.actions[n], true
}

// restore turns a finished text into template source: actions come back, and a brace that would read as the beginning of one,
// as when an author has written &#123;, becomes the action that prints a brace.
func (p *placeholders) restore(s string) string {
	var out strings.Builder
	from := 0
	for _, match := range p.pattern.FindAllStringSubmatchIndex(s, -1) {
		a, ok := p.lookup(s[match[2]:match[3]])
		if !ok {
			continue
		}
		out.WriteString(literal(s[from:match[0]]))
		out.WriteString(a.text)
		from = match[1]
	}
	out.WriteString(literal(s[from:]))
	return out.String()
}

// plain puts the authors' words back where no template follows, as in comparisons.
func (p *placeholders) plain(s string) string {
	return p.pattern.ReplaceAllStringFunc(s, func(word string) string {
		if a, ok := p.only(word); ok {
			return "{{ " + a.inner() + " }}"
		}
		return word
	})
}

func literal(s string) string {
	s = strings.ReplaceAll(s, "{{", `{{"{{"}}`)
	if strings.HasSuffix(s, "{") {
		s = s[:len(s)-1] + `{{"{"}}`
	}
	return s
}
