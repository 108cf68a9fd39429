package sequences

import (
	"fmt"
	"slices"
	"strings"
)

// DidYouMean suggests the known word nearest to what was written, ready to be
// appended to a message: `, did you mean "industry"?`. It is empty when no word
// is near enough to be a slip of the finger.
func DidYouMean(got string, known []string) string {
	if latin := lookalikes.Replace(got); latin != got {
		for _, word := range known {
			if strings.EqualFold(latin, word) {
				return fmt.Sprintf(", which has Cyrillic letters that look like Latin ones: did you mean %q?", word)
			}
		}
	}
	const longest = 64 // nothing we know is longer, and the distance is quadratic
	typed := []rune(strings.ToLower(got))
	if len(typed) == 0 || len(typed) > longest {
		return ""
	}
	slips := max(1, len(typed)/3)
	if len(typed) == 1 {
		slips = 0 // every letter is one slip from every other
	}
	best, nearest := "", slips+1
	for _, word := range known {
		if word == "" || len(word) > longest {
			continue
		}
		if d := distance(typed, []rune(strings.ToLower(word))); d < nearest {
			best, nearest = word, d
		}
	}
	if best == "" {
		best = shortened(string(typed), known)
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// lookalikes are the Cyrillic letters that a Russian keyboard writes in place of Latin
// ones, and nobody sees it.
var lookalikes = strings.NewReplacer("А", "A", "В", "B", "С", "C", "Е", "E", "Н", "H", "К", "K", "М", "M", "О", "O", "Р", "P", "Т", "T", "Х", "X",
	"а", "a", "с", "c", "е", "e", "о", "o", "р", "p", "х", "x", "у", "y", "к", "k", "і", "i")

// shortened finds the known word that typed begins with or begins: monday for
// mon, auto for automatic.
func shortened(typed string, known []string) string {
	const enough = 3
	for _, word := range known {
		lower := strings.ToLower(word)
		if min(len(typed), len(lower)) >= enough && (strings.HasPrefix(typed, lower) || strings.HasPrefix(lower, typed)) {
			return word
		}
	}
	return ""
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func distance(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}

// unknown tells that got is no known what ("key", "sender"), and which ones are.
func unknown(what, got string, known []string) string {
	suggestion := DidYouMean(got, known)
	if suggestion == "" {
		suggestion = severalOf(got, known)
	}
	if suggestion == "" {
		suggestion = "."
	}
	return fmt.Sprintf("unknown %s %s%s %s", what, quoted(got), suggestion, allowed(known))
}

// severalOf is the cure of several known words in one text.
func severalOf(got string, known []string) string {
	words := strings.FieldsFunc(got, func(r rune) bool { return r == ',' || r == ' ' })
	if len(words) < 2 || slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(known, word) }) {
		return ""
	}
	return fmt.Sprintf(": write several as a list, [%s].", strings.Join(words, ", "))
}

// allowed lists what may be written, cut short where a list stops helping.
func allowed(known []string) string {
	const most = 20
	switch {
	case len(known) == 0:
		return "None is declared in seventh.yaml."
	case len(known) > most:
		return fmt.Sprintf("Allowed: %s and %d more.", strings.Join(known[:most], ", "), len(known)-most)
	}
	return fmt.Sprintf("Allowed: %s.", strings.Join(known, ", "))
}

// quoted shows text from a file inside a message: on one line, and not longer
// than a message bears.
func quoted(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
