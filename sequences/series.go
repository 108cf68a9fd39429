package sequences

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// seriesName is what clients call the letters of a sequence, by language. Its title is for
// those who work with it.
type seriesName = map[string]string

// seriesLimit is how long the name of a series may be, in characters: it stands on a
// button.
const seriesLimit = 60

// pageLanguages are those in which the page speaks where clients unsubscribe.
var pageLanguages = []string{"en", "ru"}

var languagePattern = regexp.MustCompile(`^[a-z]{2,3}$`)

// SeriesNames is what clients call the letters of the sequence: a name by language, and
// by ” in any other.
func (s *Sequence) SeriesNames() map[string]string {
	if len(s.Series) == 0 {
		return map[string]string{"": s.Title}
	}
	names := maps.Clone(s.Series)
	names[""] = s.Series[slices.Sorted(maps.Keys(s.Series))[0]]
	if en, ok := s.Series["en"]; ok {
		names[""] = en
	}
	return names
}

// checkSeries finds names that nobody would read.
func (s *Sequence) checkSeries(d *decoder) {
	for _, lang := range slices.Sorted(maps.Keys(s.Series)) {
		name, at := s.Series[lang], d.spotOf("series."+lang)
		switch {
		case !languagePattern.MatchString(lang):
			d.problem(d.keys["series."+lang], "%s is not a language: write series: { en: Useful letters, ru: Полезные письма }", quoted(lang))
		case !slices.Contains(pageLanguages, lang):
			d.problem(d.keys["series."+lang], "the page where clients unsubscribe speaks %s, not %s: write the name under one of these", strings.Join(pageLanguages, " and "), quoted(lang))
		case strings.TrimSpace(name) == "" || strings.ContainsAny(name, "\r\n"):
			d.problem(at, "the name of a series is one line: write series: { %s: Useful letters }", lang)
		case utf8.RuneCountInString(name) > seriesLimit:
			d.problem(at, "this name is longer than %d characters: it stands on a button, write a shorter one", seriesLimit)
		}
	}
}
