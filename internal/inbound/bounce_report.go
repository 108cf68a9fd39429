package inbound

import (
	"bytes"
	"strings"
)

// isReport reports whether a part is a delivery report or disposition notification:
// by its type, or, as some servers name it wrongly, by its fields.
func isReport(p Part) bool {
	switch p.Type {
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "message/global-disposition-notification":
		return true
	case "message/feedback-report", "message/rfc822", "text/html", "text/rfc822-headers":
		return false
	}
	head := bytes.ToLower(p.Body[:min(len(p.Body), 4096)])
	return bytes.HasPrefix(bytes.TrimSpace(head), []byte("reporting-mta:")) && bytes.Contains(head, []byte("\nfinal-recipient:"))
}

// groups reads the blocks of fields of a report (RFC 3464 2.1), also where the empty
// lines between them are missing or lines are folded without a space.
func groups(body []byte) [][]field {
	var all [][]field
	var group []field
	var text []byte // of the last field
	keep := func(more []byte) {
		text = append(text, more[:min(len(more), max(0, maxField/4-len(text)))]...)
	}
	settle := func() {
		if n := len(group); n > 0 && text != nil {
			group[n-1].value, text = strings.TrimSpace(strings.ToValidUTF8(string(text), "")), nil
		}
	}
	finish := func() {
		settle()
		if len(group) > 0 && len(all) < maxEvents*2 {
			all = append(all, group)
		}
		group = nil
	}
	for at := 0; at < len(body); {
		line, next := lineAt(body, at)
		at = next
		line = bytes.TrimRight(line, "\r\n \t")
		name := fieldName(line)
		switch {
		case len(line) == 0:
			finish()
		case name == "" || line[0] == ' ' || line[0] == '\t':
			if len(group) > 0 && text != nil {
				keep([]byte(" "))
				keep(bytes.TrimSpace(line))
			}
		case len(group) >= 100:
			settle()
		default:
			settle()
			if (name == "Final-Recipient" || name == "Original-Recipient" || name == "Action") && fieldIn(group, name) != "" {
				finish()
			}
			group = append(group, field{name: name})
			_, said, _ := bytes.Cut(line, []byte(":"))
			text = make([]byte, 0, len(said))
			keep(bytes.TrimSpace(said))
		}
	}
	finish()
	return all
}

// fromReport makes an event of each recipient of a delivery report.
func (n *notice) fromReport() []Event {
	var events []Event
	var last []field
	for _, group := range n.joined() {
		e, ok := n.fromGroup(group)
		if ok && len(events) < maxEvents {
			events = append(events, e)
			last = group
		}
	}
	if len(events) == 1 && events[0].Recipient == "" {
		events[0].Recipient = n.likelyRecipient(last)
	}
	return events
}

// joined are the reports' groups that speak of a recipient; fields that an empty line cut
// off from their recipient are put back.
func (n *notice) joined() [][]field {
	var all [][]field
	for _, group := range n.reports {
		to, action := fieldIn(group, "Final-Recipient")+fieldIn(group, "Original-Recipient"), fieldIn(group, "Action")
		switch {
		case to != "":
			all = append(all, group)
		case (action != "" || fieldIn(group, "Status") != "" || fieldIn(group, "Diagnostic-Code") != "") && len(all) > 0 && fieldIn(all[len(all)-1], "Action") == "":
			all[len(all)-1] = append(all[len(all)-1], group...)
		case action != "":
			all = append(all, group)
		}
	}
	return all
}

// fieldIn is the first value of a field in a group; empty without one.
func fieldIn(group []field, name string) string {
	for _, f := range group {
		if f.name == name {
			return strings.TrimSpace(f.value)
		}
	}
	return ""
}

// fromGroup is the event of one recipient (RFC 3464 2.3).
func (n *notice) fromGroup(group []field) (Event, bool) {
	if fieldIn(group, "Disposition") != "" {
		return Event{}, false
	}
	action, _, _ := strings.Cut(strings.ToLower(fieldIn(group, "Action")), " ")
	status := enhancedIn(fieldIn(group, "Status"))
	_, said, typed := strings.Cut(fieldIn(group, "Diagnostic-Code"), ";")
	if !typed {
		said = fieldIn(group, "Diagnostic-Code")
	}
	e := Event{Kind: Bounced, Recipient: n.recipientOf(group), Status: status, Diagnostic: strings.TrimSpace(said)}
	r := replyIn(said)
	if action == "" {
		action = actionOf(status, r)
	}
	switch strings.Trim(action, ",;()") {
	case "delivered", "relayed", "expanded":
		e.Kind = Delivered
		return e, true
	case "delayed":
	default:
		e.Permanent = true
	}
	e.Class = n.classOf(e, said)
	if e.Status == "" {
		e.Status = r.enhanced
	}
	return e, true
}

