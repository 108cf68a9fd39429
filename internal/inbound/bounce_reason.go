package inbound

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	maxBlock      = 8    // paragraphs below an address that are read
	maxParagraphs = 30   // of a notice
	maxParagraph  = 1000 // bytes
)

// told is what a notice says of a recipient.
type told struct {
	class, enhanced, text string
	code                  int
}

// reasonFor finds what a notice in words says of a recipient: first the reply that it
// quotes below his address, then the paragraphs there, then the same in all of it. What
// speaks of us outranks what speaks of him.
func (n *notice) reasonFor(recipient, status string, permanent bool) told {
	block := n.blockOf(recipient)
	var best told
	if len(block) < len(n.report) { // else all of it comes below
		best = reasonIn(paragraphsOf(block, maxBlock), status, permanent)
	}
	if best.text == "" || best.class == ClassUnknown {
		key := fmt.Sprint(status, permanent)
		all, done := n.reasons[key]
		if !done {
			all = reasonIn(paragraphsOf(n.report, maxParagraphs), status, permanent)
			if n.reasons == nil {
				n.reasons = map[string]told{}
			}
			if len(n.reasons) < maxFailed {
				n.reasons[key] = all
			}
		}
		if all.text != "" || best.class == "" {
			best = all
		}
	}
	if best.text == "" {
		best.text = oneLine(block, maxParagraph)
	}
	return best
}

// reasonIn is the first thing that says anything: a quoted reply before mere words. Its text
// is empty if there are neither.
func reasonIn(paragraphs []string, status string, permanent bool) told {
	best := told{class: ClassUnknown}
	if !permanent {
		best.class = ClassTemporary
	}
	for _, quoted := range []bool{true, false} {
		for _, p := range paragraphs {
			r := replyIn(p)
			if (r.code != 0 || r.enhanced != "") != quoted || isBoilerplate(p) && !quoted {
				continue
			}
			words := undelivered.ReplaceAllString(p, " ")
			if quoted && r.code != 0 {
				words = r.text
			}
			class := classify(words, status, permanent)
			if quoted && best.text == "" {
				best = told{class, r.enhanced, words, r.code}
			}
			if permanent && class == ClassTemporary && best.class == ClassUnknown {
				best = told{class, r.enhanced, words, r.code}
			}
			if class != ClassUnknown && (class != ClassTemporary || quoted) {
				return told{class, r.enhanced, words, r.code}
			}
		}
	}
	return best
}

// blockOf is what stands from a recipient's address to the next one.
func (n *notice) blockOf(recipient string) string {
	if recipient == "" {
		return n.report
	}
	start := -1
	for _, b := range n.leads() {
		same := strings.EqualFold(b.address, recipient)
		switch {
		case start < 0 && same:
			start = b.at
		case start >= 0 && !same && !b.indented && !n.isOurs(b.address):
			return n.report[start:b.at]
		}
	}
	return n.report[max(0, start):]
}

// paragraphsOf parts text at empty lines, into the first few paragraphs.
func paragraphsOf(text string, most int) []string {
	var all []string
	var b strings.Builder
	finish := func() {
		if b.Len() > 0 && len(all) < most {
			all = append(all, b.String())
		}
		b.Reset()
	}
	for line := range strings.Lines(text) {
		if strings.Trim(line, " \t\r\n-=*_#") == "" {
			finish()
			continue
		}
		if b.Len() < maxParagraph {
			b.WriteString(string(cutRunes([]byte(line), maxParagraph)))
		}
	}
	finish()
	return all
}

// undelivered is that the letter has not arrived, which is no reason.
var undelivered = regexp.MustCompile(`(?i)\byour\s+(e-?mail|mail|message|letter)\s+(to\s+\S+\s+)?(was|is|has|could|can)(\s*not|n['’]t)\s+(be\s+|been\s+)?(sent|delivered)`)

// isBoilerplate reports whether a paragraph is what servers write in each of their notices.
func isBoilerplate(p string) bool {
	p = strings.ToLower(oneLine(p, maxParagraph))
	for _, begin := range []string{
		"this message was created automatically", "this is the mail system", "this is the", "hi. this is", "a message that you sent", "i'm sorry to have to inform", "for further assistance", "if you do so",
		"это письмо создано", "это письмо отправлено", "this is a mime", "the original message was received", "the mail system", "learn more", "diagnostic information for",
	} {
		if strings.HasPrefix(p, begin) {
			return true
		}
	}
	return false
}
