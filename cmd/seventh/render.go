package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/templates"
)

type renderCommand struct {
	letterChoice
	Format string `enum:"html,text,eml" default:"text" help:"html, text or eml (the source as it would be sent)."`
	JSON   bool   `name:"json" help:"Print the letters as JSON: subject, HTML, text, files, and what is empty in them."`
}

// Run writes a letter for a sample or a real client. What is empty in it goes to stderr.
func (c renderCommand) Run(p *process, s *Settings) error {
	chosen, err := c.choose(p, s)
	if err != nil {
		return err
	}
	previews, err := chosen.render()
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printJSON(p, s, chosen, previews)
	}
	for _, preview := range previews {
		for _, blank := range preview.blanks {
			fmt.Fprintf(p.stderr, "warning: %s:%d:%d: %s\n", blank.File, blank.Line, blank.Column, blank.Message)
		}
		if len(previews) > 1 {
			fmt.Fprintf(p.stdout, c.heading(), preview.letter.Path)
		}
		if err := c.print(p, s, chosen, preview); err != nil {
			return err
		}
	}
	return nil
}

// heading tells one of several letters from the one before it.
func (c renderCommand) heading() string {
	if c.Format == "html" {
		return "<!-- %s -->\n"
	}
	return "==> %s <==\n"
}

func (c renderCommand) print(p *process, s *Settings, chosen *chosen, preview preview) (err error) {
	switch c.Format {
	case "html":
		_, err = p.stdout.Write(preview.rendered.HTMLBytes(preview.letter))
	case "eml":
		var raw []byte
		if raw, err = chosen.source822(s, preview); err == nil {
			_, err = p.stdout.Write(raw)
		}
	default:
		_, err = fmt.Fprintf(p.stdout, "Subject: %s\n\n%s\n", preview.rendered.Subject, preview.rendered.TextBytes(preview.letter))
	}
	return err
}

// letterJSON is a letter for programs.
type letterJSON struct {
	Template string            `json:"template"`
	Locale   string            `json:"locale"`
	File     string            `json:"file"`
	Subject  string            `json:"subject"`
	Text     string            `json:"text"`
	HTML     string            `json:"html"`
	Source   string            `json:"source,omitempty"` // with --format eml
	Files    []string          `json:"files"`
	Warnings []content.Problem `json:"warnings"`
}

func (c renderCommand) printJSON(p *process, s *Settings, chosen *chosen, previews []preview) error {
	letters := make([]letterJSON, 0, len(previews))
	for _, preview := range previews {
		shown := letterJSON{
			Template: preview.letter.Name, Locale: preview.letter.Locale, File: preview.letter.Path, Subject: preview.rendered.Subject,
			Text: string(preview.rendered.TextBytes(preview.letter)), HTML: string(preview.rendered.HTMLBytes(preview.letter)),
			Files: slices.Concat([]string{}, chosen.files), Warnings: []content.Problem{},
		}
		for _, blank := range preview.blanks {
			shown.Warnings = append(shown.Warnings, content.Problem(blank))
		}
		if c.Format == "eml" {
			raw, err := chosen.source822(s, preview)
			if err != nil {
				return err
			}
			shown.Source = string(raw)
		}
		letters = append(letters, shown)
	}
	return json.NewEncoder(p.stdout).Encode(map[string]any{"letters": letters})
}

// source822 is a letter as it would be sent (RFC 822 and what came after it).
func (c *chosen) source822(s *Settings, preview preview) ([]byte, error) {
	return c.write(preview.letter, preview.rendered, mail.Header{
		To: mail.Address{Email: c.to}, MessageID: "sample@example.com", Date: time.Now(), Unsubscribe: s.publicURL() + "/u/sample",
	}, "")
}

// write makes the source of a letter from the chosen sender, with the chosen files, and
// extra header lines in front.
func (c *chosen) write(letter *templates.Letter, rendered *templates.Rendered, header mail.Header, extra string) ([]byte, error) {
	attachments, err := c.attachments()
	if err != nil {
		return nil, err
	}
	compiled, err := mail.Compile(letter, attachments...)
	if err != nil {
		return nil, err
	}
	header.From, header.ReplyTo = mail.Address{Name: c.from.Name, Email: c.from.Email}, mail.Address{Name: c.from.Name, Email: c.from.Email}
	if c.from.ReplyTo != "" {
		header.ReplyTo.Email = c.from.ReplyTo
	}
	personal, err := compiled.Compose(nil, header, rendered)
	if err != nil {
		return nil, err
	}
	if extra != "" {
		personal = mail.PrependLiteral(personal, []byte(extra))
	}
	return mail.Expand(nil, compiled.Fixed, personal)
}

func (c *chosen) attachments() ([]mail.Attachment, error) {
	var list []mail.Attachment
	for _, name := range c.files {
		body, found := c.folder.Attachment(name)
		if !found {
			return nil, fmt.Errorf("there is no files/%s in this folder", name)
		}
		list = append(list, mail.NewAttachment(name, body))
	}
	return list, nil
}
