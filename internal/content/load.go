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
	used     map[string]bool // letters that some sequence sends
	unread   bool            // some sequence has mistakes, so that it may send others
}

// result is the folder, unless there are mistakes, and all problems.
func (l *loading) result() (*Folder, []Problem) {
	problems := sorted(l.problems)
	if len(Mistakes(problems)) > 0 {
		return nil, problems
	}
	return l.folder, problems
}

func (l *loading) load() {
	settings, problems := sequences.ParseSettings(SettingsFile, l.folder.files[SettingsFile].Data)
	add(l, problems)
	if settings.TimeZone == "" && settings.FallbackSender == "" {
		return // nothing could be read of them, and all that refers to them would seem wrong
	}
	l.folder.Settings = settings
	attributes := slices.Sorted(maps.Keys(settings.Attributes))
	letters, letterProblems := templates.Load(l.folder.files, attributes, settings.Locale)
	add(l, letterProblems)
	l.folder.Letters = letters
	l.scripts(attributes, settings.Locale)
	l.webhooks()
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

// add collects the problems of a package; their fields are the same. It reports
// whether there are mistakes among them.
func add[P sequences.Problem | templates.Problem](l *loading, problems []P) bool {
	before := len(l.problems)
	for _, p := range problems {
		l.problems = append(l.problems, Problem(p))
	}
	return len(Mistakes(l.problems[before:])) > 0
}

func (l *loading) sequence(file string) {
	s, problems := sequences.ParseSequence(file, l.folder.files[file].Data, l.folder.Settings)
	mistaken := add(l, problems)
	l.letters(s)
	l.scriptsOf(s)
	if mistaken {
		l.unread = true
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
	if mistaken := add(l, problems); s == nil || mistaken {
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
	if l.used == nil {
		l.used = make(map[string]bool)
	}
	offered := false
	for step := range s.All() {
		offered = offered || step.Offer != nil
		for _, name := range step.Email {
			l.letter(s, step, name, offered)
		}
		l.attachments(s, step)
	}
	if s.Handover != "" {
		line, column := l.find(s.File, "handover:")
		l.letter(s, &sequences.Step{Line: line, Column: column}, s.Handover, true)
	}
}

func (l *loading) letter(s *sequences.Sequence, step *sequences.Step, name string, offered bool) {
	l.used[name] = true
	if !l.folder.Letters.Has(name) {
		l.unread = true                       // it may mean any other
		if !l.isWritten("templates/", name) { // else its own problems are told already
			l.problem(s.File, step.Line, step.Column, fmt.Sprintf("there is no letter templates/%s.md%s", name, sequences.DidYouMean(name, l.folder.Letters.Names())))
		}
		return
	}
	if does := l.needsOffer(name); !offered && does != "" {
		l.problem(s.File, step.Line, step.Column, fmt.Sprintf(
			"the letter %s %s, but neither this step nor one before it makes one: add `offer: { name: …, expires: 5bd }` to the step", name, does))
	}
}

// needsOffer says what a letter does with an offer in some language; "" for nothing.
func (l *loading) needsOffer(name string) string {
	does := ""
	for _, letter := range l.folder.Letters.Variants(name) {
		switch {
		case letter.ShowsOfferField():
			return "shows an offer"
		case letter.TakesOffer():
			does = "has a link that takes up an offer"
		}
	}
	return does
}

func (l *loading) problem(file string, line, column int, message string) {
	lines := strings.Split(string(l.folder.files[file].Data), "\n")
	source := ""
	if line >= 1 && line <= len(lines) {
		source = strings.TrimRight(lines[line-1], "\r")
	}
	l.problems = append(l.problems, Problem{File: file, Line: line, Column: column, Message: message, Source: source})
}
