package main

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/internal/store"
	"seventh/worker"
)

type sendTestCommand struct {
	letterChoice
	To   string `required:"" placeholder:"ADDRESS" help:"Your own address: the letter goes there, whoever the client is."`
	JSON bool   `name:"json" help:"Print what was sent as JSON."`
}

// testSent is a test letter that the mail server has taken.
type testSent struct {
	Template  string            `json:"template"`
	Locale    string            `json:"locale"`
	To        string            `json:"to"`
	Subject   string            `json:"subject"`
	MessageID string            `json:"message_id"`
	Response  string            `json:"response"`
	Warnings  []content.Problem `json:"warnings"`
}

// Run sends a letter to its author as its clients would get it: from the same sender,
// over the same server, with the same signature. Nothing is written down, and its links
// are not tracked.
func (c sendTestCommand) Run(p *process, s *Settings) error {
	to, err := mail.Mailbox(c.To)
	if err != nil {
		return fmt.Errorf("--to %q is no mail address: %w", c.To, err)
	}
	chosen, err := c.choose(p, s)
	if err != nil {
		return err
	}
	server, err := chosen.server(s)
	if err != nil {
		return err
	}
	keys, err := worker.Keyring(chosen.folder.Settings)
	if err != nil {
		return err // unsigned, it would not arrive as the real letters do
	}
	previews, err := chosen.render()
	if err != nil {
		return err
	}
	conn, refused := server.Dial(p)
	if refused != nil {
		return fmt.Errorf("connecting to the mail server %s: %w", server, refused)
	}
	defer conn.Close()
	var sent []testSent
	for _, preview := range previews {
		result, err := chosen.sendTest(p, s, conn, keys, preview, to)
		if err != nil {
			return fmt.Errorf("sending %s to %s over %s: %w", preview.letter.Path, c.To, server, err)
		}
		for _, blank := range preview.blanks {
			result.Warnings = append(result.Warnings, content.Problem(blank))
		}
		sent = append(sent, result)
		if !c.JSON {
			result.print(p, preview.letter.Path)
		}
	}
	if c.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]any{"sent": sent})
	}
	return nil
}

func (t testSent) print(p *process, file string) {
	for _, w := range t.Warnings {
		fmt.Fprintf(p.stderr, "warning: %s:%d:%d: %s\n", w.File, w.Line, w.Column, w.Message)
	}
	fmt.Fprintf(p.stdout, "%s went to %s: %s\n", file, t.To, t.Subject)
}

// server is where letters of the chosen sender go.
func (c *chosen) server(s *Settings) (mail.Server, error) {
	var url, of string
	for name, sender := range c.folder.Settings.Senders {
		if sender.SMTP == "" || !strings.EqualFold(sender.Email, c.from.Email) {
			continue
		}
		var err error
		if url, err = content.Resolve(sender.SMTP); err != nil {
			return mail.Server{}, fmt.Errorf("senders.%s.smtp: %w", name, err)
		}
		of = "senders." + name + ".smtp"
	}
	if url == "" {
		url, of = s.SMTPURL, "SEVENTH_SMTP_URL"
	}
	if url == "" {
		return mail.Server{}, errors.New("there is no mail server to send over: set SEVENTH_SMTP_URL=smtp://user:password@host:587, " +
			"or look at the letter with `seventh render`")
	}
	server, err := mail.ParseURL(url)
	if err != nil {
		return mail.Server{}, fmt.Errorf("%s: %w", of, err)
	}
	return server, nil
}

// testHeader tells a test letter from a real one, for filters and for people.
const testHeader = "X-Seventh-Test: true\r\n"

// sendTest sends one letter.
func (c *chosen) sendTest(p *process, s *Settings, conn *mail.Conn, keys mail.Keyring, preview preview, to string) (testSent, error) {
	from, err := store.NormalizeAddress(c.from.Email)
	if err != nil {
		return testSent{}, fmt.Errorf("the sender's address %q %w", c.from.Email, err)
	}
	domain := from[strings.LastIndexByte(from, '@')+1:]
	now := time.Now()
	preview.rendered.Subject = "[test] " + preview.rendered.Subject
	header := mail.Header{
		To: mail.Address{Email: to}, MessageID: "test-" + strings.ToLower(rand.Text()) + "@" + domain, Date: now, Unsubscribe: s.publicURL() + "/u/sample",
	}
	raw, err := c.write(preview.letter, preview.rendered, header, testHeader)
	if err != nil {
		return testSent{}, err
	}
	signature, err := keys.For(from).Sign(nil, raw, now)
	if err != nil {
		return testSent{}, err
	}
	if refused := conn.Envelope(p, from, to); refused != nil {
		return testSent{}, refused
	}
	outcome := conn.Body(p, slices.Concat(signature, raw))
	if outcome.Verdict != mail.Sent {
		return testSent{}, outcome
	}
	return testSent{
		Template: preview.letter.Name, Locale: preview.letter.Locale, To: to, Subject: preview.rendered.Subject, MessageID: header.MessageID,
		Response: cmp.Or(outcome.Response(), string(outcome.Verdict)), Warnings: []content.Problem{},
	}, nil
}
