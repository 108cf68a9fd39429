package worker

import (
	"fmt"
	"strings"

	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/token"
)

// What stands before a mark in the left part of an address of ours, so that people who
// look at a mail server's log know what came.
const (
	beforeReturn = "+b."
	beforeReply  = "+r."
	beforeLeave  = "+u."
)

// addresses are those of a letter by which we know it again when something comes back.
type addresses struct {
	returnPath string // envelope sender: bounces come to it (VERP)
	replyTo    string
	leave      string // where mail programs unsubscribe (RFC 2369), with its subject; '' for nowhere
}

// addresses are those of one letter. Without a setting they are the sender's own, at no
// cost.
func (w *Worker) addresses(e *edition, l *engine.Letter, from string) (addresses, error) {
	a := addresses{returnPath: from, replyTo: l.From.ReplyTo}
	if a.replyTo == "" {
		a.replyTo = l.From.Email
	}
	if l.From.ReplyToken {
		a.replyTo = marked(a.replyTo, beforeReply, w.options.Links.Mark(l.MessageID, token.Reply))
	}
	if e.settings.Bounces.Address == "" {
		if l.From.Mailbox != nil {
			a.leave = from + "?subject=unsubscribe%20" + w.options.Links.Mark(l.MessageID, token.Leave)
		}
		return a, nil
	}
	bounces, err := mail.Mailbox(e.settings.Bounces.Address)
	if err != nil {
		return a, fmt.Errorf("%w: bounces.address: %w", errUnwritable, err)
	}
	a.returnPath = marked(bounces, beforeReturn, w.options.Links.Mark(l.MessageID, token.Return))
	a.leave = marked(bounces, beforeLeave, w.options.Links.Mark(l.MessageID, token.Leave))
	return a, nil
}

// marked puts a mark behind the left part of an address.
func marked(address, before, mark string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address // the header refuses it
	}
	return address[:at] + before + mark + address[at:]
}
