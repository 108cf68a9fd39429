package rehearsal

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"

	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
)

// letter is a letter as a mail program reads it.
type letter struct {
	header  mail.Header
	subject string
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
	return l, l.part(message.Header.Get("Content-Type"), message.Header.Get("Content-Transfer-Encoding"), message.Body)
}

// part reads a part of a letter, with the parts in it. What is neither text nor HTML
// is passed over.
func (l *letter) part(contentType, encoding string, body io.Reader) error {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("reading a part's type: %w", err)
	}
	if strings.HasPrefix(media, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return fmt.Errorf("reading a part: %w", err)
			}
			if err := l.part(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	decoded, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("decoding part %s: %w", media, err)
	}
	switch media {
	case "text/plain":
		l.text = string(decoded)
	case "text/html":
		l.html = string(decoded)
	}
	return nil
}

// messageID opens the Message-ID: which message the letter is.
func messageID(links *token.Sealer, header string) (int64, error) {
	left, _, _ := strings.Cut(strings.Trim(header, "<>"), "@")
	id, err := links.OpenMessageID(left)
	if err != nil {
		return 0, fmt.Errorf("opening Message-ID %q: %w", header, err)
	}
	return id, nil
}

var linkPattern = regexp.MustCompile(regexp.QuoteMeta(publicURL) + `/([ocu])/([A-Za-z0-9_-]{22})`)

// tokens opens all links of one kind ("o", "c" or "u") in a part, each once and in
// order.
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
		if t.Purpose != token.Click || t.Index != token.Honeypot { // nobody sees that one
			found = append(found, t)
		}
	}
	return found, nil
}

// letterOf is the client's last letter of a step as it arrived, with its message.
func (p *play) letterOf(ctx context.Context, step, client string) (*letter, store.Message, error) {
	messages, err := store.ListMessages(ctx, p.pool, store.MessageFilter{Client: client, Limit: 10_000})
	if err != nil {
		return nil, store.Message{}, err
	}
	var steps []string
	for _, m := range messages { // the newest first
		if m.State != "sent" && m.State != "unconfirmed" {
			continue
		}
		steps = append(steps, m.Step)
		if m.Step != step {
			continue
		}
		captured, err := store.ListCaptured(ctx, p.pool, m.Recipient, 0, 10_000)
		if err != nil {
			return nil, m, err
		}
		for _, c := range captured {
			if id, err := messageID(p.links, c.MessageID); err != nil {
				return nil, m, err
			} else if id != m.ID {
				continue
			}
			l := p.read[c.ID]
			if l == nil {
				if l, err = readLetter(c.Raw); err != nil {
					return nil, m, err
				}
				p.read[c.ID] = l
			}
			return l, m, nil
		}
	}
	had := "he has got none"
	if len(steps) > 0 {
		had = "he has got " + strings.Join(steps, ", ")
	}
	return nil, store.Message{}, broken("%s has not got the letter %s by then%s", client, step, orElse(sequences.DidYouMean(step, steps), ": "+had))
}
