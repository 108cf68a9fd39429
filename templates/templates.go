// Package templates turns the letters that marketers write into mail, without any way to write an unsafe one.
//
// A letter is Markdown with front matter: templates/c/case.ru.md is the template "c/case" in Russian. All letters share one
// frame, templates/layout.html. [Load] compiles everything once and tells every [Problem] with its line and column;
// [Letter.Render] fills a letter for one client in microseconds.
//
// How a letter compiles:
//
//	action.go       {{ … }} are found
//	check.go        and checked: known fields, a few functions (functions.go), conditions, loops over products
//	placeholder.go  words take their places, because Markdown and CSS tools would break them
//	markdown.go     Markdown becomes a tree, with conditions as blocks of their own
//	link.go         links get an index, by which they are tracked
//	layout.go       the HTML goes into the layout, CSS into style attributes
//	text.go         the same tree becomes the text part (frame.go: with the signature of the layout)
//	compile.go      actions come back; html/template escapes them by context
//	fold.go         what is the same for all clients of the letter becomes fixed text
//	segments.go     fixed text gets an index; what stands between are the personal segments
//	lint.go         what is wrong with a letter that compiles
//	programmer.go   what html/template would execute becomes a program (program.go), of expressions (expression.go) and
//	                escapers (escape.go); where there is no step for a node, html/template executes the part after all
//
// How it renders (render.go): the fields of a client (source.go) fill numbered slots (datum.go), and programs run over them.
//
// The package is pure: it reads the file system it is given, has no clock, and imports nothing else of seventh.
package templates

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Set is the letters of one content folder. It does not change after Load.
type Set struct {
	defaultLocale string
	letters       []*Letter            // by name, then locale
	byName        map[string][]*Letter // in the same order
}

const layoutPath = "templates/layout.html"

// Load compiles every letter of a content folder, whose root holds templates/. attributes are the names of the client attributes
// that the settings declare; defaultLocale, such as "en", serves clients whose own language a letter does not have.
// Letters with problems are not in the set.
func Load(fsys fs.FS, attributes []string, defaultLocale string) (*Set, []Problem) {
	files, problems := readFiles(fsys)
	var texts []string
	for _, f := range files {
		texts = append(texts, f.text)
	}
	l := loader{names: Fields(attributes), words: newPlaceholders(texts...), defaultLocale: defaultLocale, ownWayOut: ownWayOut(files)}
	set := &Set{defaultLocale: defaultLocale, byName: map[string][]*Letter{}}

	layout := l.layout(files)
	for _, f := range files {
		if f.path == layoutPath {
			problems = append(problems, f.problems...)
			continue
		}
		if letter := l.letter(f, layout); letter != nil {
			set.letters = append(set.letters, letter)
		}
		problems = append(problems, f.problems...)
	}
	sort.SliceStable(set.letters, func(i, j int) bool {
		a, b := set.letters[i], set.letters[j]
		return a.Name < b.Name || a.Name == b.Name && a.Locale < b.Locale
	})
	for _, letter := range set.letters {
		set.byName[letter.Name] = append(set.byName[letter.Name], letter)
	}
	sortProblems(problems)
	return set, problems
}

// ownWayOut tells whether letters bring their link for unsubscribing themselves, which the layout has otherwise.
func ownWayOut(files []*file) bool {
	for _, f := range files {
		if f.path != layoutPath && strings.Contains(f.text, ".link.unsubscribe") {
			return true
		}
	}
	return false
}

// readFiles reads the layout and all letters. A layout that is missing while there are letters is a file with a problem.
func readFiles(fsys fs.FS) (files []*file, problems []Problem) {
	hasLayout := false
	err := fs.WalkDir(fsys, "templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || path != layoutPath && !strings.HasSuffix(path, ".md") {
			return nil
		}
		content, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		hasLayout = hasLayout || path == layoutPath
		files = append(files, newFile(path, content))
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems = append(problems, Problem{File: "templates", Line: 1, Column: 1, Message: "reading letters: " + err.Error()})
	}
	if len(files) > 0 && !hasLayout {
		problems = append(problems, Problem{File: layoutPath, Line: 1, Column: 1,
			Message: "there is no layout: every letter needs one, with {{ .body }} and {{ .link.unsubscribe }}"})
	}
	return files, problems
}

// Names returns the names of all templates, sorted.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.byName))
	for name := range s.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Has tells whether there is a template of that name in any locale.
func (s *Set) Has(name string) bool { return len(s.byName[name]) > 0 }

// Letters returns the letters of all templates in all locales, by name, then locale.
func (s *Set) Letters() []*Letter { return slices.Clone(s.letters) }

// Variants returns the letters of one template in its locales, sorted by those.
func (s *Set) Variants(name string) []*Letter { return slices.Clone(s.byName[name]) }

// Locales returns the locales a template is written in, sorted; "" is the letter without one.
func (s *Set) Locales(name string) []string {
	var locales []string
	for _, letter := range s.byName[name] {
		locales = append(locales, letter.Locale)
	}
	return locales
}

// Letter returns the variant of a template for a client's locale: the same locale, else its language (ru for ru-RU), else the
// default locale or its language, else the letter without a locale, else the first. It is nil when there is no such template.
func (s *Set) Letter(name, locale string) *Letter {
	letters := s.byName[name]
	wishes := []string{locale, language(locale), s.defaultLocale, language(s.defaultLocale), ""}
	if locale == "" {
		wishes = wishes[2:] // a client without a locale asks for none in particular
	}
	for _, wanted := range wishes {
		for _, letter := range letters {
			if letter.Locale == wanted {
				return letter
			}
		}
	}
	if len(letters) == 0 {
		return nil
	}
	return letters[0]
}

var localePattern = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$`)

// splitPath takes apart templates/c/case.ru.md: "c/case", "ru".
func splitPath(path string) (name, locale string) {
	name = strings.TrimSuffix(strings.TrimPrefix(path, "templates/"), ".md")
	if dot := strings.LastIndexByte(name, '.'); dot > strings.LastIndexByte(name, '/') && localePattern.MatchString(name[dot+1:]) {
		return name[:dot], name[dot+1:]
	}
	return name, ""
}
