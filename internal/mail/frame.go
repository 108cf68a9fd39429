package mail

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// A frame is a letter's MIME with its headers' values and its two texts left out. go-mail
// builds it, so the order of headers, the MIME structure and the part headers are the
// library's; only the values are ours.
type frame struct {
	headers       []frameHeader
	open, between []byte   // before the text and the HTML part
	tails         [][]byte // after the HTML part, and after each attachment
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
	fileMark = "c2V2ZW50aC1maWxl" // what go-mail makes of seventh-file
)

// fixedHeaders are the same in every letter of a template.
var fixedHeaders = map[string]bool{"mime-version": true, "content-type": true, "list-unsubscribe-post": true}

func newFrame(boundary string, attachments []Attachment) (*frame, error) {
	raw, err := placeholderMessage(boundary, attachments)
	if err != nil {
		return nil, fmt.Errorf("building the frame: %w", err)
	}
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	open, rest, okText := bytes.Cut(bytes.TrimLeft(body, "\r\n"), []byte(textMark))
	between, tail, okHTML := bytes.Cut(rest, []byte(htmlMark))
	tails := bytes.Split(tail, []byte(fileMark))
	if !okText || !okHTML || len(tails) != len(attachments)+1 {
		return nil, errors.New("building the frame: parts are not where they were put")
	}
	f := &frame{open: append([]byte("\r\n"), open...), between: between, tails: tails}
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
func placeholderMessage(boundary string, attachments []Attachment) ([]byte, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP), gomail.WithCharset(gomail.CharsetUTF8))
	if len(attachments) == 0 {
		// Given here because go-mail does not quote a boundary that needs it (RFC 2045 5.1).
		m.SetBoundary(boundary)
		m.SetGenHeader(gomail.HeaderContentType, `multipart/alternative; boundary="`+boundary+`"`)
	}
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
	for _, a := range attachments {
		if err := m.AttachReader(a.name, strings.NewReader("seventh-file"), a.headers); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	if _, err := m.WriteTo(&buf); err != nil {
		return nil, err
	}
	if len(attachments) == 0 {
		return buf.Bytes(), nil
	}
	raw := bytes.ReplaceAll(buf.Bytes(), []byte(": \r\n "), []byte(":\r\n ")) // no line ends in a space
	return withBoundaries(raw, mixedBoundary(boundary), boundary)
}

// headers are an attachment's. go-mail's own hold its name as an encoded word between
// quotes, which RFC 2047 5 forbids and mail programs read each in their way.
func (a Attachment) headers(f *gomail.File) {
	kind := strings.Replace(a.kind, "; ", ";\r\n ", 1)
	if len("Content-Type: ;")+len(kind) > wordLine {
		kind = "\r\n " + kind
	}
	f.Header.Set("Content-Type", kind+parameter("name", a.name))
	f.Header.Set("Content-Disposition", "attachment"+parameter("filename", a.name))
}

// mixedBoundary parts the attachments from the texts and from each other. It is no
// beginning of the other boundary, nor that one of it, and like it cannot occur in an
// encoded part.
func mixedBoundary(boundary string) string { return "=_m" + strings.TrimPrefix(boundary, "=_") }

// withBoundaries puts ours in the place of go-mail's, which are random and unquoted.
func withBoundaries(raw []byte, boundaries ...string) ([]byte, error) {
	given := givenBoundary.FindAllSubmatch(raw, len(boundaries)) // the names of files come after both
	if len(given) != len(boundaries) {
		return nil, fmt.Errorf("%d multiparts instead of %d", len(given), len(boundaries))
	}
	for i, ours := range boundaries {
		raw = bytes.Replace(raw, given[i][0], []byte(`boundary="`+ours+`"`), 1)
		raw = bytes.ReplaceAll(raw, append([]byte("--"), given[i][1]...), []byte("--"+ours))
	}
	return raw, nil
}

var givenBoundary = regexp.MustCompile(`boundary=([0-9a-z]+)`)
