package mail

import (
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"seventh/templates"
)

// Compiled is a letter template ready to be composed. It is safe for concurrent use.
type Compiled struct {
	// Hash is the SHA-256 of the fixed parts, each with its length; the key they are stored by.
	Hash [32]byte
	// Fixed are the encoded parts that all letters of this template share: first the
	// template's own texts under their own numbers, then the frame's pieces, and between
	// those the attachments.
	Fixed [][]byte

	texts         int // how many of Fixed are the template's
	headers       []compiledHeader
	open, between int   // indexes of the frame's pieces in Fixed
	tail          []int // what comes after the HTML part
}

type compiledHeader struct {
	frameHeader
	piece int // index in Fixed
}

// Compile prepares a letter template with the files that go with it. Equal letters with
// equal files give equal parts and an equal hash.
func Compile(l *templates.Letter, attachments ...Attachment) (*Compiled, error) {
	c := &Compiled{texts: len(l.Fixed)}
	for _, text := range l.Fixed {
		c.add(appendQP(nil, text))
	}
	f, err := newFrame(boundary(l.Fixed), attachments)
	if err != nil {
		return nil, fmt.Errorf("compiling letter %s: %w", l.Name, err)
	}
	for _, h := range f.headers {
		c.headers = append(c.headers, compiledHeader{h, c.add([]byte(h.text))})
	}
	c.open, c.between = c.add(f.open), c.add(f.between)
	for i, tail := range f.tails {
		c.tail = append(c.tail, c.add(tail))
		if i < len(attachments) {
			c.tail = append(c.tail, c.add(attachments[i].encoded))
		}
	}
	c.Hash = hashFixed(c.Fixed)
	return c, nil
}

func (c *Compiled) add(piece []byte) int {
	c.Fixed = append(c.Fixed, piece)
	return len(c.Fixed) - 1
}

// boundary is the template's own and begins with "=_", which cannot occur in
// quoted-printable text (RFC 2045 6.7).
func boundary(fixed [][]byte) string {
	hash := hashFixed(fixed)
	return "=_" + hex.EncodeToString(hash[:12])
}

// Compose appends one letter's personal stream to dst. On an error dst comes back as it
// was; ErrUnsupportedAddress means that this client cannot be written to.
func (c *Compiled) Compose(dst []byte, h Header, r *templates.Rendered) ([]byte, error) {
	w := streams.Get().(*streamWriter)
	defer streams.Put(w)
	w.reset()
	if err := c.compose(w, h, r); err != nil {
		return dst, fmt.Errorf("composing a letter: %w", err)
	}
	return append(dst, w.finish()...), nil // of the size it needs: it is kept until the letter's outcome is
}

// streams are written to before their length is known.
var streams = sync.Pool{New: func() any { return new(streamWriter) }}

func (c *Compiled) compose(w *streamWriter, h Header, r *templates.Rendered) error {
	for _, header := range c.headers {
		if !h.has(header.name) {
			continue
		}
		w.fixed(header.piece)
		if header.fixed {
			continue
		}
		var err error
		if w.buf, err = h.appendValue(w.buf, header.name, len(header.text), r.Subject); err != nil {
			return fmt.Errorf("header %s: %w", header.name, err)
		}
		w.buf = append(w.buf, "\r\n"...)
	}
	var err error
	if w.buf, err = appendRelay(w.buf, h.Relay); err != nil {
		return fmt.Errorf("header for the relay: %w", err)
	}
	w.fixed(c.open)
	if err := c.part(w, r.Text); err != nil {
		return fmt.Errorf("text part: %w", err)
	}
	w.fixed(c.between)
	if err := c.part(w, r.HTML); err != nil {
		return fmt.Errorf("HTML part: %w", err)
	}
	for _, piece := range c.tail {
		w.fixed(piece)
	}
	return nil
}

// part writes one body: fixed texts by number, personal ones encoded.
func (c *Compiled) part(w *streamWriter, segments []templates.Segment) error {
	for _, s := range segments {
		switch {
		case s.Fixed < 0:
			w.buf = appendQP(w.buf, s.Personal)
		case s.Fixed < c.texts:
			w.fixed(s.Fixed)
		default:
			return fmt.Errorf("rendered from another template: it has no text %d", s.Fixed)
		}
	}
	return nil
}

// has reports whether a header appears in this letter.
func (h Header) has(name string) bool {
	switch name {
	case "reply-to":
		return h.ReplyTo.Email != ""
	case "list-id":
		return h.ListID != ""
	case "list-unsubscribe":
		return h.Unsubscribe != "" || h.UnsubscribeMailto != ""
	case "list-unsubscribe-post":
		return h.Unsubscribe != ""
	case "in-reply-to":
		return h.InReplyTo != ""
	case "references":
		return len(h.References) > 0
	}
	return true
}

// appendValue appends a header's value, folded as from this column.
func (h Header) appendValue(dst []byte, name string, column int, subject string) ([]byte, error) {
	switch name {
	case "from":
		return appendAddress(dst, h.From, column)
	case "to":
		return appendAddress(dst, h.To, column)
	case "reply-to":
		return appendAddress(dst, h.ReplyTo, column)
	case "subject":
		return appendText(dst, subject, column), nil
	case "date":
		if h.Date.IsZero() {
			return dst, errors.New("no date")
		}
		return h.Date.AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 -0700"), nil // RFC 5322 3.3
	case "message-id":
		return appendBracketed(dst, h.MessageID)
	case "in-reply-to":
		return appendBracketed(dst, h.InReplyTo)
	case "references":
		return appendIDs(dst, h.References)
	case "list-id":
		return appendBracketed(dst, h.ListID)
	case "list-unsubscribe":
		return appendUnsubscribe(dst, h)
	}
	return dst, errors.New("is not one of ours")
}
