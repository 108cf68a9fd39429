package worker_test

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"

	"seventh/internal/token"
)

// letter is a received letter as a mail program reads it.
type letter struct {
	header  mail.Header
	subject string
	types   []string // media types of the parts, in order
	text    string
	html    string
}

func readLetter(raw []byte) (*letter, error) {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("reading a letter: %w", err)
	}
	l := &letter{header: message.Header}
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return nil, fmt.Errorf("decoding the subject: %w", err)
	}
	media, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		return nil, fmt.Errorf("the letter is %q, want multipart/alternative (%w)", media, err)
	}
	parts := multipart.NewReader(message.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading a part: %w", err)
		}
		if err := l.add(part); err != nil {
			return nil, err
		}
	}
}

func (l *letter) add(part *multipart.Part) error {
	media, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("reading a part's type: %w", err)
	}
	if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" || !strings.EqualFold(params["charset"], "utf-8") {
		return fmt.Errorf("part %s is in %s, %s; want quoted-printable, utf-8", media, encoding, params["charset"])
	}
	body, err := io.ReadAll(quotedprintable.NewReader(part))
	if err != nil {
		return fmt.Errorf("decoding part %s: %w", media, err)
	}
	l.types = append(l.types, media)
	switch media {
	case "text/plain":
		l.text = string(body)
	case "text/html":
		l.html = string(body)
	}
	return nil
}

// messageID opens the Message-ID: which message the letter is.
func (l *letter) messageID(links *token.Sealer) (int64, error) {
	left, _, _ := strings.Cut(strings.Trim(l.header.Get("Message-ID"), "<>"), "@")
	id, err := links.OpenMessageID(left)
	if err != nil {
		return 0, fmt.Errorf("opening Message-ID %q: %w", l.header.Get("Message-ID"), err)
	}
	return id, nil
}

var linkPattern = regexp.MustCompile(regexp.QuoteMeta(publicURL) + `/([ocu])/([A-Za-z0-9_-]{22})`)

// tokens opens all links of one kind ("o", "c" or "u") in a part, each once and in order.
func tokens(links *token.Sealer, body, kind string, purpose token.Purpose) ([]token.Token, error) {
	var found []token.Token
	seen := map[string]bool{}
	for _, match := range linkPattern.FindAllStringSubmatch(body, -1) {
		if match[1] != kind || seen[match[2]] {
			continue
		}
		seen[match[2]] = true
		t, err := links.Open(match[2], purpose)
		if err != nil {
			return nil, fmt.Errorf("opening link %s: %w", match[0], err)
		}
		found = append(found, t)
	}
	return found, nil
}
