package content

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"seventh/sequences"
	"seventh/templates"
)

// loading is Load at work.
type loading struct {
	folder   *Folder
	problems []Problem
}

func (l *loading) load() {
	settings, problems := sequences.ParseSettings(SettingsFile, l.folder.files[SettingsFile].Data)
	add(l, problems)
	if settings.TimeZone == "" && settings.FallbackSender == "" {
		return // nothing could be read of them, and all that refers to them would seem wrong
	}
	l.folder.Settings = settings
	letters, letterProblems := templates.Load(l.folder.files, slices.Sorted(maps.Keys(settings.Attributes)), settings.Locale)
	add(l, letterProblems)
	l.folder.Letters = letters
	for _, name := range slices.Sorted(maps.Keys(l.folder.files)) {
		switch dir, _, _ := strings.Cut(name, "/"); dir {
		case "sequences":
			l.sequence(name)
		case "segments":
			l.segment(name)
		}
	}
	l.categories()
}

// add collects the problems of a package; their fields are the same.
func add[P sequences.Problem | templates.Problem](l *loading, problems []P) {
	for _, p := range problems {
		l.problems = append(l.problems, Problem(p))
	}
}

func (l *loading) sequence(file string) {
	s, problems := sequences.ParseSequence(file, l.folder.files[file].Data, l.folder.Settings)
	add(l, problems)
	l.letters(s)
	if len(problems) > 0 {
		return
	}
	for _, other := range l.folder.Sequences {
		if other.Name == s.Name {
			l.problem(file, 1, 1, fmt.Sprintf("the sequence %q is defined in %s already: give this one another name", s.Name, other.File))
			return
		}
	}
	l.folder.Sequences = append(l.folder.Sequences, s)
}

func (l *loading) segment(file string) {
	s, problems := sequences.ParseSegment(file, l.folder.files[file].Data, l.folder.Settings)
	add(l, problems)
	if s == nil || len(problems) > 0 {
		return
	}
	for _, other := range l.folder.Segments {
		if other.Name == s.Name {
			l.problem(file, 1, 1, fmt.Sprintf("the segment %q is defined in %s already: give this one another name", s.Name, other.File))
			return
		}
	}
	l.folder.Segments = append(l.folder.Segments, s)
}

// letters checks that the steps' letters exist and have what they show.
func (l *loading) letters(s *sequences.Sequence) {
	offered := false
	for step := range s.All() {
		offered = offered || step.Offer != nil
		for _, name := range step.Email {
			l.letter(s, step, name, offered)
		}
	}
}

func (l *loading) letter(s *sequences.Sequence, step *sequences.Step, name string, offered bool) {
	if !l.folder.Letters.Has(name) {
		if !l.isWritten(name) { // else its own problems are told already
			l.problem(s.File, step.Line, step.Column, fmt.Sprintf("there is no letter templates/%s.md%s", name, sequences.DidYouMean(name, l.folder.Letters.Names())))
		}
		return
	}
	if !offered && l.showsOffer(name) {
		l.problem(s.File, step.Line, step.Column, fmt.Sprintf(
			"the letter %s shows an offer, but neither this step nor one before it makes one: add `offer: { name: …, expires: 5bd }` to the step", name))
	}
}

// isWritten reports whether there is a file of that letter, in whatever language
// and state.
func (l *loading) isWritten(name string) bool {
	for file := range l.folder.files {
		variant, found := strings.CutPrefix(file, "templates/"+name+".")
		if found && strings.HasSuffix(file, ".md") && !strings.Contains(variant, "/") {
			return true
		}
	}
	return false
}

func (l *loading) showsOffer(name string) bool {
	for _, locale := range l.folder.Letters.Locales(name) {
		letter := l.folder.Letters.Letter(name, locale)
		if letter == nil {
			continue
		}
		for _, field := range letter.Fields {
			if strings.HasPrefix(field, "offer.") {
				return true
			}
		}
	}
	return false
}

func (l *loading) problem(file string, line, column int, message string) {
	lines := strings.Split(string(l.folder.files[file].Data), "\n")
	source := ""
	if line >= 1 && line <= len(lines) {
		source = strings.TrimRight(lines[line-1], "\r")
	}
	l.problems = append(l.problems, Problem{File: file, Line: line, Column: column, Message: message, Source: source})
}
