package templates

import (
	"fmt"
	htmltemplate "html/template"
	"io"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
	"time"
)

// loader is what all letters of one Load have in common.
type loader struct {
	names         []string // known fields
	words         *placeholders
	defaultLocale string
	ownWayOut     bool // letters have links for unsubscribing: the layout may do without
}

func (l loader) layout(files []*file) *layout {
	for _, f := range files {
		if f.path == layoutPath {
			return parseLayout(f, l.names, l.words, l.ownWayOut)
		}
	}
	return nil
}

// letter compiles one file; it is nil when there are problems, in the letter or in the layout. Every stage runs, whatever the one
// before has found, so that an author sees all problems at once.
func (l loader) letter(f *file, frame *layout) *Letter {
	letter := &Letter{Path: f.path}
	letter.Name, letter.Locale = splitPath(f.path)
	letter.locale = letter.Locale
	if letter.locale == "" {
		letter.locale = l.defaultLocale
	}
	words := l.words
	if frame != nil {
		words = frame.words.with()
	}
	head, start := parseFrontMatter(f)
	used := map[string]bool{}
	for _, e := range []entry{head.subject, head.preheader, head.title} {
		l.checkAll(f, e.scan(f), used)
	}
	actions := scanActions(f, f.text[start:], start)
	l.checkAll(f, actions, used)
	checkOwnLines(f, actions)

	body := words.mask(f.text[start:], start, actions)
	doc := parseMarkdown(f, words, body)
	links, personal := doc.links()
	if len(f.problems) > 0 || frame == nil {
		return nil
	}
	maps.Copy(used, frame.fields)
	if !used["link.unsubscribe"] {
		f.problem(start, "this letter has no way out: write [Unsubscribe]({{ .link.unsubscribe }}) below it, or put the link into the layout for all letters")
		return nil
	}
	letter.Links = links
	if err := letter.compile(head, doc, frame, used, personal); err != nil {
		f.problem(start, "cannot compile the letter: %s", err)
		return nil
	}
	if _, err := letter.Render(SampleData(letter.locale, time.Unix(1_800_000_000, 0).UTC())); err != nil {
		f.problem(start, "the letter cannot be rendered for a sample client: %s", err)
		return nil
	}
	return letter
}

func (l loader) checkAll(f *file, actions []action, used map[string]bool) {
	check := checker{file: f, dict: newDictionary(l.names), used: used}
	for i := range actions {
		check.check(&actions[i])
	}
	check.finish()
}

// checkOwnLines reports conditions and loops that share their line with text: as blocks they survive Markdown, inside of a
// paragraph they would tear its markup apart.
func checkOwnLines(f *file, actions []action) {
	reported := -1
	for _, a := range actions {
		begin := strings.LastIndexByte(f.text[:a.at], '\n') + 1
		if !a.control() || begin == reported {
			continue
		}
		line, _, _ := strings.Cut(f.text[begin:], "\n")
		for _, other := range actions {
			if other.at >= begin && other.at < begin+len(line) && (other.control() || other.comment) {
				line = strings.Replace(line, other.text, "", 1)
			}
		}
		if strings.Trim(line, " \t>") != "" {
			reported = begin
			f.problem(a.at, "%s must stand on a line of its own, with the text on the lines below it and {{ end }} on a line of its own too", a.text)
		}
	}
}

// compile makes the templates and programs of a letter from its checked parts.
func (l *Letter) compile(head frontMatter, doc *document, frame *layout, used map[string]bool, personal []string) error {
	l.use(used)
	if head.title.text == "" {
		head.title = head.subject
	}
	constants := map[string]string{"locale": l.locale}
	for _, line := range []struct {
		name  string
		entry entry
	}{{"preheader", head.preheader}, {"title", head.title}} {
		if !strings.Contains(line.entry.text, "{{") {
			constants[line.name] = clean(line.entry.text)
			continue
		}
		l.frame = append(l.frame, frameLine{slot: l.slot(line.name), name: line.name, source: line.entry.text, subject: line.entry.text == head.subject.text})
	}
	funcs := functions(l.locale)
	program := newProgrammer(l.slots, funcs, l.locale)
	if err := l.compileLines(head, personal, program); err != nil {
		return err
	}

	body, err := doc.html()
	if err != nil {
		return fmt.Errorf("rendering Markdown: %w", err)
	}
	page, err := frame.frame(doc.words, body)
	if err != nil {
		return err
	}
	html, err := newHTML(page, funcs, constants, l.emptyView())
	if err != nil {
		return err
	}
	text, err := texttemplate.New("").Funcs(funcs).Parse(frame.frameText(doc.words, doc.text()))
	if err != nil {
		return fmt.Errorf("text part: %w", err)
	}
	fold(text.Tree, funcs, constants)
	fixed := fixedParts{index: map[string]int{}}
	fixed.mark(html.Tree.Root, func(n parse.Node) string { return execute(html.Tree, html, n) })
	fixed.mark(text.Tree.Root, func(n parse.Node) string { return execute(text.Tree, text, n) })
	l.Fixed = fixed.parts
	l.html.template, l.text.template = html, text
	l.html.steps, l.html.unknown = program.part(html.Tree, l.Fixed)
	l.text.steps, l.text.unknown = program.part(text.Tree, l.Fixed)
	return nil
}

// compileLines compiles the subject, the lines for the layout, and the destinations of links.
func (l *Letter) compileLines(head frontMatter, personal []string, program *programmer) error {
	var err error
	if l.subject, err = newLine(head.subject.text, program); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	for i, f := range l.frame {
		if l.frame[i].part, err = newLine(f.source, program); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, source := range personal {
		t, err := newLine(source, program)
		if err != nil {
			return fmt.Errorf("link: %w", err)
		}
		l.destinations = append(l.destinations, t)
	}
	return nil
}

// use remembers the fields to look up for each rendering. The slots of a letter are its fields in the same order, then what
// rendering itself makes.
func (l *Letter) use(used map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(used)) {
		switch name {
		case "body", "locale", "preheader", "title":
			continue
		}
		l.Fields = append(l.Fields, name)
	}
	l.slots = slices.Clone(l.Fields)
	l.open, l.honeypot, l.clicks = l.slot("link.open"), l.slot("link.honeypot"), l.slot("link.clicks")
}

// slot adds one.
func (l *Letter) slot(path string) int {
	l.slots = append(l.slots, path)
	return len(l.slots) - 1
}

// newLine compiles a line; without source it has neither steps nor a template.
func newLine(source string, program *programmer) (part, error) {
	if source == "" {
		return part{}, nil
	}
	t, err := texttemplate.New("").Funcs(program.funcs).Parse(source)
	if err != nil {
		return part{}, err
	}
	line := part{template: t}
	if t.Tree != nil {
		line.steps, line.unknown = program.line(t.Tree)
	}
	return line, nil
}

// newHTML parses and escapes; html/template escapes at the first execution.
func newHTML(source string, funcs map[string]any, constants map[string]string, empty map[string]any) (*htmltemplate.Template, error) {
	t, err := htmltemplate.New("").Funcs(funcs).Parse(source)
	if err != nil {
		return nil, err
	}
	fold(t.Tree, funcs, constants)
	if err := t.Execute(io.Discard, empty); err != nil {
		return nil, err
	}
	return t, nil
}
