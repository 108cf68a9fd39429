package inbound

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// oneLine makes a stranger's words fit to be stored and shown in one line of at most limit
// bytes: blanks and control characters become single spaces, what is invisible goes (text
// that turns its direction, soft hyphens), and bytes that are no UTF-8 stand as U+FFFD, so
// that a broken address never reads as another one.
func oneLine(s string, limit int) string {
	var b strings.Builder
	gap := ""
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			if b.Len() > 0 {
				gap = " "
			}
			continue
		case !unicode.IsPrint(r) && r != zeroWidthJoiner && r != zeroWidthNonJoiner:
			continue
		}
		if b.Len()+len(gap)+utf8.RuneLen(r) > limit {
			return b.String()
		}
		b.WriteString(gap)
		b.WriteRune(r)
		gap = ""
	}
	return b.String()
}

// Emoji and Persian are not written without these.
const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)
