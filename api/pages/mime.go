package pages

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// What is read of a letter, however it was made.
const (
	mimeDepth = 6
	mimeParts = 50
	mimeBytes = 10 << 20
)

// parsedLetter is a letter as people read it.
type parsedLetter struct {
	Headers []header // in their order, decoded
	Text    string   // the first text/plain part
	HTML    string   // the first text/html part
}

// header is one line of a letter's head.
type header struct{ Name, Value string }

// value is the first header of a name, or "".
func (l parsedLetter) value(name string) string {
	for _, h := range l.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

var errNoLetter = errors.New("these bytes are no letter")

// parseLetter takes a letter apart (RFC 5322, 2045). Broken parts are left out:
// the source shows them as they are.
func parseLetter(raw []byte) (parsedLetter, error) {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return parsedLetter{}, errNoLetter
	}
	l := parsedLetter{Headers: headersOf(raw)}
	r := mimeReader{letter: &l, parts: mimeParts}
	r.part(textproto.MIMEHeader(message.Header), message.Body, mimeDepth)
	return l, nil
}

// headersOf reads the head line by line, for names spelled and ordered as they
// were sent, which net/mail does not keep.
func headersOf(raw []byte) []header {
	var list []header
	decoder := mime.WordDecoder{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if folded := line[0] == ' ' || line[0] == '\t'; folded && len(list) > 0 {
			list[len(list)-1].Value += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			list = append(list, header{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	for i, h := range list {
		if decoded, err := decoder.DecodeHeader(h.Value); err == nil {
			list[i].Value = decoded
		}
		list[i].Value = strings.ToValidUTF8(list[i].Value, "\uFFFD")
	}
	return list
}

// mimeReader collects the readable parts of a letter.
type mimeReader struct {
	letter *parsedLetter
	parts  int // that may still be read
}

func (r *mimeReader) part(head textproto.MIMEHeader, body io.Reader, depth int) {
	if r.parts == 0 || depth == 0 {
		return
	}
	r.parts--
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045, section 5.2
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			r.part(part.Header, part, depth-1)
		}
	}
	if disposition, _, _ := mime.ParseMediaType(head.Get("Content-Disposition")); disposition == "attachment" {
		return
	}
	switch {
	case kind == "text/plain" && r.letter.Text == "":
		r.letter.Text = decoded(head, body)
	case kind == "text/html" && r.letter.HTML == "":
		r.letter.HTML = decoded(head, body)
	}
}

// decoded reads a part's text as far as it can be read.
func decoded(head textproto.MIMEHeader, body io.Reader) string {
	switch strings.ToLower(strings.TrimSpace(head.Get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, _ := io.ReadAll(io.LimitReader(body, mimeBytes)) // what was read before an error is worth showing
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
