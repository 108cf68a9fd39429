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
}

func (l loader) layout(files []*file) *layout {
	for _, f := range files {
		if f.path == layoutPath {
			return parseLayout(f, l.names, l.words)
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

// compile makes the templates of a letter from its checked parts.
func (l *Letter) compile(head frontMatter, doc *document, frame *layout, used map[string]bool, personal []string) error {
	l.use(used)
	funcs := functions(l.locale)
	if head.title.text == "" {
		head.title = head.subject
	}
	constants := map[string]string{"locale": l.locale}
	var err error
	if l.subject, err = newText(head.subject.text, funcs); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	for name, e := range map[string]entry{"preheader": head.preheader, "title": head.title} {
		if !strings.Contains(e.text, "{{") {
			constants[name] = clean(e.text)
			continue
		}
		t, err := newText(e.text, funcs)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if l.frame == nil {
			l.frame = map[string]*texttemplate.Template{}
		}
		l.frame[name] = t
	}
	for _, source := range personal {
		t, err := newText(source, funcs)
		if err != nil {
			return fmt.Errorf("link: %w", err)
		}
		l.destinations = append(l.destinations, t)
	}

	body, err := doc.html()
	if err != nil {
		return fmt.Errorf("rendering Markdown: %w", err)
	}
	page, err := frame.frame(doc.words, body)
	if err != nil {
		return err
	}
	if l.html, err = newHTML(page, funcs, constants, l.view(nil)); err != nil {
		return err
	}
	if l.text, err = newText(frame.frameText(doc.words, doc.text()), funcs); err != nil {
		return fmt.Errorf("text part: %w", err)
	}
	fold(l.text.Tree, funcs, constants)
	fixed := fixedParts{index: map[string]int{}}
	fixed.mark(l.html.Tree.Root, func(n parse.Node) string { return execute(l.html.Tree, l.html, n) })
	fixed.mark(l.text.Tree.Root, func(n parse.Node) string { return execute(l.text.Tree, l.text, n) })
	l.Fixed = fixed.parts
	return nil
}

// use remembers the fields to look up for each rendering.
func (l *Letter) use(used map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(used)) {
		switch name {
		case "body", "locale", "preheader", "title":
			continue
		}
		l.Fields = append(l.Fields, name)
		l.paths = append(l.paths, strings.Split(name, "."))
	}
}

func newText(source string, funcs map[string]any) (*texttemplate.Template, error) {
	if source == "" {
		return nil, nil
	}
	return texttemplate.New("").Funcs(funcs).Parse(source)
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
