package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// signedHeaders are the headers whose change breaks the signature, those a letter has.
// RFC 8058 4 asks for both List-Unsubscribe headers; the rest are RFC 6376 5.4.1's.
var signedHeaders = []string{
	"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Reply-To", "In-Reply-To", "References",
	"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID",
}

// Signers are the keys that one domain signs with, usually one or two (RSA, and Ed25519 for
// those who understand it).
type Signers []*Signer

// Keyring holds the keys by domain, in lower-case A-labels.
type Keyring map[string]Signers

// For returns the keys for letters from an address: its domain's own, else those of the
// nearest parent domain, which is aligned with it in DMARC's relaxed mode (RFC 7489 3.1.1).
func (k Keyring) For(from string) Signers {
	if len(k) == 0 {
		return nil
	}
	domain, err := asciiDomain(from[strings.LastIndexByte(from, '@')+1:])
	for err == nil {
		if signers, ok := k[domain]; ok {
			return signers
		}
		_, parent, found := strings.Cut(domain, ".")
		if !found {
			break
		}
		domain = parent
	}
	return nil
}

// Sign appends one DKIM-Signature header (RFC 6376, RFC 8463) for each key, to be put in
// front of the letter raw as Expand makes it: CRLF line ends, dots not doubled. Header and
// body are canonicalized "relaxed"; the whole body is signed, there is no l=. From is named
// once more than it occurs, so that nobody can add another one. On an error dst comes back
// as it was.
func (s Signers) Sign(dst, raw []byte, at time.Time) ([]byte, error) {
	if len(s) == 0 {
		return dst, nil
	}
	w := workspaces.Get().(*workspace)
	defer w.release()
	if err := w.load(raw); err != nil {
		return dst, fmt.Errorf("signing a letter: %w", err)
	}
	signed := dst
	for _, signer := range s {
		var err error
		if signed, err = signer.sign(signed, w, at); err != nil {
			return dst, fmt.Errorf("signing a letter with key %s: %w", signer.Name(), err)
		}
	}
	return signed, nil
}

// workspace is what the signatures of one letter share. Its memory is used again.
type workspace struct {
	body     []byte // canonical
	head     []byte // canonical signed headers
	names    []byte // the value of h=, folded
	bodyHash [base64Sum]byte
	fields   [][]byte
}

const base64Sum = (sha256.Size + 2) / 3 * 4

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// release gives the workspace back, without anything that keeps the letter alive.
func (w *workspace) release() {
	clear(w.fields)
	workspaces.Put(w)
}

var errNoFrom = errors.New("it has no From header")

// load takes the letter apart and canonicalizes it.
func (w *workspace) load(raw []byte) error {
	head, body := raw, []byte(nil)
	if i := bytes.Index(raw, []byte("\r\n\r\n")); i >= 0 {
		head, body = raw[:i+2], raw[i+4:]
	}
	w.split(head)
	w.choose()
	if !bytes.HasPrefix(w.names, []byte("From:From")) {
		return errNoFrom
	}
	w.body = appendRelaxedBody(w.body[:0], body)
	sum := sha256.Sum256(w.body)
	base64.StdEncoding.Encode(w.bodyHash[:], sum[:])
	return nil
}

// split cuts the head into fields, each with its folded lines and last CRLF.
func (w *workspace) split(head []byte) {
	w.fields = w.fields[:0]
	for start, i := 0, 0; i < len(head); {
		end := bytes.Index(head[i:], []byte("\r\n"))
		if end < 0 {
			end = len(head) - i - 2
		}
		i += end + 2
		if i >= len(head) || !isBlank(head[i]) {
			w.fields = append(w.fields, head[start:i])
			start = i
		}
	}
}

// choose lists the names to sign and canonicalizes their fields. Of a header that comes
// several times the last instance goes first (RFC 6376 5.4.2).
func (w *workspace) choose() {
	w.head, w.names = w.head[:0], w.names[:0]
	column := len(" h=")
	for i, name := range signedHeaders {
		if i == 0 {
			column = w.name(name, column)
		}
		for j := len(w.fields) - 1; j >= 0; j-- {
			if !hasName(w.fields[j], name) {
				continue
			}
			column = w.name(name, column)
			w.head = append(appendRelaxedField(w.head, w.fields[j]), "\r\n"...)
		}
	}
}

// name appends to the value of h=, with a fold where the line gets long, and returns the column.
func (w *workspace) name(name string, column int) int {
	if len(w.names) > 0 {
		w.names = append(w.names, ':')
		column++
	}
	if column+len(name) >= niceLine-len(":;") {
		w.names = append(w.names, "\r\n "...)
		column = 1
	}
	w.names = append(w.names, name...)
	return column + len(name)
}

// sign appends this key's header. What is signed is the header itself with an empty b=.
func (s *Signer) sign(dst []byte, w *workspace, at time.Time) ([]byte, error) {
	start := len(dst)
	dst = append(dst, s.opening...)
	dst = strconv.AppendInt(dst, at.Unix(), 10)
	dst = append(append(dst, ";\r\n h="...), w.names...)
	dst = append(append(dst, ";\r\n bh="...), w.bodyHash[:]...)
	dst = append(dst, ";\r\n b="...)

	letter := len(w.head)
	w.head = appendRelaxedField(w.head, dst[start:])
	sum := sha256.Sum256(w.head)
	w.head = w.head[:letter]

	signature, err := s.key.Sign(nil, sum[:], s.hash)
	if err != nil {
		return dst, err
	}
	return append(appendWrapped(dst, signature, len(" b=")), "\r\n"...), nil
}

// appendWrapped appends base64 over as many lines as it needs, from this column on.
func appendWrapped(dst, data []byte, column int) []byte {
	for {
		n := min(len(data), (niceLine-column-1)/4*3)
		dst = base64.StdEncoding.AppendEncode(dst, data[:n])
		if data = data[n:]; len(data) == 0 {
			return dst
		}
		dst = append(dst, "\r\n "...)
		column = 1
	}
}
