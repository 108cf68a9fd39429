package templates

import (
	"strings"
)

// action is one {{ … }} as its author wrote it.
type action struct {
	text     string // with its braces
	at       int    // byte offset of the braces in the file
	start    int    // byte offset in the text that was scanned; differs from at in quoted front matter
	keyword  string // if, else, end, range, with, or "" for an action that prints
	comment  bool   // {{/* … */}}, which leaves nothing behind
	relative bool   // set by the checker: means something else inside a loop than outside of it
}

// inner is the action without its braces.
func (a action) inner() string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(a.text, "{{"), "}}"))
}

func (a action) control() bool { return a.keyword != "" }

// offset translates a position inside the action to the file. Where YAML escapes make the two differ, it is the action's start.
func (a action) offset(f *file, inside int) int {
	if strings.HasPrefix(f.text[a.at:], a.text) {
		return a.at + inside
	}
	return a.at
}

// scanActions finds the actions of a text that begins at byte base of the file. What it cannot read is reported and left out.
func scanActions(f *file, text string, base int) []action {
	var actions []action
	for pos := 0; ; {
		open := strings.Index(text[pos:], "{{")
		if open < 0 {
			return actions
		}
		open += pos
		if strings.HasPrefix(text[open:], "{{/*") {
			end := strings.Index(text[open:], "*/}}")
			if end < 0 {
				f.problem(base+open, "the comment {{/* is not closed: end it with */}}")
				return actions
			}
			pos = open + end + len("*/}}")
			actions = append(actions, action{text: text[open:pos], at: base + open, start: open, comment: true})
			continue
		}
		end := actionEnd(text[open:])
		if end < 0 {
			f.problem(base+open, "{{ is not closed on this line: write }} after the field")
			pos = open + len("{{")
			continue
		}
		pos = open + end
		a := action{text: text[open:pos], at: base + open, start: open}
		if strings.HasPrefix(a.text, "{{-") || strings.HasSuffix(a.text, "-}}") {
			f.problem(a.at, "write {{ and }} without the trim marks {{- and -}}: lines of conditions leave no blank lines here")
			continue
		}
		a.keyword = keyword(a.inner())
		actions = append(actions, a)
	}
}

// actionEnd returns where the action at the start of text ends, past its }}; -1 when that is not on the same line.
// Braces inside of quotes do not count.
func actionEnd(text string) int {
	line, _, _ := strings.Cut(text, "\n")
	var quote byte
	for i := len("{{"); i < len(line); i++ {
		switch c := line[i]; {
		case quote == 0 && strings.HasPrefix(line[i:], "}}"):
			return i + len("}}")
		case quote == 0 && (c == '"' || c == '`'):
			quote = c
		case quote == '"' && c == '\\':
			i++
		case c == quote:
			quote = 0
		}
	}
	if quote == 0 {
		return -1
	}
	if end := strings.Index(line, "}}"); end >= 0 { // an open quote: let the parser say so
		return end + len("}}")
	}
	return -1
}

func keyword(inner string) string {
	word := inner
	if end := strings.IndexFunc(inner, func(r rune) bool { return r < 'a' || r > 'z' }); end >= 0 {
		word = inner[:end]
	}
	switch word {
	case "if", "else", "end", "range", "with":
		return word
	}
	return ""
}
