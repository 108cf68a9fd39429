package inbound

import (
	"strings"
)

// isComplaint reports whether a letter is a feedback report.
func isComplaint(l *Letter) bool {
	for _, p := range l.Parts {
		if p.Type == "message/feedback-report" {
			return true
		}
	}
	return false
}

// Complaint reads a feedback report (ARF, RFC 5965) or the complaint of Microsoft's JMRP:
// somebody has called a letter of ours spam. Reports that say something else are none,
// such as one that an earlier letter was no spam, or that signatures fail (RFC 6591).
// The recipient is empty where the provider hides him.
func Complaint(l *Letter) (Event, bool) {
	n := newNotice(l)
	var report []field
	for _, p := range l.Parts {
		if p.Type == "message/feedback-report" {
			for _, group := range groups(p.Body) {
				report = append(report, group...)
			}
		}
	}
	if report == nil {
		return n.complaintWithoutReport()
	}
	switch strings.ToLower(fieldIn(report, "Feedback-Type")) {
	case "not-spam", "auth-failure", "dmarc", "dkim", "virus":
		return Event{}, false
	}
	n.reports = append(n.reports, report)
	e := Event{Kind: Complained, At: l.Date, Refs: n.refs()}
	for _, name := range []string{"Original-Rcpt-To", "Removal-Recipient", "X-Original-Recipient"} {
		if a := typedAddress(fieldIn(report, name)); e.Recipient == "" && !isRedacted(a) {
			e.Recipient = oneLine(a, maxAddress)
		}
	}
	if to := n.addressee(); e.Recipient == "" && !isRedacted(to) {
		e.Recipient = oneLine(to, maxAddress)
	}
	return e, true
}

// complaintWithoutReport reads the complaints that are nothing but our letter sent back:
// Microsoft's JMRP, with the recipient in a field of the returned header.
func (n *notice) complaintWithoutReport() (Event, bool) {
	recipient := n.ofReturned("X-Hmxmroriginalrecipient")
	from := strings.ToLower(n.letter.From.Address)
	subject := strings.ToLower(n.letter.Subject)
	if len(recipient) == 0 && !(from == "staff@hotmail.com" && strings.HasPrefix(subject, "complaint about message")) || n.returned == nil {
		return Event{}, false
	}
	e := Event{Kind: Complained, At: n.letter.Date, Refs: n.refs()}
	if len(recipient) > 0 {
		e.Recipient = oneLine(typedAddress(recipient[0]), maxAddress)
	}
	return e, true
}

// isRedacted reports whether an address is one that a provider has put in the place of the
// true one (RFC 6590): with the word, with dots or a hash in it.
func isRedacted(address string) bool {
	local, domain, ok := strings.Cut(strings.ToLower(address), "@")
	if !ok || local == "" || domain == "" {
		return true
	}
	for _, sign := range []string{"redact", "..", "***", "xxxx", "hidden", "anonym", "undisclosed"} {
		if strings.Contains(address, sign) {
			return true
		}
	}
	if len(local) < 12 {
		return false
	}
	return strings.Trim(local, "0123456789abcdef") == "" && strings.ContainsAny(local, "0123456789")
}
