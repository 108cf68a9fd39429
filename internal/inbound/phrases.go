package inbound

import "strings"

// pattern is a phrase over words: "word", "stem*", "one|other", ".." for up to three words
// of the same sentence, "@" for an address, "#" for a number, "?" for the mark, and "^"
// for the start of a sentence.
type pattern [][]string

// phrases compiles one pattern a line.
func phrases(lines string) []pattern {
	var all []pattern
	for line := range strings.Lines(lines) {
		var p pattern
		for field := range strings.FieldsSeq(line) {
			p = append(p, strings.Split(field, "|"))
		}
		if len(p) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// wordsOf is what phrases are matched against: tokens without marks but the question mark.
func wordsOf(all []token) []token {
	words := make([]token, 0, len(all))
	for _, t := range all {
		if t.kind != mark || t.text == "?" {
			words = append(words, t)
		}
	}
	return words
}

// find is where the first of the phrases stands in words: the indices of its first word
// and of the one after its last; ok is false if none does.
func find(words []token, all []pattern) (from, to int, ok bool) {
	for i := range words {
		for _, p := range all {
			if end := p.at(words, i, i); end >= 0 {
				return i, end, true
			}
		}
	}
	return 0, 0, false
}

func has(words []token, all []pattern) bool {
	_, _, ok := find(words, all)
	return ok
}

// at is the index after the phrase if it stands at i, else -1.
func (p pattern) at(words []token, start, i int) int {
	if len(p) == 0 {
		return i
	}
	switch p[0][0] {
	case "^":
		if i > 0 && words[i-1].sentence == words[i].sentence && words[i-1].text != "?" {
			return -1
		}
		return p[1:].at(words, start, i)
	case "..":
		for gap := 0; gap <= 3 && i+gap < len(words) && words[i+gap].sentence == words[start].sentence; gap++ {
			if end := p[1:].at(words, start, i+gap); end >= 0 {
				return end
			}
		}
		return -1
	}
	if i >= len(words) || words[i].sentence != words[start].sentence {
		return -1
	}
	for _, want := range p[0] {
		if words[i].is(want) {
			return p[1:].at(words, start, i+1)
		}
	}
	return -1
}

// is tells whether the token is what a word of a phrase wants.
func (t token) is(want string) bool {
	switch want {
	case "@":
		return t.kind == address
	case "#":
		return t.kind == number
	}
	if stem, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(t.text, stem)
	}
	return t.text == want
}
