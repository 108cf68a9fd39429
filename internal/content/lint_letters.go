package content

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"seventh/templates"
)

// subjectLimit is where most mail programs cut a subject, in characters.
const subjectLimit = 78

// lintLetters looks for what an editor would not let pass, in letters that can be sent.
func (l *loading) lintLetters() {
	add(l, templates.Lint(l.folder.files))
	for _, letter := range l.folder.Letters.Letters() {
		l.lintSubject(letter)
		l.lintWayOut(letter)
	}
	for _, name := range l.folder.Letters.Names() {
		l.lintVariants(name, l.folder.Settings.Locales)
		l.lintTranslation(name)
		if !l.used[name] && !l.unread {
			l.warning(l.folder.Letters.Variants(name)[0].Path, 1, 1, "no sequence sends this letter: name it in the `email:` of a step, or remove the file")
		}
	}
}

// sample is a plausible client of the company's.
func (l *loading) sample(locale string) templates.Data {
	company := l.folder.Settings.Company
	data := templates.SampleData(locale, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	data["company"] = map[string]any{
		"name": company.Name, "site": company.Site, "address": company.Address, "phone": company.Phone, "email": company.Email,
	}
	return data
}

func (l *loading) lintSubject(letter *templates.Letter) {
	rendered, err := letter.Render(l.sample(letter.Locale))
	if err != nil {
		return // its template is broken, which Load tells
	}
	if n := utf8.RuneCountInString(rendered.Subject); n > subjectLimit {
		line, column := l.find(letter.Path, "subject:")
		l.warning(letter.Path, line, column, fmt.Sprintf(
			"the subject has %d characters for a sample client, and most mail programs cut it after %d: shorten it, or begin with what matters", n, subjectLimit))
	}
}

// lintWayOut tells of a link to unsubscribe that some clients do not see.
func (l *loading) lintWayOut(letter *templates.Letter) {
	sample := l.sample(letter.Locale)
	link := sample["link"]
	for _, data := range []templates.Data{sample, {"link": link}} {
		rendered, err := letter.Render(data)
		if err != nil {
			return
		}
		way := []byte(sampleWayOut)
		if hasIn(rendered.HTMLBytes(letter), way) && hasIn(rendered.TextBytes(letter), way) {
			continue
		}
		file, line, column := l.wayOut(letter)
		l.mistakeOnce(file, line, column, "some clients get a letter without a link to unsubscribe: write {{ .link.unsubscribe }} into a link that stands outside of all {{ if }}, or in each branch")
		return
	}
}

// sampleWayOut is where the sample client unsubscribes.
const sampleWayOut = "https://company.example/u/sample"

func hasIn(text, part []byte) bool { return strings.Contains(string(text), string(part)) }

// wayOut is where a letter's link to unsubscribe is written: in itself or in the layout.
func (l *loading) wayOut(letter *templates.Letter) (file string, line, column int) {
	const layout = "templates/layout.html"
	for _, file := range []string{letter.Path, layout} {
		if strings.Contains(string(l.folder.files[file].Data), ".link.unsubscribe") {
			line, column = l.find(file, ".link.unsubscribe")
			return file, line, column
		}
	}
	return letter.Path, 1, 1
}

// lintVariants tells which languages a letter does not have, and which nobody asked
// for. A letter without a language in its name is for everybody.
func (l *loading) lintVariants(name string, locales []string) {
	if len(locales) == 0 {
		return
	}
	written := l.folder.Letters.Variants(name)
	for _, letter := range written {
		if letter.Locale != "" && !slices.ContainsFunc(locales, func(wanted string) bool { return serves(letter.Locale, wanted) }) {
			l.warning(letter.Path, 1, 1, fmt.Sprintf("nobody gets this letter: %q is none of the `locales` in seventh.yaml (%s); add it there, or remove the file",
				letter.Locale, strings.Join(locales, ", ")))
		}
	}
	for _, wanted := range locales {
		if slices.ContainsFunc(written, func(letter *templates.Letter) bool { return letter.Locale == "" || serves(letter.Locale, wanted) }) {
			continue
		}
		instead := l.folder.Letters.Letter(name, wanted)
		l.warning(instead.Path, 1, 1, fmt.Sprintf("the letter %s is not written in %q, and clients with that language get it in %q: write templates/%s.%s.md",
			name, wanted, instead.Locale, name, wanted))
	}
}

// serves reports whether a letter in one locale is for clients of another: the same,
// or its language.
func serves(written, wanted string) bool {
	language, _, _ := strings.Cut(wanted, "-")
	general, _, _ := strings.Cut(written, "-")
	return written == wanted || written == language || general == wanted
}

// lintTranslation compares what the variants of a letter show: what is in one only
// was most likely forgotten in the other.
func (l *loading) lintTranslation(name string) {
	written := l.folder.Letters.Variants(name)
	for i, letter := range written {
		for _, other := range append(slices.Clone(written[:i]), written[i+1:]...) {
			var missing []string
			if other.TakesOffer() && !letter.TakesOffer() {
				missing = append(missing, "a link that takes up the offer")
			}
			for _, field := range other.Fields {
				if !slices.Contains(letter.Fields, field) {
					missing = append(missing, "{{ ."+field+" }}")
				}
			}
			if len(missing) > 0 {
				l.warning(letter.Path, 1, 1, fmt.Sprintf("%s shows %s, and this variant does not: was it forgotten in the translation?",
					other.Path, strings.Join(missing, ", ")))
				break
			}
		}
	}
}

// find is the place of a text in a file, its beginning when it is not there.
func (l *loading) find(file, text string) (line, column int) {
	for i, source := range strings.Split(string(l.folder.files[file].Data), "\n") {
		if before, _, found := strings.Cut(source, text); found {
			return i + 1, utf8.RuneCountInString(before) + 1
		}
	}
	return 1, 1
}

func (l *loading) warning(file string, line, column int, message string) {
	l.problem(file, line, column, message)
	l.problems[len(l.problems)-1].Severity = Warning
}

// mistakeOnce is for what every letter has from the layout.
func (l *loading) mistakeOnce(file string, line, column int, message string) {
	for _, p := range l.problems {
		if p.File == file && p.Line == line && p.Message == message {
			return
		}
	}
	l.problem(file, line, column, message)
}
