package mail

import "unicode/utf8"

const (
	maxEncodedLine = 76 // RFC 2045 6.7 (5), the "=" of a soft break included
	softBreak      = "=\r\n"
	upperHex       = "0123456789ABCDEF"
)

// appendQP appends src as quoted-printable text (RFC 2045 6.7) that starts on a line of its
// own and ends its last line, with a soft break when src does not end in a line end. So
// encoded pieces can follow each other in any order, and each can be encoded once.
//
// Line ends become CRLF: a CR means nothing by itself and is dropped, wherever a text is
// cut into pieces. No line begins with a dot, so SMTP has nothing to double.
func appendQP(dst, src []byte) []byte {
	column := 0
	for i := 0; i < len(src); {
		if b := src[i]; b >= utf8.RuneSelf { // all of a Cyrillic word
			if column+3 > maxEncodedLine-1 {
				dst = append(dst, softBreak...)
				column = 0
			}
			dst = append(dst, '=', upperHex[b>>4], upperHex[b&15])
			column += 3
			i++
			continue
		}
		n := literal(src[i:], maxEncodedLine-1-column, column == 0)
		if n > 0 {
			dst = append(dst, src[i:i+n]...)
			column += n
			i += n
			continue
		}
		b := src[i]
		i++
		switch {
		case b == '\r':
			continue
		case b == '\n':
			dst = append(dst, "\r\n"...)
			column = 0
			continue
		}
		escaped := b < ' ' && b != '\t' || b > '~' || b == '=' || (b == ' ' || b == '\t') && endsLine(src[i:])
		width := 1
		if escaped {
			width = 3
		}
		if column+width > maxEncodedLine-1 {
			dst = append(dst, softBreak...)
			column = 0
		}
		if escaped || b == '.' && column == 0 {
			dst = append(dst, '=', upperHex[b>>4], upperHex[b&15])
			column += 3
			continue
		}
		dst = append(dst, b)
		column++
	}
	if column > 0 {
		dst = append(dst, softBreak...)
	}
	return dst
}

// literal is how many bytes of src, at most room, are written as they are wherever in a line they stand; a dot may not begin one.
func literal(src []byte, room int, begins bool) int {
	if begins && src[0] == '.' {
		return 0
	}
	room = min(room, len(src))
	for i := range room {
		b := src[i]
		if b > ' ' && b <= '~' && b != '=' || b == ' ' && i+1 < len(src) && src[i+1] > ' ' {
			continue
		}
		return i
	}
	return room
}

// endsLine reports whether a line end comes next, CRs aside.
func endsLine(rest []byte) bool {
	for _, b := range rest {
		if b != '\r' {
			return b == '\n'
		}
	}
	return false
}
