package inbound

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word, a number, an address or a mark of a text.
type token struct {
	text     string // in small letters, ё as е
	kind     tokenKind
	start    int // in the text, in bytes
	end      int
	glued    bool // nothing stands between it and the token before
	sentence int
}

type tokenKind int

const (
	letters tokenKind = iota
	number
	mark
	address // of e-mail, or a URL
)

// Nobody says more in an answer, or in a sentence.
const (
	maxTokens   = 2000
	maxSentence = 120
)

// tokens splits a text. A sentence ends with its mark, with a blank line, and with a
// short line.
func tokens(text string) []token {
	var all []token
	sentence, lineStart, inSentence := 0, 0, 0
	for i := 0; i < len(text) && len(all) < maxTokens; {
		r, size := utf8.DecodeRuneInString(text[i:])
		start := i
		kind := mark
		switch {
		case r == '\n':
			if i-lineStart < 50 || strings.HasPrefix(strings.TrimLeft(text[i+1:], " \t"), "\n") || startsItem(text[i+1:]) {
				sentence++
			}
			lineStart = i + 1
			i += size
			continue
		case unicode.IsSpace(r):
			i += size
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			i, kind = wordEnd(text, i)
		default:
			i += size
		}
		all = append(all, token{
			text: small(text[start:i]), kind: kind, start: start, end: i, sentence: sentence,
			glued: len(all) > 0 && all[len(all)-1].end == start,
		})
		if inSentence++; len(all) > 1 && all[len(all)-2].sentence != sentence {
			inSentence = 0
		}
		if inSentence > maxSentence || kind == mark && endsSentence(all, text[i:]) {
			sentence++
		}
	}
	return all
}

// wordEnd is the end of the word, the number or the address that starts at i.
func wordEnd(text string, i int) (int, tokenKind) {
	if field, _, _ := strings.Cut(clip(text[i:], 200), " "); strings.ContainsAny(field, "@/") {
		if found := addressAt.FindString(field); found != "" {
			return i + len(found), address
		}
	}
	first, _ := utf8.DecodeRuneInString(text[i:])
	digits := unicode.IsDigit(first)
	j := i
	for j < len(text) {
		r, size := utf8.DecodeRuneInString(text[j:])
		if digits != unicode.IsDigit(r) || !digits && !unicode.IsLetter(r) && !unicode.IsMark(r) && !apostrophe(r, text[j+size:]) {
			break
		}
		j += size
	}
	if digits {
		return j, number
	}
	if small(text[i:j]) == "e" && strings.HasPrefix(strings.ToLower(text[j:]), "-mail") {
		rest, _ := wordEnd(text, j+1)
		return rest, letters
	}
	return j, letters
}

// apostrophe tells one inside a word, such as in "don't".
func apostrophe(r rune, rest string) bool {
	after, _ := utf8.DecodeRuneInString(rest)
	return (r == '\'' || r == '’') && unicode.IsLetter(after)
}

var addressAt = regexp.MustCompile(`^(?i:(https?://|www\.)[^\s<>"]+|[\p{L}\d._%+-]+@[\p{L}\d-]+(\.[\p{L}\d-]+)+)`)

var lower = strings.NewReplacer("ё", "е", "’", "'", "e-mail", "email")

func small(word string) string { return lower.Replace(strings.ToLower(word)) }

func startsItem(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "• ") || strings.HasPrefix(line, "– ")
}

// shortened are words whose full stop ends no sentence.
var shortened = set("тел моб сот доб вн внутр г ул д им т к н п е и др стр с э mr mrs ms dr ext tel no nr ph st co ltd inc jr sr e g i prof hr fr янв фев мар апр июн июл авг сен сент окт ноя нояб дек " +
	"mon tue tues wed thu thur thurs fri sat sun пн вт ср чт пт сб вс jan feb mar apr jun jul aug sep sept oct nov dec z b")

// endsSentence tells whether the last token, a mark, ends a sentence before the rest.
func endsSentence(all []token, rest string) bool {
	last := all[len(all)-1]
	r, _ := utf8.DecodeRuneInString(rest)
	switch last.text {
	case "!", "?", "…", ";":
		return true
	case ".":
	default:
		return false
	}
	if rest != "" && !unicode.IsSpace(r) {
		return false
	}
	if len(all) < 2 || !last.glued {
		return true
	}
	before := all[len(all)-2]
	if before.kind == number && len(before.text) <= 2 {
		word, _, _ := strings.Cut(strings.TrimSpace(clip(rest, 40)), " ")
		return months[small(strings.Trim(word, ".,;)"))] == 0 // "14. Juli"
	}
	if next, _ := utf8.DecodeRuneInString(strings.TrimSpace(rest)); unicode.IsUpper(next) && (months[before.text] > 0 || weekdays[before.text] > 0 || before.text == "г") {
		return true // "16 Feb. In a hurry?"
	}
	return !(before.kind == letters && !(before.glued && all[len(all)-3].kind == number) && (shortened[before.text] || utf8.RuneCountInString(before.text) == 1))
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[word] = true
	}
	return all
}
