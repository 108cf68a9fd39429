package inbound

import (
	"regexp"
	"strings"
)

const (
	maxEvents     = 50       // of one letter
	maxDiagnostic = 300      // bytes
	maxNotice     = 64 << 10 // bytes of a notice in which the copy of our letter is looked for
	maxReport     = 12 << 10 // bytes of a server's own words; every search for words stays within them
)

// Bounces reads a notice of a mail server about letters of ours: a delivery report
// (RFC 3464) as far as it keeps to the standard, a disposition notification (RFC 8098),
// or the plain words of a server. It has an event for each recipient: Bounced, where
// Permanent tells a failure from a delay, or Delivered. Of anything else, also of letters
// that only speak of bounces, it makes nothing.
//
// A class is what the server at the end said, and nothing of what the notice says around
// it: see Classify.
func Bounces(l *Letter) []Event {
	if isComplaint(l) {
		return nil
	}
	n := newNotice(l)
	events := n.fromReport()
	if events == nil {
		events = n.fromDisposition()
	}
	if events == nil && n.isNotice() {
		events = n.fromText()
	}
	if len(events) == 0 {
		return nil // the letters of people may be long
	}
	refs := n.refs()
	for i := range events {
		events[i].At, events[i].Refs = l.Date, refs
		events[i].Diagnostic = oneLine(events[i].Diagnostic, maxDiagnostic)
		events[i].Recipient = oneLine(events[i].Recipient, maxAddress)
	}
	return events
}

var reportWithin = regexp.MustCompile(`(?im)^(reporting-mta|final-recipient|original-recipient)\s*:\s*[a-z0-9-]+\s*;`)

// notice is a letter of a mail server, with what it returns of ours.
type notice struct {
	letter   *Letter
	report   string  // its own words
	returned []field // the header of the letter it is about
	reports  [][]field
	ours     []string        // see isOurs
	found    []string        // see refs
	reasons  map[string]told // of all of it; see reasonFor
	begins   []begin         // see leads
	failed   []string        // see recipients
}

func newNotice(l *Letter) *notice {
	n := &notice{letter: l}
	var within string // the copy that stands in the text
	n.report, within = cutCopy(string(cutRunes([]byte(l.Text[:min(len(l.Text), maxNotice)]), maxNotice)))
	n.report = string(cutRunes([]byte(n.report), maxReport))
	for _, p := range l.Parts {
		switch p.Type {
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "text/rfc822", "message/global-headers", "message/partial":
			if n.returned == nil {
				n.returned, _, _ = splitHeader([]byte(strings.TrimLeft(string(p.Body[:min(len(p.Body), maxHeader)]), "\r\n ")))
			}
		}
		if isReport(p) && mayReport(l) {
			n.reports = append(n.reports, groups(p.Body)...)
		}
	}
	if n.reports == nil && (daemon.MatchString(l.From.Address) || strings.HasPrefix(l.Header.Get("Content-Type"), "multipart/report")) {
		if at := reportWithin.FindStringIndex(l.Text[:min(len(l.Text), maxNotice)]); at != nil { // its MIME is broken
			n.reports = groups([]byte(l.Text[at[0]:]))
		}
	}
	if n.returned == nil && within != "" {
		n.returned, _, _ = splitHeader([]byte(within))
	}
	return n
}

// mayReport reports whether a letter with a report in it is that report, and not the
// letter of a person who hands one on.
func mayReport(l *Letter) bool {
	media, _ := mediaType(l.Header.Get("Content-Type"))
	return media == "multipart/report" || !strings.HasPrefix(media, "multipart/") ||
		daemon.MatchString(l.From.Address) || daemonName.MatchString(l.From.Name) || robot.MatchString(l.From.Address) || l.From.Address == "" ||
		strings.HasPrefix(strings.ToLower(l.Header.Get("Auto-Submitted")), "auto-") || returnedMail.MatchString(l.Subject)
}

// ofReturned are the values of a field of the returned letter.
func (n *notice) ofReturned(name string) []string {
	var values []string
	for _, f := range n.returned {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// isOurs reports whether an address is one that we sent from or were told at, so that it
// cannot be the recipient who failed.
func (n *notice) isOurs(address string) bool {
	if hasMark(address) {
		return true
	}
	if n.ours == nil {
		n.ours = append([]string{n.letter.From.Address}, n.letter.DeliveredTo...)
		for _, m := range mailboxes(append(n.ofReturned("From"), n.ofReturned("Return-Path")...)) {
			n.ours = append(n.ours, m.Address)
		}
	}
	for _, o := range n.ours {
		if strings.EqualFold(o, address) {
			return true
		}
	}
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	return local == "postmaster" || local == "mailer-daemon" || strings.HasPrefix(local, "owner-") ||
		strings.HasSuffix(local, "-owner") || strings.HasSuffix(local, "-request") || strings.HasSuffix(local, "-bounces")
}

// addressee is whom the returned letter was for, if that is one.
func (n *notice) addressee() string {
	if to := mailboxes(n.ofReturned("To")); len(to) == 1 {
		return to[0].Address
	}
	return ""
}
