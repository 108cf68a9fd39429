package inbound

import (
	"regexp"
	"slices"
	"strings"
)

const maxRefs = 50

var aMark = regexp.MustCompile(`(?i)^[a-z2-7]{26}$`)

// hasMark reports whether an address or Message-ID has what may be a token of ours.
func hasMark(ref string) bool { return aMark.MatchString(MarkIn(ref)) }

// refs name the letter that a notice is about, the surest first: addresses with a mark
// that it came to, Message-IDs of the returned header, addresses with a mark there, what
// it answers, and whatever looks like any of these in its words.
func (n *notice) refs() []string {
	if n.found == nil {
		n.found = n.findRefs()
	}
	return n.found
}

// namesOthers are the fields of a returned letter that name other letters than itself: one
// that a rep writes by hand may answer ours, and go to somebody whose address is dead.
var namesOthers = map[string]bool{"In-Reply-To": true, "References": true, "To": true, "Cc": true}

func (n *notice) findRefs() []string {
	var all []string
	add := func(refs ...string) {
		for _, ref := range refs {
			ref = oneLine(ref, 1000)
			if ref != "" && len(all) < maxRefs && !slices.Contains(all, ref) {
				all = append(all, ref)
			}
		}
	}
	marked := func(text string) { add(markedIn(text)...) }
	for _, address := range n.letter.DeliveredTo {
		if hasMark(address) {
			add(address)
		}
	}
	add(messageIDs(n.ofReturned("Message-Id"))...)
	for _, f := range n.returned {
		if !namesOthers[f.name] {
			marked(f.value)
		}
	}
	if len(n.ofReturned("Message-Id")) > 0 && !slices.ContainsFunc(all, hasMark) {
		return all // somebody else's letter, whatever it has of ours below
	}
	for _, group := range n.reports {
		for _, f := range group {
			switch f.name {
			case "X-Original-Message-Id", "Original-Message-Id":
				add(messageIDs([]string{f.value})...)
			default:
				marked(f.value)
			}
		}
	}
	add(n.letter.References...)
	for _, name := range []string{"X-Original-Message-Id", "X-Ms-Exchange-Parent-Message-Id", "X-Failed-Message-Id"} {
		add(messageIDs(n.letter.Header[name])...)
	}
	marked(n.letter.Text)
	for _, p := range n.letter.Parts {
		if p.Type == "text/html" {
			marked(string(p.Body))
		}
	}
	return all
}

// markedIn finds the addresses and Message-IDs in text that may have a token of ours.
func markedIn(text string) []string {
	var all []string
	text = text[:min(len(text), maxNotice)]
	for from := 0; len(all) < maxRefs; {
		at := strings.IndexByte(text[from:], '@')
		if at < 0 {
			break
		}
		at += from
		from = at + 1
		start, end := at, at+1
		for start > 0 && at-start < 100 && inAddress(text[start-1]) {
			start--
		}
		for end < len(text) && end-at < 255 && inName(text[end]) || end < len(text)-1 && text[end] == '.' && inName(text[end+1]) {
			end++
		}
		if hasMark(text[start:end]) {
			all = append(all, text[start:end])
		}
	}
	return all
}

func inAddress(c byte) bool { return c < 0x80 && inName(c) || c == '.' || c == '+' || c == '=' }