// actionOf is the action of a report that names none.
func actionOf(status string, r saidReply) string {
	switch {
	case strings.HasPrefix(status, "2."):
		return "delivered"
	case strings.HasPrefix(status, "4."), status == "" && r.code/100 == 4:
		return "delayed"
	}
	return "failed"
}

// classOf is the class of what a report says. Where its diagnostic has no word for it, the
// words of the notice's text count; also where it is only a code that speaks against the
// recipient, and the words speak of us.
func (n *notice) classOf(e Event, said string) string {
	class := classify(said, e.Status, e.Permanent)
	words := classify(said, "", e.Permanent)
	if words != ClassUnknown && words != ClassTemporary {
		return class
	}
	told := n.reasonFor(e.Recipient, e.Status, e.Permanent)
	switch {
	case class == ClassUnknown, class == ClassTemporary && told.class != ClassUnknown && said == "":
		return told.class
	case said == "" && told.class != ClassUnknown && told.class != ClassTemporary:
		return told.class
	case isDead(class) && told.class == ClassPolicy && told.code != 0:
		return ClassPolicy
	}
	return class
}

func isDead(class string) bool {
	return class == ClassInvalid || class == ClassDisabled || class == ClassDeadDomain
}

// recipientOf is the recipient as we wrote to him: of the original and the final one (to
// which he may have it forwarded) the one that the returned letter names, else the first.
func (n *notice) recipientOf(group []field) string {
	var all []string
	for _, name := range []string{"Original-Recipient", "Final-Recipient", "X-Actual-Recipient"} {
		if a := typedAddress(fieldIn(group, name)); a != "" {
			all = append(all, a)
		}
	}
	for _, a := range all {
		if strings.EqualFold(a, n.addressee()) {
			return a
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return ""
}

// typedAddress reads "rfc822; ann@example.com"; empty for what is no mail address.
func typedAddress(value string) string {
	if _, after, ok := strings.Cut(value, ";"); ok {
		value = after
	}
	if all := mailboxes([]string{value}); len(all) > 0 && strings.Contains(all[0].Address, "@") {
		return all[0].Address
	}
	return ""
}

// likelyRecipient is for a report that names none with an @: whom the header fields or the
// returned letter name.
func (n *notice) likelyRecipient(group []field) string {
	local := strings.TrimSpace(fieldIn(group, "Final-Recipient")[strings.IndexByte(fieldIn(group, "Final-Recipient"), ';')+1:])
	candidates := n.recipients()
	for _, c := range candidates {
		if local != "" && strings.HasPrefix(strings.ToLower(c), strings.ToLower(local)+"@") {
			return c
		}
	}
	if len(candidates) > 0 {
		return candidates[0]
	}
	return n.addressee()
}

// fromDisposition reads a disposition notification: whoever or whatever has dealt with the
// letter has it, also if he has deleted it unread, unless a filter of the recipient says that
// it refuses it (RFC 5429 2.1).
func (n *notice) fromDisposition() []Event {
	for _, group := range n.reports {
		disposition := strings.ToLower(fieldIn(group, "Disposition"))
		if disposition == "" {
			continue
		}
		e := Event{Kind: Delivered, Recipient: n.recipientOf(group), Status: enhancedIn(fieldIn(group, "Status"))}
		if strings.Contains(disposition, "automatic-action") && strings.Contains(disposition, "deleted") &&
			(strings.HasPrefix(e.Status, "5.") || failure.MatchString(oneLine(n.letter.Subject+" "+n.report, maxNotice))) {
			told := n.reasonFor(e.Recipient, "", true)
			e.Kind, e.Permanent, e.Class, e.Diagnostic = Bounced, true, ClassPolicy, told.text
		}
		return []Event{e}
	}
	return nil
}
