package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// A frame is a letter's MIME with its headers' values and its two texts left out. go-mail
// builds it, so the order of headers, the MIME structure and the part headers are the
// library's; only the values are ours.
type frame struct {
	headers             []frameHeader
	open, between, tail []byte // around the text and the HTML part
}

// frameHeader is one header, in go-mail's order.
type frameHeader struct {
	name  string // lower-case
	text  string // "Name: " when the value is personal, else the whole header with its CRLF
	fixed bool
}

const (
	textMark = "seventh-text-part"
	htmlMark = "seventh-html-part"
)

// fixedHeaders are the same in every letter of a template.
var fixedHeaders = map[string]bool{"mime-version": true, "content-type": true, "list-unsubscribe-post": true}

func newFrame(boundary string) (*frame, error) {
	raw, err := placeholderMessage(boundary)
	if err != nil {
		return nil, fmt.Errorf("building the frame: %w", err)
	}
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	open, rest, okText := bytes.Cut(bytes.TrimLeft(body, "\r\n"), []byte(textMark))
	between, tail, okHTML := bytes.Cut(rest, []byte(htmlMark))
	if !okText || !okHTML {
		return nil, errors.New("building the frame: parts are not where they were put")
	}
	f := &frame{open: append([]byte("\r\n"), open...), between: between, tail: tail}
	unfolded := strings.ReplaceAll(string(head), "\r\n ", " ")
	for line := range strings.SplitSeq(unfolded, "\r\n") {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return nil, fmt.Errorf("building the frame: header %q has no value", line)
		}
		h := frameHeader{name: strings.ToLower(name), text: name + ": "}
		if fixedHeaders[h.name] {
			h.fixed = true
			h.text = name + ": " + strings.ReplaceAll(value, "; ", ";\r\n ") + "\r\n"
		}
		f.headers = append(f.headers, h)
	}
	return f, nil
}

// placeholderMessage is a letter that has every header a letter can have.
func placeholderMessage(boundary string) ([]byte, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithCharset(gomail.CharsetUTF8), gomail.WithBoundary(boundary))
	// Given here because go-mail does not quote a boundary that needs it (RFC 2045 5.1).
	m.SetGenHeader(gomail.HeaderContentType, `multipart/alternative; boundary="`+boundary+`"`)
	m.SetDateWithValue(time.Unix(0, 0).UTC())
	m.SetMessageIDWithValue("id@frame.invalid")
	m.Subject("subject")
	for header, value := range map[gomail.Header]string{
		gomail.HeaderInReplyTo:           "<id@frame.invalid>",
		gomail.HeaderReferences:          "<id@frame.invalid>",
		"List-ID":                        "<list.frame.invalid>",
		gomail.HeaderListUnsubscribe:     "<https://frame.invalid/>",
		gomail.HeaderListUnsubscribePost: "List-Unsubscribe=One-Click",
	} {
		m.SetGenHeader(header, value)
	}
	if err := errors.Join(m.From("from@frame.invalid"), m.To("to@frame.invalid"), m.ReplyTo("reply@frame.invalid")); err != nil {
		return nil, err
	}
	m.SetBodyString(gomail.TypeTextPlain, textMark)
	m.AddAlternativeString(gomail.TypeTextHTML, htmlMark)
	var buf bytes.Buffer
	if _, err := m.WriteTo(&buf); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
