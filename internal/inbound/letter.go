package inbound

import (
	"net/textproto"
	"time"
)

// Letter is a letter from a mailbox, read leniently and within bounds (see Read).
type Letter struct {
	// Header has all fields by canonical name, unfolded and decoded (RFC 2047) to UTF-8.
	Header    textproto.MIMEHeader
	From      Mailbox
	To        []Mailbox // To and Cc
	Subject   string
	Date      time.Time // zero if it has none that can be read; in the sender's zone
	MessageID string    // without angle brackets; '' if it has none
	// References are In-Reply-To and then References, the latest first, without angle brackets.
	References []string
	// DeliveredTo are the addresses that the letter came to: Delivered-To, X-Original-To,
	// Envelope-To, then To, then what Received fields say it was for.
	DeliveredTo []string
	// Text is the text of the body, UTF-8 with \n: of text/plain, else of the HTML, whose
	// blockquotes begin their lines with "> ". No attachments and no letters within.
	Text  string
	Parts []Part
	// Cut says that it was too big, or had too many parts, and was not read to its end.
	Cut bool
}

// Mailbox is an address with the name before it.
type Mailbox struct{ Name, Address string }

// Part is a leaf of the MIME tree, in its order. A letter within a letter is one leaf,
// which Read reads in its turn.
type Part struct {
	Type   string            // media type in small letters, such as message/delivery-status
	Params map[string]string // of the media type
	// Body is decoded. Text, and what only tells of a letter, is UTF-8 with \n; a letter
	// within is as it came; of other types only the beginning is kept.
	Body []byte
}
