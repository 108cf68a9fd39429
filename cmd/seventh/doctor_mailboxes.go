package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"seventh/internal/content"
	"seventh/internal/mailbox"
	"seventh/sequences"
	"seventh/worker"
)

// mailboxes looks into each mailbox that answers and bounces are read from, as a worker
// does, and at the domain that letters are returned to.
func (d *doctor) mailboxes(ctx context.Context, folder *content.Folder, s *sending) []check {
	if folder == nil {
		return nil
	}
	var examinations []func() []check
	for _, m := range folder.Settings.Mailboxes() {
		examinations = append(examinations, func() []check { return []check{lookInto(ctx, m)} })
	}
	if domain := domainOf(folder.Settings.Bounces.Address); domain != "" && !slices.Contains(s.domains, domain) {
		// What servers check is the domain of the envelope sender (RFC 7208, 2.4).
		examinations = append(examinations, func() []check { return []check{d.spf(ctx, domain, s.servers), d.mx(ctx, domain)} })
	}
	return together(examinations...)
}

// lookInto opens a mailbox and its folders, for reading only.
func lookInto(ctx context.Context, m sequences.NamedMailbox) check {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	name, where := "mailbox:"+strings.TrimPrefix(m.Name, "senders."), m.Name+".mailbox"
	account, err := worker.Account(m.Mailbox)
	if err != nil {
		return fail(name, "%s: correct what %s refers to", oneLine(err), where)
	}
	conn, err := mailbox.Open(ctx, account)
	if err != nil {
		return fail(name, "%s: %s", told(ctx, err), cureOf(err, where))
	}
	defer conn.Close()
	var missing []string
	deaf := false
	for _, folder := range m.Folders {
		_, err := conn.Examine(folder)
		if _, is := errors.AsType[*mailbox.NoFolder](err); is {
			missing = append(missing, told(ctx, err))
			deaf = deaf || strings.EqualFold(folder, "INBOX")
		} else if err != nil {
			return fail(name, "%s: %s", told(ctx, err), cureOf(err, where))
		}
	}
	switch {
	case deaf || len(missing) == len(m.Folders):
		return fail(name, "%s: %s", strings.Join(missing, "; "), folderCure(conn, where))
	case len(missing) > 0:
		return warn(name, "%s; the other folders are read: %s", strings.Join(missing, "; "), folderCure(conn, where))
	}
	news := "tells of letters at once (IDLE)"
	if !conn.CanIdle() {
		news = "offers no IDLE, so letters are noticed within three minutes"
	}
	return ok(name, "%s can be read: %s; it %s", account, strings.Join(m.Folders, ", "), news)
}

// folderCure is what to do about a folder that does not open.
func folderCure(conn *mailbox.Conn, where string) string {
	there, err := conn.Folders()
	if err != nil || len(there) == 0 {
		return "correct folders in " + where
	}
	slices.Sort(there)
	return fmt.Sprintf("correct folders in %s; the server has %s", where, strings.Join(there, ", "))
}

func told(ctx context.Context, err error) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %s", doctorPatience)
	}
	return oneLine(err)
}

// cureOf is what to do about a mailbox that does not open.
func cureOf(err error, where string) string {
	if errors.Is(err, mailbox.ErrLogin) {
		return fmt.Sprintf("check user and password, or the token, in %s; many providers want IMAP switched on, and a password made for programs", where)
	}
	if _, is := errors.AsType[x509.UnknownAuthorityError](err); is {
		return fmt.Sprintf("if the authority is your own, write ?ca=FILE with its certificate (PEM) at the end of the URL that imap in %s refers to", where)
	}
	return fmt.Sprintf("check host, port and certificate in %s, and that no firewall is between", where)
}
