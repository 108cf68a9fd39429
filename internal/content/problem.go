package content

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one mistake, a warning or a note, worded for a marketer.
type Problem struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Message  string `json:"message"`
	Source   string `json:"-"`        // the offending line
	Severity string `json:"severity"` // Mistake, Warning or Note
}

// Severities. A folder with a mistake cannot be published; one with warnings can,
// though they are most likely mistakes too. A note is only to be known.
const (
	Mistake = "error"
	Warning = "warning"
	Note    = "note"
)

// String is the form that editors understand: file:line:col: message.
func (p Problem) String() string {
	severity := ""
	if p.Severity == Warning || p.Severity == Note {
		severity = p.Severity + ": "
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Column, severity, p.Message)
}

// Mistakes are the problems that a folder cannot be published with.
func Mistakes(problems []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p Problem) bool { return p.Severity == Warning || p.Severity == Note })
}

// sorted puts problems in the order of files and lines, each once.
func sorted(problems []Problem) []Problem {
	for i := range problems {
		problems[i].Severity = cmp.Or(problems[i].Severity, Mistake)
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}
