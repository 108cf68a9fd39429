package inbound

import (
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	maxMailboxes = 200
	maxIDs       = 200
	maxReceived  = 10  // Received fields that are looked at
	maxAddress   = 320 // bytes; RFC 5321 4.5.3.1 allows 64 + 1 + 255
)

// mailboxes reads the addresses of fields, leniently: whatever holds an @ is one. Names
// are decoded after the list is taken apart, as they may hold commas.
func mailboxes(values []string) []Mailbox {
	var all []Mailbox
	for _, value := range values {
		for value != "" && len(all) < maxMailboxes {
			var one string
			one, value = cutMailbox(value)
			if m := mailbox(one); m.Address != "" {
				all = append(all, m)
			}
		}
	}
	return all
}

// cutMailbox cuts the first mailbox off at a comma or semicolon outside quotes, comments
// and angle brackets. A group's name goes ("undisclosed-recipients:;").
func cutMailbox(s string) (one, rest string) {
	quoted, angle, comment := false, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && comment == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			comment++
		case c == ')' && comment > 0:
			comment--
		case comment > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case (c == ',' || c == ';') && !angle:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func mailbox(s string) Mailbox {
	s = strings.TrimSpace(s)
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		address, _, _ := strings.Cut(s[open+1:], ">")
		address = oneLine(address, maxField)
		if len(address) > maxAddress {
			return Mailbox{}
		}
		return Mailbox{Name: phrase(s[:open]), Address: address}
	}
	comment := ""
	if open := strings.IndexByte(s, '('); open >= 0 {
		comment = strings.TrimSuffix(s[open+1:], ")")
		s = s[:open]
	}
	for word := range strings.FieldsSeq(s) {
		word = strings.Trim(word, `"',;[]`)
		if at := strings.IndexByte(word, '@'); at > 0 && at < len(word)-1 && len(word) <= maxAddress {
			return Mailbox{Name: phrase(comment), Address: strings.ToValidUTF8(word, "\uFFFD")}
		}
	}
	return Mailbox{}
}

// phrase is a display name without its quotes, decoded.
func phrase(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		s = s[1 : len(s)-1]
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\"`, `"`), `\\`, `\`)
	return oneLine(decodeWords(s), maxField)
}

// messageIDs reads Message-IDs, in angle brackets or, as some write them, bare.
func messageIDs(values []string) []string {
	var ids []string
	for _, value := range values {
		value = strings.ToValidUTF8(value, "\uFFFD")
		for value != "" && len(ids) < maxIDs {
			open := strings.IndexByte(value, '<')
			if open < 0 {
				for word := range strings.FieldsSeq(value) {
					if strings.Contains(word, "@") && len(ids) < maxIDs {
						ids = append(ids, strings.Trim(word, "<>,;"))
					}
				}
				break
			}
			id, rest, _ := strings.Cut(value[open+1:], ">")
			if id = strings.Join(strings.Fields(id), ""); id != "" && len(id) <= 1000 {
				ids = append(ids, id)
			}
			value = rest
		}
	}
	return ids
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

var receivedFor = regexp.MustCompile(`(?i)\bfor\s+<?([^\s<>;]+@[^\s<>;]+)`)

// deliveredTo is whom the letter reached, by what its header says.
func deliveredTo(raw textproto.MIMEHeader) []string {
	var all []string
	add := func(address string) {
		if address != "" && !slices.Contains(all, address) && len(all) < maxMailboxes {
			all = append(all, address)
		}
	}
	for _, name := range []string{"Delivered-To", "X-Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Rcpt-To", "To"} {
		for _, m := range mailboxes(raw[name]) {
			add(m.Address)
		}
	}
	received := raw["Received"]
	for _, value := range received[:min(len(received), maxReceived)] {
		if m := receivedFor.FindStringSubmatch(value[:min(len(value), 2000)]); m != nil {
			add(strings.ToValidUTF8(m[1], "\uFFFD"))
		}
	}
	return all
}

// dates that people's programs write beside RFC 5322's.
var dates = []string{
	"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon Jan _2 15:04:05 2006", "Mon, 2 Jan 2006 15:04:05 MST", time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05",
}

// readDate reads a Date field; zero if it cannot be read.
func readDate(value string) time.Time {
	value = value[:min(len(value), 100)]
	if comment := strings.IndexByte(value, '('); comment > 0 {
		value = value[:comment]
	}
	value = strings.TrimSpace(value)
	if t, err := mail.ParseDate(value); err == nil {
		return t
	}
	for _, layout := range dates {
		if t, err := time.Parse(layout, oneLine(value, 100)); err == nil {
			return t
		}
	}
	return time.Time{}
}
