package sequences

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Problem is one mistake in a content file, told to the marketer who wrote it.
type Problem struct {
	File    string // as given to the parser
	Line    int    // from 1
	Column  int    // from 1, in characters, not bytes
	Message string // what is wrong and what to write instead, on one line
	Source  string // the offending line as written

	Severity string // "warning", or "" for what keeps the file from being used
}

// String gives the form editors and terminals make clickable:
// "file:line:col: message".
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// inOrder sorts problems by place, so that a marketer can work down the file.
func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}

// joined makes one error of all problems, for callers without a file to point into.
func joined(problems []Problem) error {
	var all []error
	for _, p := range problems {
		all = append(all, errors.New(p.Message))
	}
	return errors.Join(all...)
}
