package inbound

import (
	"bytes"
	"net/textproto"
	"strings"
)

// field is one field of a header, unfolded and not decoded.
type field struct{ name, value string }

// splitHeader takes the header off a letter or part. A line that is no field is skipped if
// a field follows it; otherwise somebody forgot the empty line, and the body begins there.
// cut says that fields were left out, as there are too many or they are too long.
func splitHeader(raw []byte) (fields []field, body []byte, cut bool) {
	at, size := 0, 0
	var value []byte // of the last field
	dropped := false // the field whose lines these are
	finish := func() {
		if n := len(fields); n > 0 {
			fields[n-1].value = strings.ReplaceAll(string(value), "\x00", "")
		}
	}
	defer finish()
	keep := func(text []byte) {
		room := min(maxField-len(value), maxHeader-size)
		cut = cut || len(text) > room
		text = text[:max(0, min(len(text), room))]
		value = append(value, text...)
		size += len(text)
	}
	for at < len(raw) {
		line, next := lineAt(raw, at)
		text := bytes.TrimRight(line, "\r\n")
		name := fieldName(text)
		switch {
		case len(bytes.Trim(text, "\x00")) == 0:
			return fields, raw[next:], cut
		case text[0] == ' ' || text[0] == '\t':
			if len(fields) > 0 && !dropped {
				keep(text)
			}
		case name != "" && (len(fields) >= maxFields || size >= maxHeader):
			cut, dropped = true, true
		case name != "":
			finish()
			value = nil
			fields = append(fields, field{name: name})
			keep(bytes.TrimLeft(text[bytes.IndexByte(text, ':')+1:], " \t"))
		case at == 0 && bytes.HasPrefix(text, []byte("From ")): // of an mbox
		case fieldName(raw[next:]) == "":
			return fields, raw[at:], cut
		}
		at = next
	}
	return fields, nil, cut
}

// fieldName is the canonical name of the field that a line begins with; empty if it does not.
func fieldName(line []byte) string {
	line = line[:min(len(line), 100)]
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return ""
	}
	name := bytes.TrimRight(line[:colon], " \t")
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return textproto.CanonicalMIMEHeaderKey(string(name))
}

// take fills a letter with what its header says.
func (l *Letter) take(fields []field) {
	raw := textproto.MIMEHeader{}
	for _, f := range fields {
		raw[f.name] = append(raw[f.name], f.value)
		l.Header[f.name] = append(l.Header[f.name], strings.TrimSpace(decodeWords(f.value)))
	}
	if from := mailboxes(raw["From"]); len(from) > 0 {
		l.From = from[0]
	}
	l.To = mailboxes(append(append([]string{}, raw["To"]...), raw["Cc"]...))
	l.Subject = oneLine(l.Header.Get("Subject"), maxField)
	l.Date = readDate(raw.Get("Date"))
	if ids := messageIDs(raw["Message-Id"]); len(ids) > 0 {
		l.MessageID = ids[0]
	}
	references := messageIDs(raw["References"])
	seen := map[string]bool{}
	for _, id := range append(messageIDs(raw["In-Reply-To"]), reversed(references)...) {
		if !seen[id] {
			seen[id] = true
			l.References = append(l.References, id)
		}
	}
	l.DeliveredTo = deliveredTo(raw)
}
