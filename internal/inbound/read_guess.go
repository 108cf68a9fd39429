package inbound

import (
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

const maxSample = 4 << 10 // bytes of text that the guess looks at

// candidates are the charsets that letters still come in without a label or with a wrong
// one. The first of equals wins.
var candidates = []*charmap.Charmap{charmap.Windows1251, charmap.KOI8R, charmap.CodePage866, charmap.ISO8859_5, charmap.Windows1252}

// frequency of the Cyrillic letters in Russian text, in thousandths.
var frequency = map[rune]int{
	'о': 110, 'е': 85, 'а': 80, 'и': 74, 'н': 67, 'т': 63, 'с': 55, 'р': 47, 'в': 45, 'л': 44, 'к': 35, 'м': 32, 'д': 30, 'п': 28, 'у': 26, 'я': 20, 'ы': 19, 'ь': 17, 'г': 17,
	'з': 16, 'б': 16, 'ч': 14, 'й': 12, 'х': 10, 'ж': 9, 'ш': 7, 'ю': 6, 'ц': 5, 'щ': 4, 'э': 3, 'ф': 3, 'ъ': 1, 'ё': 1, 'і': 10, 'ї': 5, 'є': 4, 'ґ': 1,
}

// guessCharset finds the candidate in which text makes most sense by the frequency of its
// letters and their neighbours. sure says that it makes far more sense than what the label
// says; a label that is no candidate is not to be doubted.
func guessCharset(b []byte, labelled encoding.Encoding) (best encoding.Encoding, sure bool) {
	for i, c := range b {
		if c > 127 {
			b = b[max(0, i-16):]
			break
		}
	}
	b = b[:min(len(b), maxSample)]
	top, said, known := 0, 0, false
	for i, c := range candidates {
		points := sense(b, c)
		if i == 0 || points > top {
			best, top = c, points
		}
		if c == labelled {
			said, known = points, true
		}
	}
	high := 0
	for _, c := range b {
		if c > 127 {
			high++
		}
	}
	return best, known && best != labelled && high >= 4 && top-said > 25*high
}

// sense is how much text makes in a charset: more for likely letters, less for capitals in
// the middle of words, for signs nobody types, and for two alphabets in one word.
func sense(b []byte, c *charmap.Charmap) int {
	points := 0
	before := ' '
	for i, byte := range b {
		r := c.DecodeByte(byte)
		if byte > 127 {
			after := ' '
			if i+1 < len(b) {
				after = c.DecodeByte(b[i+1])
			}
			points += likely(before, r, after)
		}
		before = r
	}
	return points
}

func likely(before, r, after rune) int {
	if r == unicode.ReplacementChar {
		return -150
	}
	if !unicode.IsLetter(r) {
		switch r {
		case '\u00a0', '«', '»', '–', '—', '“', '”', '„', '’', '‘', '…', '№', '•', '°', '€', '©', '®', '™', '§':
			return 0
		}
		return -80
	}
	neighbours := unicode.IsLetter(before) || unicode.IsLetter(after)
	ascii := isLatin(before) || isLatin(after)
	if !unicode.Is(unicode.Cyrillic, r) { // windows-1252
		switch {
		case !neighbours:
			return -20
		case unicode.IsLower(before) && unicode.IsUpper(r):
			return -80
		case ascii:
			return 50
		}
		return -60
	}
	often, known := frequency[unicode.ToLower(r)]
	points := often - 15
	switch {
	case !known:
		points = -60
	case ascii:
		points = -60
	case unicode.IsLower(before) && unicode.IsUpper(r):
		points -= 80
	case unicode.IsUpper(r):
		points -= 10
	}
	return points
}

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
