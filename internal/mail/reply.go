package mail

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// errMalformed is what a line that is no SMTP reply becomes.
var errMalformed = errors.New("server's answer is not an SMTP reply")

const (
	maxText  = 500      // bytes of a server's words that are kept
	maxReply = 32 << 20 // bytes of one reply that are read
)

// readReply reads one reply, single or multi-line (RFC 5321 4.2.1). Only the first words
// are kept: a huge reply costs time but no memory, and its code still counts. The text is
// raw; see clean.
func readReply(r *bufio.Reader) (code int, text string, err error) {
	var kept [maxText + 16]byte // some more, as the enhanced code comes off later
	words := kept[:0]
	for left := maxReply; left > 0; {
		line, err := r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return 0, "", err
		}
		n, last, ok := replyCode(line)
		if !ok || code != 0 && n != code {
			return 0, "", fmt.Errorf("%w: %q", errMalformed, clean(string(line[:min(len(line), 80)]), 80))
		}
		code = n
		words = appendWords(words, line[min(len(line), 4):], cap(kept[:]))
		left -= len(line)
		for err == bufio.ErrBufferFull && left > 0 { // the rest of a long line
			line, err = r.ReadSlice('\n')
			left -= len(line)
		}
		if err != nil && err != bufio.ErrBufferFull {
			return 0, "", err
		}
		if err == nil && last {
			return code, string(words), nil
		}
	}
	return 0, "", errFlood
}

// replyCode reads "250-", "250 " or a bare "250" at the start of a line.
func replyCode(line []byte) (code int, last, ok bool) {
	if len(line) < 4 || line[0] < '2' || line[0] > '5' {
		return 0, false, false
	}
	for _, d := range line[:3] {
		if d < '0' || d > '9' {
			return 0, false, false
		}
		code = code*10 + int(d-'0')
	}
	switch line[3] {
	case '-':
		return code, false, true
	case ' ', '\r', '\n':
		return code, true, true
	}
	return 0, false, false
}

// appendWords adds a line's text after a space, up to limit bytes in all.
func appendWords(words, line []byte, limit int) []byte {
	if len(words) > 0 && len(words) < limit {
		words = append(words, ' ')
	}
	return append(words, line[:min(len(line), limit-len(words))]...)
}

// clean makes a stranger's words fit for logs, pages and the database: valid UTF-8, no
// control or invisible formatting characters, single spaces, at most limit bytes.
func clean(s string, limit int) string {
	if isClean(s) && len(s) <= limit {
		return s
	}
	var b strings.Builder
	pending := "" // a space, once words follow it
	for _, r := range s {
		if !unicode.IsPrint(r) || r == ' ' || r == utf8.RuneError {
			pending = " "
			continue
		}
		if b.Len() == 0 {
			pending = ""
		}
		if b.Len()+len(pending)+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteString(pending)
		b.WriteRune(r)
		pending = ""
	}
	return b.String()
}

func isClean(s string) bool {
	before := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && before == ' ' {
			return false
		}
		before = s[i]
	}
	return s == "" || before != ' '
}
