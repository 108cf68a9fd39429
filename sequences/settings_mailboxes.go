package sequences

import (
	"net/mail"
	"slices"
	"strings"
)

// Mailbox is where answers and bounces arrive, read over IMAP. Nothing in it is changed.
type Mailbox struct {
	IMAP    Reference `yaml:"imap" jsonschema:"required" jsonschema_description:"write where its URL is kept, for example imap: env:ANN_IMAP_URL, with imaps://user:password@host in that variable"`
	Token   Reference `yaml:"token" jsonschema_description:"where an OAuth 2.0 access token is kept that stands for the password (XOAUTH2); it is read again at each login"`
	Folders []string  `yaml:"folders" jsonschema:"example=INBOX" jsonschema_description:"the folders to read; INBOX if left out. Add the one for spam: answers end there too"` // never empty after ParseSettings
}

// Bounces is the address that letters are returned to.
type Bounces struct {
	Address string   `yaml:"address" jsonschema:"example=bounces@bounce.example.com" jsonschema_description:"the address that undeliverable letters come back to, with a mark of the letter behind a +; mail programs unsubscribe there too. Letters to bounces+anything@… must arrive in its mailbox, or in a hook"`
	Mailbox *Mailbox `yaml:"mailbox" jsonschema_description:"the mailbox that this address fills, read over IMAP"`
}

const (
	inbox = "INBOX"
	// markLength is what a mark adds to the left part of an address: "+b." and a token.
	markLength = 3 + 26
	// maxLocalPart is RFC 5321, 4.5.3.1.1.
	maxLocalPart = 64
)

// notRead are folders in which letters of ours lie, and letters that nobody has sent or
// somebody has thrown away, by the names that mail programs give them.
var notRead = []string{
	"sent", "sent items", "sent mail", "sent messages", "drafts", "draft", "trash", "deleted items", "deleted messages", "outbox",
	"отправленные", "исходящие", "черновики", "корзина", "удаленные", "удалённые", "[gmail]/sent mail", "[gmail]/drafts", "[gmail]/trash", "[gmail]/отправленные",
	"[gmail]/черновики", "[gmail]/корзина",
}

// NamedMailbox is a mailbox with where the settings name it, and what comes to it.
type NamedMailbox struct {
	*Mailbox
	Name    string // senders.ann, bounces
	Address string
	Sends   bool // the address is a sender's
}

// Mailboxes are all that the settings name, by name.
func (s *Settings) Mailboxes() []NamedMailbox {
	var list []NamedMailbox
	if m := s.Bounces.Mailbox; m != nil {
		list = append(list, NamedMailbox{m, "bounces", s.Bounces.Address, false})
	}
	for _, name := range names(s.Senders) {
		if sender := s.Senders[name]; sender.Mailbox != nil {
			list = append(list, NamedMailbox{sender.Mailbox, "senders." + name, sender.Email, true})
		}
	}
	return list
}

func (s *Settings) checkMailboxes(d *decoder) {
	for _, name := range names(s.Senders) {
		path, sender := "senders."+name, s.Senders[name]
		sender.Mailbox.check(d, path+".mailbox")
		marked, at := sender.ReplyTo, path+".reply_to"
		if marked == "" {
			marked, at = sender.Email, path+".email"
		}
		if sender.ReplyToken {
			d.roomForMark(at, marked)
			if !s.hears(marked) {
				d.problem(d.keys[path+".reply_token"], "nobody would read the answers with a mark: write mailbox: { imap: env:NAME } for the mailbox that %s fills, or remove reply_token", quoted(marked))
			}
		}
	}
	s.Bounces.Mailbox.check(d, "bounces.mailbox")
	address := s.Bounces.Address
	if address == "" {
		if s.Bounces.Mailbox != nil {
			d.problem(d.keys["bounces"], "bounces has a mailbox but no address, so nothing would come to it: write address: bounces@your-domain")
		}
		return
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
		d.problem(d.spotOf("bounces.address"), "%s is not an e-mail address: write it like bounces@bounce.example.com", quoted(address))
		return
	}
	d.roomForMark("bounces.address", address)
}

// hears reports whether answers to an address come back to us, over a mailbox or from a
// mail server that posts them.
func (s *Settings) hears(address string) bool {
	return s.Hooks.Generic != nil || slices.ContainsFunc(s.Mailboxes(), func(m NamedMailbox) bool { return strings.EqualFold(m.Address, address) }) ||
		slices.ContainsFunc(names(s.Senders), func(name string) bool {
			x := s.Senders[name]
			return x.Mailbox != nil && strings.EqualFold(x.ReplyTo, address)
		})
}

// check looks at the folders, and fills in the one that is always read.
func (m *Mailbox) check(d *decoder, path string) {
	if m == nil {
		return
	}
	if len(m.Folders) == 0 {
		if _, written := d.keys[path+".folders"]; written {
			d.problem(d.spotOf(path+".folders"), "no folder is named, so nothing would be read: write folders: [INBOX], or leave it out")
		}
		m.Folders = []string{inbox}
	}
	for _, folder := range m.Folders {
		if slices.Contains(notRead, strings.ToLower(folder)) {
			d.problem(d.spotOf(path+".folders"), "%s is not read, as what comes back never lies there: name the folders that letters arrive in, for example [INBOX, Junk]", quoted(folder))
		}
	}
}

// roomForMark says so when no mark fits into an address.
func (d *decoder) roomForMark(path, address string) {
	local, _, found := strings.Cut(address, "@")
	if found && !outside(address) && len(local)+markLength > maxLocalPart {
		d.problem(d.spotOf(path), "what stands before the @ has %d letters: with a mark behind it, it may have %d at most", len(local), maxLocalPart-markLength)
	}
}
