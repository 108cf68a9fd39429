package engine

import (
	"strings"

	"seventh/internal/store"
	"seventh/sequences"
)

// fromOf is who a letter comes from: with `sender: owner` the client's rep, who
// then gets the replies too. A rep who is one of the senders in seventh.yaml sends
// as that one, over its own mail server.
func (c *Catalog) fromOf(l *Letter) sequences.Sender {
	if l.Version.Sequence.Sender != sequences.Owner || l.Rep.Email == "" {
		return c.namedSender(l.Version)
	}
	s, known := c.SenderAt(l.Rep.Email)
	if !known {
		return sequences.Sender{Email: l.Rep.Email, Name: l.Rep.Name}
	}
	if s.Name == "" {
		s.Name = l.Rep.Name
	}
	return s
}

// senderOf is the address that a version's letters to a client come from.
func (c *Catalog) senderOf(v *Version, client *store.Client) string {
	if v.Sequence.Sender == sequences.Owner && client.Owner != "" {
		return client.Owner
	}
	return c.namedSender(v).Email
}

// namedSender is the sender from seventh.yaml that a version names, or the
// fallback.
func (c *Catalog) namedSender(v *Version) sequences.Sender {
	if s, ok := c.Settings.Senders[v.Sequence.Sender]; ok {
		return s
	}
	return c.Settings.Senders[c.Settings.FallbackSender]
}

// SenderAt is the sender in seventh.yaml with an address, in whatever case.
func (c *Catalog) SenderAt(address string) (sequences.Sender, bool) {
	s, ok := c.senders[senderKey(address)]
	return s, ok
}

// senderKey is the form of a sender's address that limits and pauses go by.
func senderKey(address string) string {
	if normal, err := store.NormalizeAddress(address); err == nil {
		return normal
	}
	return strings.ToLower(address)
}

// byAddress are the senders by the form of their address that limits go by.
func byAddress(senders map[string]sequences.Sender) map[string]sequences.Sender {
	by := make(map[string]sequences.Sender, len(senders))
	for _, s := range senders {
		by[senderKey(s.Email)] = s
	}
	return by
}
