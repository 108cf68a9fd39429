package inbound

import (
	"regexp"
	"slices"
)

const maxRefs = 50

var (
	aMark       = regexp.MustCompile(`(?i)^[a-z2-7]{26}$`)
	markAddress = regexp.MustCompile(`(?i)[a-z0-9._+=-]{0,64}\b[a-z2-7]{26}@[a-z0-9.-]{1,255}`)
)

// hasMark reports whether an address or Message-ID has what may be a token of ours.
func hasMark(ref string) bool { return aMark.MatchString(MarkIn(ref)) }

// refs name the letter that a notice is about, the surest first: addresses with a mark
// that it came to, Message-IDs of the returned header, addresses with a mark there, what
// it answers, and whatever looks like any of these in its words.
func (n *notice) refs() []string {
	var all []string
	add := func(refs ...string) {
		for _, ref := range refs {
			if ref != "" && len(all) < maxRefs && !slices.Contains(all, ref) {
				all = append(all, ref)
			}
		}
	}
	marked := func(text string) {
		for _, ref := range markAddress.FindAllString(text[:min(len(text), maxPart)], maxRefs) {
			add(ref)
		}
	}
	for _, address := range n.letter.DeliveredTo {
		if hasMark(address) {
			add(address)
		}
	}
	add(messageIDs(n.ofReturned("Message-Id"))...)
	for _, f := range n.returned {
		marked(f.value)
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
