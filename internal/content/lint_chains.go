package content

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seventh/sequences"
)

// lintChains looks at sequences that can be read: each by itself, and how they
// enroll clients in each other.
func (l *loading) lintChains() {
	for _, s := range l.folder.Sequences {
		add(l, s.Lint(l.folder.Settings))
		for step := range s.All() {
			l.enrolls(s, step)
		}
	}
}

// enrolls looks at a step that puts clients in another sequence.
func (l *loading) enrolls(s *sequences.Sequence, step *sequences.Step) {
	if step.Enroll == "" {
		return
	}
	if step.Enroll == s.Name {
		l.problem(s.File, step.Line, step.Column, "the sequence enrolls in itself: use repeat for letters that go on, or reentry to begin again")
		return
	}
	if l.sequenceNamed(step.Enroll) == nil {
		if !l.unread { // else it may be one that could not be read
			l.problem(s.File, step.Line, step.Column, fmt.Sprintf("there is no sequence %q%s", step.Enroll, sequences.DidYouMean(step.Enroll, l.sequenceNames())))
		}
		return
	}
	if way := l.wayBack(step.Enroll, s.Name, nil); way != nil {
		l.problem(s.File, step.Line, step.Column, fmt.Sprintf("this goes round in a circle: %s → %s; clients would never come to an end, so remove one of these steps",
			s.Name, strings.Join(way, " → ")))
	}
}

// wayBack is how one sequence leads to another by enrolling, nil if it does not.
func (l *loading) wayBack(from, to string, seen []string) []string {
	if from == to {
		return []string{to}
	}
	s := l.sequenceNamed(from)
	if s == nil || slices.Contains(seen, from) {
		return nil
	}
	for step := range s.All() {
		if step.Enroll == "" {
			continue
		}
		if way := l.wayBack(step.Enroll, to, append(seen, from)); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

func (l *loading) sequenceNamed(name string) *sequences.Sequence {
	for _, s := range l.folder.Sequences {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func (l *loading) sequenceNames() []string {
	var all []string
	for _, s := range l.folder.Sequences {
		all = append(all, s.Name)
	}
	return all
}

// Provisional are notes on sequences whose steps, begun at now, reach into a year whose
// calendar is not decreed yet.
func (f *Folder) Provisional(now time.Time) []Problem {
	calendar, err := f.Settings.WorkCalendar()
	if err != nil {
		return nil
	}
	year, some := calendar.ProvisionalFrom()
	if !some {
		return nil
	}
	var notes []Problem
	for _, s := range f.Sequences {
		if last := s.Longest(now, f.Settings); last.Year() >= year {
			notes = append(notes, Problem{
				File: s.File, Line: 1, Column: 1, Severity: Note,
				Message: fmt.Sprintf("begun today this sequence goes on until %s, and the days off of %d in calendar %s are not decreed yet: until they are, only its public holidays count",
					last.Format("January 2006"), year, f.Settings.Calendar),
			})
		}
	}
	return notes
}
