package templates

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Problem is one thing wrong with a letter or the layout, told to the marketer who wrote it.
type Problem struct {
	File    string // path inside the content folder
	Line    int    // from 1
	Column  int    // in characters, from 1
	Message string // what is wrong and how to put it right
	Source  string // the offending line as written

	Severity string // Warning, or "" for what keeps the letter from being used
}

// Warning is the severity of what a letter can be sent with, but had better not.
const Warning = "warning"

// String is the form editors and CI logs understand: file:line:col: message.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// file is one source text with the problems found in it so far.
type file struct {
	path     string
	text     string
	problems []Problem
}

// newFile unifies line ends and drops a byte order mark, so that offsets and compiled bytes do not depend on the editor.
func newFile(path string, content []byte) *file {
	text := strings.ToValidUTF8(string(content), "\uFFFD")
	text = strings.TrimPrefix(text, "\uFEFF")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return &file{path: path, text: strings.ReplaceAll(text, "\x00", "\uFFFD")}
}

// problem records what is wrong at a byte offset of the text.
func (f *file) problem(offset int, format string, args ...any) { f.tell("", offset, format, args...) }

// warning records what had better be otherwise.
func (f *file) warning(offset int, format string, args ...any) {
	f.tell(Warning, offset, format, args...)
}

func (f *file) tell(severity string, offset int, format string, args ...any) {
	offset = min(max(offset, 0), len(f.text))
	before := f.text[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(f.text[start:], "\n")
	f.problems = append(f.problems, Problem{
		File:    f.path,
		Line:    strings.Count(before, "\n") + 1,
		Column:  utf8.RuneCountInString(before[start:]) + 1,
		Message: fmt.Sprintf(format, args...),
		Source:  line,

		Severity: severity,
	})
}

// offset is the reverse of what problem computes: the byte offset of a line and column.
func (f *file) offset(line, column int) int {
	at := 0
	for ; line > 1; line-- {
		next := strings.IndexByte(f.text[at:], '\n')
		if next < 0 {
			return len(f.text)
		}
		at += next + 1
	}
	for ; column > 1 && at < len(f.text); column-- {
		_, size := utf8.DecodeRuneInString(f.text[at:])
		at += size
	}
	return at
}

// sortProblems puts problems in the order of reading.
func sortProblems(problems []Problem) {
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}

// didYouMean is the end of a message about an unknown word: the nearest known one, when it is near enough to be a slip.
func didYouMean(word string, known []string) string {
	slips := max(2, len(word)/3)
	if len(word) < 4 {
		slips = 1
	}
	best, distance := "", slips+1
	for _, candidate := range known {
		if d := editDistance(word, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s?", best)
}

// editDistance is Levenshtein's: the least number of typing slips between two words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
