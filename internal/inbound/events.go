package inbound

import "strings"

// Events are what a letter from a mailbox says about letters of ours; sent is what is
// known of the one that it may answer. A bounce is none of the rest, whatever else it
// looks like, then a complaint, a mail program's unsubscribing, and an answer.
func Events(l *Letter, sent Sent) []Event {
	if bounces := Bounces(l); len(bounces) > 0 {
		return bounces
	}
	if complaint, is := Complaint(l); is {
		return []Event{complaint}
	}
	if leaving := leaves(l); len(leaving) > 0 {
		if answersByItself(l) {
			return nil
		}
		return []Event{{Kind: Unsubscribed, At: l.Date, Refs: leaving}}
	}
	if len(l.References) == 0 && IsBulk(l) {
		return nil // a newsletter to an address that was meant for answers
	}
	answer, automatic := ReadAnswer(l, sent)
	kind := Replied
	if automatic {
		kind = AutoReplied
	}
	return []Event{{Kind: kind, At: l.Date, Refs: Refs(l), Recipient: answer.From, Answer: &answer}}
}

// Refs are what may name a letter of ours, the surest first: the addresses that a letter
// came to (VERP, reply tokens), then the letters that it says it answers, the latest
// first, and at last the mark of somebody who unsubscribes.
func Refs(l *Letter) []string {
	refs := append([]string(nil), l.DeliveredTo...)
	refs = append(refs, l.References...)
	return append(refs, leaves(l)...)
}

// unsubscribe is the word in the subject, and what stands before the mark in the address,
// that List-Unsubscribe (RFC 2369) of our letters has.
const (
	unsubscribe = "unsubscribe"
	leaveMark   = "+u."
	markLength  = 26
)

// leaves are the marks of a letter with which a mail program unsubscribes: nothing else
// writes to these addresses, or has that subject. Whether a mark is ours is for whoever
// has the key.
func leaves(l *Letter) []string {
	var marks []string
	for _, address := range l.DeliveredTo {
		if strings.Contains(strings.ToLower(address), leaveMark) {
			marks = append(marks, address)
		}
	}
	if words := strings.Fields(l.Subject); len(words) == 2 && strings.EqualFold(words[0], unsubscribe) && len(words[1]) == markLength {
		marks = append(marks, words[1])
	}
	return marks
}

// answersByItself reports whether a machine answers (RFC 3834, 5): mail programs that
// unsubscribe for somebody may call that letter generated, but never an answer.
func answersByItself(l *Letter) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(l.Header.Get("Auto-Submitted"))), "auto-replied")
}
