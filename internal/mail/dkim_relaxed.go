package mail

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// hasName reports whether a header field has this name; blanks may precede its colon
// (RFC 5322 4.5).
func hasName(field []byte, name string) bool {
	if len(field) <= len(name) || field[0]|0x20 != name[0]|0x20 || !bytes.EqualFold(field[:len(name)], []byte(name)) {
		return false
	}
	rest := field[len(name):]
	for len(rest) > 0 && isBlank(rest[0]) {
		rest = rest[1:]
	}
	return len(rest) > 0 && rest[0] == ':'
}

// appendRelaxedField appends a header field in the "relaxed" form, without a CRLF at its end
// (RFC 6376 3.4.2): the name in lower case, folds undone, blanks as single spaces, none
// around the colon or at the end.
func appendRelaxedField(dst, field []byte) []byte {
	name, value, _ := bytes.Cut(field, []byte(":"))
	for _, c := range bytes.TrimRight(name, " \t") {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	dst = append(dst, ':')
	blank := false
	for _, c := range bytes.TrimLeft(value, " \t\r\n") {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			blank = true
			continue
		}
		if blank {
			dst = append(dst, ' ')
			blank = false
		}
		dst = append(dst, c)
	}
	return dst
}

// appendRelaxedBody appends a body in the "relaxed" form (RFC 6376 3.4.4): blanks as single
// spaces, none at the ends of lines, no empty lines at the end, and a CRLF after the last
// line if there is any. Most lines are so already, and runs of them are copied in one go.
func appendRelaxedBody(dst, body []byte) []byte {
	start := len(dst)
	for {
		i := irregular(body)
		if i == len(body) {
			dst = append(dst, body...)
			break
		}
		from := bytes.LastIndex(body[:i], crlfBytes) + len(crlfBytes)
		if from < len(crlfBytes) {
			from = 0
		}
		to := len(body)
		if n := bytes.Index(body[i:], crlfBytes); n >= 0 {
			to = i + n
		}
		dst = appendRelaxedLine(append(dst, body[:from]...), body[from:to])
		body = body[to:]
	}
	for bytes.HasSuffix(dst[start:], crlfBytes) {
		dst = dst[:len(dst)-len(crlfBytes)]
	}
	if len(dst) > start {
		dst = append(dst, crlfBytes...)
	}
	return dst
}

var crlfBytes = []byte("\r\n")

func appendRelaxedLine(dst, line []byte) []byte {
	line = bytes.TrimRight(line, " \t")
	for i, c := range line {
		switch {
		case !isBlank(c):
			dst = append(dst, c)
		case !isBlank(line[i+1]): // the last of its run; the line does not end in a blank
			dst = append(dst, ' ')
		}
	}
	return dst
}

// irregular is where the first blank stands that the relaxed form may change: a tab, or a
// space before another one, before a CR or at the end. Without any it is the body's length.
// Eight bytes are looked at together, as this would else cost half as much as the signature.
func irregular(body []byte) int {
	i := 0
	for ; i+9 <= len(body); i += 8 {
		here, next := binary.LittleEndian.Uint64(body[i:]), binary.LittleEndian.Uint64(body[i+1:])
		if found := marks(here, '\t') | marks(here, ' ')&upToSpace(next); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(body); i++ {
		if body[i] == '\t' || body[i] == ' ' && (i+1 == len(body) || body[i+1] == '\r' || isBlank(body[i+1])) {
			return i
		}
	}
	return i
}

// marks has the highest bit of each byte set that is c, and no other bit.
func marks(word uint64, c byte) uint64 {
	const ones, low = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	differ := word ^ ones*uint64(c)
	return ^(differ&low + low | differ | low)
}

// upToSpace has the highest bit of each byte set that is a blank or a control character.
func upToSpace(word uint64) uint64 {
	const high, first = 0x8080808080808080, 0x2121212121212121
	return ^((word | high) - first) & ^word & high
}
