package mail

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Header is what differs in the headers of each letter. From, To, MessageID and Date are
// required.
type Header struct {
	From, ReplyTo, To Address
	MessageID         string // without <>
	Date              time.Time
	Unsubscribe       string   // URL that takes the one-click POST (RFC 8058); https but in the sandbox
	UnsubscribeMailto string   // address, with or without mailto:; optional
	ListID            string   // without <> (RFC 2919); optional
	InReplyTo         string   // the Message-ID, without <>, of the letter that this one follows (RFC 5322 3.6.4); optional
	References        []string // Message-IDs, without <>, of the thread so far, oldest first; optional
	// Relay are whole lines of the header, without CRLF, for the provider that takes the
	// letter from us: what it tells of it later has them; optional.
	Relay []string
}

const (
	niceLine = 78  // RFC 5322 2.1.1: lines should not be longer
	wordLine = 76  // RFC 2047 2: lines with an encoded word must not be longer
	maxToken = 900 // bytes without a place to fold; with its name and brackets still under 998
)

// appendRelay appends the lines for the provider, which are made by programs.
func appendRelay(dst []byte, lines []string) ([]byte, error) {
	for _, line := range lines {
		if name, _, ok := strings.Cut(line, ": "); !ok || name == "" || !isPrintable(line) || len(line) > maxToken || strings.ContainsAny(name, " :") {
			return dst, fmt.Errorf("%w: want a line of ASCII with a name", errHeaderValue)
		}
		dst = append(append(dst, line...), "\r\n"...)
	}
	return dst, nil
}

var errHeaderValue = errors.New("value cannot stand in a header")

// appendText appends unstructured text, the subject, from this column on.
func appendText(dst []byte, text string, column int) []byte {
	text = headerText(text)
	if needsEncoding(text) {
		dst, _ = appendEncodedWords(dst, text, column)
		return dst
	}
	folded, ok := appendFolded(dst, text, column)
	if !ok {
		folded, _ = appendEncodedWords(dst, text, column)
	}
	return folded
}

// appendAddress appends a mailbox with its name, if any, from this column on.
func appendAddress(dst []byte, a Address, column int) ([]byte, error) {
	mailbox, err := Mailbox(a.Email)
	if err != nil {
		return dst, err
	}
	before := len(dst)
	switch name := headerText(a.Name); {
	case name == "":
	case needsEncoding(name) || len(name) > 50:
		dst, column = appendEncodedWords(dst, name, column)
	case isPhrase(name):
		dst = append(dst, name...)
		column += len(name)
	default:
		quoted := len(dst)
		dst = appendQuoted(dst, name)
		column += len(dst) - quoted
	}
	if len(dst) > before {
		if column+len(mailbox)+3 > niceLine {
			dst = append(dst, "\r\n"...)
		}
		dst = append(dst, ' ')
	}
	return append(append(append(dst, '<'), mailbox...), '>'), nil
}

// appendIDs appends message ids in angle brackets, each after the first on a line of its own, so that no thread is too long for a line.
func appendIDs(dst []byte, ids []string) ([]byte, error) {
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, "\r\n "...)
		}
		var err error
		if dst, err = appendBracketed(dst, id); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendUnsubscribe appends the value of List-Unsubscribe (RFC 2369): the URL first, as
// mailbox providers prefer it.
func appendUnsubscribe(dst []byte, h Header) ([]byte, error) {
	if h.Unsubscribe != "" {
		if !isWebAddress(h.Unsubscribe) {
			return dst, fmt.Errorf("%w: not an https URL", errHeaderValue)
		}
		var err error
		if dst, err = appendBracketed(dst, h.Unsubscribe); err != nil {
			return dst, err
		}
	}
	if h.UnsubscribeMailto == "" {
		return dst, nil
	}
	if h.Unsubscribe != "" {
		dst = append(dst, ",\r\n "...)
	}
	return appendBracketed(dst, "mailto:"+strings.TrimPrefix(h.UnsubscribeMailto, "mailto:"))
}

// isWebAddress reports whether s is an http or https URL with a host. One of plain characters, as ours are, need not be taken apart.
func isWebAddress(s string) bool {
	rest, web := strings.CutPrefix(s, "https://")
	plain := web && rest != "" && rest[0] != '/'
	for i := 0; plain && i < len(rest); i++ {
		c := rest[i]
		plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '/' || c == '.' || c == '-' || c == '_'
	}
	if plain {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// appendBracketed appends a token in angle brackets. Graphic ASCII only: these values are
// made by programs, so anything else is a mistake or an attack.
func appendBracketed(dst []byte, token string) ([]byte, error) {
	ok := token != "" && len(token) <= maxToken
	for i := 0; ok && i < len(token); i++ {
		c := token[i]
		ok = c > ' ' && c <= '~' && c != '<' && c != '>'
	}
	if !ok {
		return dst, fmt.Errorf("%w: want 1 to %d graphic ASCII characters without <>", errHeaderValue, maxToken)
	}
	return append(append(append(dst, '<'), token...), '>'), nil
}

// appendEncodedWords appends text as RFC 2047 encoded words, cut between characters, and
// returns the column it ends in.
func appendEncodedWords(dst []byte, text string, column int) ([]byte, int) {
	const open, end = "=?utf-8?b?", "?="
	for {
		n := min(len(text), (wordLine-column-len(open)-len(end))/4*3)
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		dst = append(dst, open...)
		dst = base64.StdEncoding.AppendEncode(dst, []byte(text[:n]))
		dst = append(dst, end...)
		column += len(open) + base64.StdEncoding.EncodedLen(n) + len(end)
		if text = text[n:]; text == "" {
			return dst, column
		}
		dst = append(dst, "\r\n "...)
		column = 1
	}
}

// appendFolded appends ASCII text, folded at single spaces (RFC 5322 2.2.3) so that
// unfolding gives back every space. ok is false when a token is too long for any line.
func appendFolded(dst []byte, text string, column int) (folded []byte, ok bool) {
	for first := true; text != ""; first = false {
		n := foldAt(text)
		if n > maxToken {
			return dst[:len(dst):len(dst)], false
		}
		if !first && column+n > niceLine {
			dst = append(dst, "\r\n"...)
			column = 0
		}
		dst = append(dst, text[:n]...)
		column += n
		text = text[n:]
	}
	return dst, true
}

// foldAt is the index of the next space to fold before, or the length of the text.
func foldAt(text string) int {
	for i := 1; i < len(text)-1; i++ {
		if text[i] == ' ' && text[i-1] != ' ' && text[i+1] != ' ' {
			return i
		}
	}
	return len(text)
}

// headerText makes a name or subject safe for a header: every control character, line or
// paragraph separator and invalid byte becomes a space; spaces around are cut.
func headerText(s string) string {
	if isPrintable(s) {
		return strings.Trim(s, " ")
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	return strings.Trim(s, " ")
}

// needsEncoding reports whether text without control characters is not ASCII or would be taken for an encoded word.
func needsEncoding(text string) bool { return !isPrintable(text) || strings.Contains(text, "=?") }

// isPrintable reports whether s is printable ASCII only.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isPhrase reports whether a name is atoms between single spaces and needs no quotes.
func isPhrase(name string) bool {
	for i := range len(name) {
		if !isAtext(name[i]) && (name[i] != ' ' || name[i-1] == ' ') {
			return false
		}
	}
	return true
}

func appendQuoted(dst []byte, name string) []byte {
	dst = append(dst, '"')
	for i := range len(name) {
		if name[i] == '"' || name[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, name[i])
	}
	return append(dst, '"')
}
