// Package inbound reads what comes back after a letter has gone: bounces, complaints,
// replies, out-of-office answers, the events of providers, and requests for pixels and
// links. It is pure: it has no database, no network and no clock, so that rules can be
// run again over evidence that was kept raw.
//
// Whoever has evidence reads it into Events; the engine applies them (engine.Apply).
package inbound

import "time"

// Kind is what an event says has happened to a letter.
type Kind string

// The kinds. Each becomes the touch of the same name.
const (
	Delivered    Kind = "delivered"    // the recipient's server took it
	Opened       Kind = "opened"       // its pixel was loaded
	Clicked      Kind = "clicked"      // one of its links was followed
	Bounced      Kind = "bounced"      // it, or its address, was refused after all
	Complained   Kind = "complained"   // the client called it spam
	Unsubscribed Kind = "unsubscribed" // the client wants no more of them
	Replied      Kind = "replied"      // a person answered it
	AutoReplied  Kind = "auto_replied" // a machine did: somebody is out of the office
)

// Event is what one piece of evidence says about one letter of ours.
type Event struct {
	Kind Kind
	// At is when it happened, as the outside says, in wall time; zero if it does not.
	At time.Time
	// Refs name the letter, the surest first: addresses with a token, and Message-IDs
	// without angle brackets. Which of them is ours is for whoever has the key.
	Refs []string
	// Number is the letter's own id, from who is trusted with it and knows it; 0 from all
	// others. Refs do not matter then.
	Number int64
	// Recipient is the address that it is about; '' if it is not known.
	Recipient string

	Class      string // of a bounce: one of the Class constants
	Permanent  bool   // of a bounce: nobody goes on trying
	Status     string // of a bounce: the enhanced status code (RFC 3463), such as "5.1.1"; may be ''
	Diagnostic string // of a bounce: the server's words, at most a line

	Actor     string // of opens and clicks, as the provider says: human, machine; '' if it says nothing
	UserAgent string // of opens and clicks
	Address   string // of opens and clicks: where from
	URL       string // of a click: where it led

	Answer *Answer // of Replied and AutoReplied
}

// Answer is a letter that answers one of ours.
type Answer struct {
	From      string // the address it came from
	Name      string // that stands before it
	Subject   string
	MessageID string // its own, without angle brackets; '' if it has none
	Text      string // what is new in it, without what it quotes
	OptOut    OptOut
	// Back is the return date that an out-of-office answer states; zero without one.
	Back time.Time
	// Substitute is whom it names instead, as it says it; '' for nobody.
	Substitute string
}

// OptOut tells whether a person asks in an answer not to be written again.
type OptOut string

const (
	NoOptOut     OptOut = ""
	LikelyOptOut OptOut = "likely" // a person should decide
	PlainOptOut  OptOut = "plain"  // no doubt about it
)
