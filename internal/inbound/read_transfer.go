package inbound

import (
	"bytes"
	"encoding/base64"
)

// decodeTransfer takes a transfer encoding off, up to limit bytes; cut says that there was
// more. An encoding that the body evidently does not have is not applied, and one that it
// has without a word is, if it is text.
func decodeTransfer(encoding string, body []byte, limit int, text bool) (decoded []byte, cut bool) {
	switch encoding {
	case "base64":
		if !looksBase64(body) {
			encoding = ""
		}
	case "quoted-printable":
	default:
		switch {
		case text && wholeBase64(body):
			encoding = "base64"
		case text && looksQuoted(body):
			encoding = "quoted-printable"
		}
	}
	switch encoding {
	case "base64":
		decoded = decodeBase64(body, limit+1)
	case "quoted-printable":
		decoded = decodeQuoted(body, limit+1)
	default:
		decoded = body
	}
	if len(decoded) > limit {
		return decoded[:limit], true
	}
	return decoded, false
}

func inBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

// looksBase64 reports whether the beginning of a body may be base64: no words with spaces
// between them, hardly anything that does not belong.
func looksBase64(body []byte) bool {
	strange := 0
	head := body[:min(len(body), 2048)]
	for _, c := range head {
		if !inBase64(c) && c != '=' && c != '\r' && c != '\n' {
			strange++
		}
	}
	return strange*20 <= len(head)
}

// wholeBase64 reports whether a body is nothing but base64, in several lines of one
// length, and text when it is decoded.
func wholeBase64(body []byte) bool {
	body = bytes.TrimSpace(body)
	first := bytes.IndexByte(body, '\n')
	if first < 0 {
		first = len(body)
	}
	first = len(bytes.TrimRight(body[:first], "\r"))
	if first < 40 || first > 100 || first%4 != 0 || len(body) < 60 {
		return false
	}
	for at := 0; at < len(body); {
		line, next := lineAt(body, at)
		line = bytes.TrimRight(line, "\r\n")
		for _, c := range bytes.TrimRight(line, "=") {
			if !inBase64(c) {
				return false
			}
		}
		if len(line) != first && next < len(body) {
			return false
		}
		at = next
	}
	for _, c := range decodeBase64(body, 1000) {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}

// looksQuoted reports whether a body of ASCII is full of =D0=BF.
func looksQuoted(body []byte) bool {
	escapes := 0
	head := body[:min(len(body), 4096)]
	for i, c := range head {
		if c > '~' {
			return false
		}
		if c == '=' && i+2 < len(head) && hex(head[i+1]) >= 8 && hex(head[i+2]) >= 0 {
			escapes++
		}
	}
	return escapes >= 10
}

// decodeBase64 decodes what is base64 in a body, up to limit bytes: what does not belong
// is passed over, and padding ends a run only for a moment.
func decodeBase64(body []byte, limit int) []byte {
	out := make([]byte, 0, min(limit, len(body)/4*3+3))
	var quad [4]byte
	n := 0
	flush := func() {
		var three [3]byte
		if k, _ := base64.RawStdEncoding.Decode(three[:], quad[:n]); k > 0 {
			out = append(out, three[:k]...)
		}
		n = 0
	}
	for _, c := range body {
		switch {
		case c == '-':
			c = '+' // the URL's alphabet
		case c == '_':
			c = '/'
		}
		switch {
		case inBase64(c):
			quad[n] = c
			if n++; n == 4 {
				flush()
			}
		case c == '=':
			flush()
		}
		if len(out) >= limit {
			return out[:limit]
		}
	}
	flush()
	return out[:min(len(out), limit)]
}

// decodeQuoted decodes quoted-printable up to limit bytes; what is no escape stays.
func decodeQuoted(body []byte, limit int) []byte {
	out := make([]byte, 0, min(limit, len(body)))
	for i := 0; i < len(body) && len(out) < limit; i++ {
		c := body[i]
		if c != '=' {
			out = append(out, c)
			continue
		}
		if i+2 < len(body) && hex(body[i+1]) >= 0 && hex(body[i+2]) >= 0 {
			out = append(out, byte(hex(body[i+1])<<4|hex(body[i+2])))
			i += 2
			continue
		}
		end := i + 1 // a soft line break, with spaces somebody added
		for end < len(body) && (body[end] == ' ' || body[end] == '\t' || body[end] == '\r') {
			end++
		}
		if end == len(body) || body[end] == '\n' {
			i = end
			continue
		}
		out = append(out, c)
	}
	return out
}

// hex is the value of a hexadecimal digit, or -1.
func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
