package inbound

import (
	"strings"
)

// decodeWords makes a header's value UTF-8: encoded words (RFC 2047), and bytes that
// should not be there. Neighbouring words of one charset are joined before they are
// decoded, as many programs cut letters in two.
func decodeWords(value string) string {
	if !strings.Contains(value, "=?") {
		return string(toUTF8([]byte(value), ""))
	}
	var b strings.Builder
	var pending []byte // decoded, not yet converted
	charset := ""
	flush := func() {
		b.Write(toUTF8(pending, charset))
		pending, charset = nil, ""
	}
	for {
		start := strings.Index(value, "=?")
		word, length := encodedWord{}, 0
		if start >= 0 {
			word, length = readWord(value[start:])
		}
		switch {
		case start < 0 || length < 0:
			flush()
			b.Write(toUTF8([]byte(value), ""))
			return b.String()
		case length == 0: // only looks like one
			flush()
			b.Write(toUTF8([]byte(value[:start+2]), ""))
			value = value[start+2:]
			continue
		}
		between := value[:start]
		if charset == "" || strings.TrimSpace(between) != "" || !strings.EqualFold(charset, word.charset) {
			glued := charset != "" && strings.TrimSpace(between) == ""
			flush()
			if !glued {
				b.Write(toUTF8([]byte(between), ""))
			}
		}
		pending, charset = append(pending, word.bytes...), word.charset
		value = value[start+length:]
	}
}

type encodedWord struct {
	charset string
	bytes   []byte
}

// readWord reads an encoded word at the beginning of s. Its length is 0 if it is none, and
// -1 if there can be none in the rest of s either.
func readWord(s string) (encodedWord, int) {
	end := strings.IndexByte(s[2:min(len(s), 70)], '?')
	if end < 0 || len(s) < 2+end+4 || s[2+end+2] != '?' {
		return encodedWord{}, 0
	}
	charset, _, _ := strings.Cut(s[2:2+end], "*") // a language (RFC 2231 5)
	text := s[2+end+3:]
	stop := strings.Index(text, "?=")
	if stop < 0 {
		return encodedWord{}, -1
	}
	var decoded []byte
	switch s[2+end+1] {
	case 'b', 'B':
		decoded = decodeBase64([]byte(text[:stop]), maxField)
	case 'q', 'Q':
		decoded = decodeQuoted([]byte(strings.ReplaceAll(text[:stop], "_", " ")), maxField)
	default:
		return encodedWord{}, 0
	}
	if charset == "" {
		charset = "us-ascii"
	}
	return encodedWord{charset, decoded}, 2 + end + 3 + stop + 2
}
