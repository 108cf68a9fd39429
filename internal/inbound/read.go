package inbound

import (
	"bytes"
	"errors"
	"net/textproto"
	"slices"
	"strings"
)

// What Read takes at most. Whatever is beyond is left, and Letter.Cut says so.
const (
	maxLetter = 10 << 20 // bytes of the letter
	maxHeader = 256 << 10
	maxFields = 1000
	maxField  = 16 << 10 // bytes of one field
	maxParts  = 100
	maxDepth  = 10
	maxPart   = 1 << 20  // bytes of a part of text, and of a letter within the letter
	maxTexts  = 4 << 20  // bytes of all parts together
	maxOther  = 64 << 10 // bytes of a picture, a document …
)

var errNoLetter = errors.New("this is no letter: it does not begin with a header")

// Read reads a letter as leniently as it can and in bounded memory: broken MIME, a wrong
// or missing charset, missing boundaries and bad encodings cost at most the part they
// are in. It fails only on bytes that do not begin with a single field of a header.
func Read(raw []byte) (*Letter, error) {
	r := reader{letter: &Letter{Header: textproto.MIMEHeader{}}}
	if len(raw) > maxLetter {
		raw, r.letter.Cut = raw[:maxLetter], true
	}
	raw = bytes.TrimLeft(withNewlines(raw), "\r\n")
	fields, body := r.header(raw)
	if len(fields) == 0 {
		return nil, errNoLetter
	}
	r.letter.take(fields)
	text := r.part(contentOf(fields), body, 0)
	r.letter.Text = strings.TrimRight(text.text, "\n") + "\n"
	if strings.TrimSpace(text.text) == "" {
		r.letter.Text = ""
	}
	return r.letter, nil
}

// withNewlines gives a letter of bare carriage returns its lines back.
func withNewlines(raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') >= 0 || bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	return bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
}

// reader walks the MIME tree of one letter and keeps count.
type reader struct {
	letter *Letter
	parts  int
	bytes  int // decoded so far
}

// header is splitHeader with its excess noted.
func (r *reader) header(raw []byte) ([]field, []byte) {
	fields, body, cut := splitHeader(raw)
	r.letter.Cut = r.letter.Cut || cut
	return fields, body
}

// spoken is what a part says to a reader.
type spoken struct {
	text string
	html bool // it is made from HTML
}

// part reads one node of the tree and returns its text.
func (r *reader) part(c content, body []byte, depth int) spoken {
	if !strings.HasPrefix(c.media, "multipart/") {
		return r.leaf(c, body)
	}
	sections := sections(body, c.params["boundary"])
	switch {
	case sections == nil: // no boundary to be seen: all of it is text
		return r.leaf(content{media: "text/plain", params: map[string]string{}, encoding: c.encoding}, body)
	case depth == maxDepth:
		r.letter.Cut = true
		return spoken{}
	}
	r.parts++
	var said []spoken
	for section := range sections {
		if r.parts >= maxParts {
			r.letter.Cut = true
			break
		}
		fields, inner := r.header(section)
		child := contentOf(fields)
		if c.media == "multipart/digest" && child.media == "text/plain" {
			child.media = "message/rfc822" // RFC 2046 5.1.5
		}
		said = append(said, r.part(child, inner, depth+1))
	}
	if c.media == "multipart/alternative" {
		return best(said)
	}
	return together(said)
}

// leaf decodes a part without parts and returns its text, if it is to be read at once.
func (r *reader) leaf(c content, body []byte) spoken {
	if r.parts >= maxParts || r.bytes >= maxTexts {
		r.letter.Cut = true
		return spoken{}
	}
	r.parts++
	limit := maxOther
	text := strings.HasPrefix(c.media, "text/")
	message := strings.HasPrefix(c.media, "message/")
	if text || message {
		limit = maxPart
	}
	limit = min(limit, maxTexts-r.bytes)
	decoded, cut := decodeTransfer(c.encoding, body, limit, text)
	r.letter.Cut = r.letter.Cut || cut && (text || message)
	if text || message && c.media != "message/rfc822" {
		decoded = cutRunes(lines(toUTF8(decoded, c.params["charset"])), limit)
	}
	r.bytes += len(decoded)
	r.letter.Parts = append(r.letter.Parts, Part{Type: c.media, Params: c.params, Body: decoded})
	switch {
	case c.attached:
	case c.media == "text/html":
		return spoken{text: htmlText(decoded), html: true}
	case c.media == "text/plain":
		return spoken{text: string(decoded)}
	}
	return spoken{}
}

// best is what a reader of plain text would be shown of several versions.
func best(said []spoken) spoken {
	for _, html := range []bool{false, true} {
		said := slices.Clone(said)
		said = slices.DeleteFunc(said, func(s spoken) bool { return s.html != html || strings.TrimSpace(s.text) == "" })
		if len(said) > 0 {
			return said[0]
		}
	}
	return spoken{}
}

// together is everything that is said, in its order.
func together(said []spoken) spoken {
	var b strings.Builder
	all := spoken{html: true}
	for _, s := range said {
		if strings.TrimSpace(s.text) == "" || b.Len()+len(s.text) > maxPart {
			continue
		}
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(s.text)
		all.html = all.html && s.html
	}
	all.text = b.String()
	return all
}
