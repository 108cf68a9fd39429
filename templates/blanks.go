package templates

import (
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	texttemplate "text/template"
)

// Blanks are the places where a letter, or the layout around it, prints a field that has nothing to show for one client: a hole
// in a sentence. What a condition leaves out is none. The letter is one of fsys.
func (l *Letter) Blanks(fsys fs.FS, s Source) ([]Problem, error) {
	if s == nil {
		s = Data(nil)
	}
	rendered, err := l.Render(s)
	if err != nil {
		return nil, err
	}
	m := new(machine)
	m.fill(l, s)
	view := l.view(m)
	// What the layout shows of the letter itself.
	view["locale"], view["title"], view["preheader"], view["body"] = l.locale, rendered.Subject, rendered.Subject, rendered.Subject

	var problems []Problem
	for _, path := range []string{l.Path, layoutPath} {
		content, err := fs.ReadFile(fsys, path)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		f := newFile(path, content)
		texts := []passage{{f.text, scanActions(f, f.text, 0)}}
		if path != layoutPath {
			texts = letterTexts(f)
		}
		f.problems = nil // Load's
		for _, t := range texts {
			if err := t.blanks(f, functions(l.locale), view); err != nil {
				return nil, fmt.Errorf("looking for empty fields in %s: %w", path, err)
			}
		}
		problems = append(problems, f.problems...)
	}
	sortProblems(problems)
	return problems, nil
}

// passage is a part of a file that makes one template.
type passage struct {
	of      string
	actions []action
}

// letterTexts are a letter's lines of front matter and its body.
func letterTexts(f *file) []passage {
	head, start := parseFrontMatter(f)
	body := f.text[start:]
	texts := []passage{{body, scanActions(f, body, start)}}
	for _, e := range []entry{head.subject, head.preheader, head.title} {
		texts = append(texts, passage{e.text, e.scan(f)})
	}
	return texts
}

// blanks runs the passage with a watch on each action that prints, and reports those that print nothing.
func (t passage) blanks(f *file, funcs map[string]any, view map[string]any) error {
	var source strings.Builder
	from := 0
	for i, a := range t.actions {
		source.WriteString(literal(t.of[from:a.start]))
		switch {
		case a.comment:
		case a.control() || !strings.Contains(a.inner(), "."):
			source.WriteString(a.text)
		default:
			source.WriteString("{{ watched " + strconv.Itoa(i) + " (" + a.inner() + ") }}")
		}
		from = a.start + len(a.text)
	}
	source.WriteString(literal(t.of[from:]))
	told := make(map[int]bool)
	funcs["watched"] = func(i int, v any) any {
		if toText(v) == "" && !told[i] {
			told[i] = true
			a := t.actions[i]
			because := "has no default"
			if strings.Contains(a.inner(), "default") {
				because = "its default is empty too"
			}
			f.warning(a.at, "{{ %s }} is empty for this client and %s", a.inner(), because)
		}
		return v
	}
	parsed, err := texttemplate.New("").Funcs(funcs).Parse(source.String())
	if err != nil {
		return err
	}
	return parsed.Execute(io.Discard, view)
}
