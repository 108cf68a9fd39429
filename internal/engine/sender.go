package engine

import (
	"seventh/internal/store"
	"seventh/sequences"
)

// fromOf is who a letter comes from: with `sender: owner` the client's rep, who
// then gets the replies too.
func (c *Catalog) fromOf(l *Letter) sequences.Sender {
	if l.Version.Sequence.Sender == "owner" && l.Rep.Email != "" {
		return sequences.Sender{Email: l.Rep.Email, Name: l.Rep.Name}
	}
	return c.namedSender(l.Version)
}

// senderOf is the address that a version's letters to a client come from.
func (c *Catalog) senderOf(v *Version, client *store.Client) string {
	if v.Sequence.Sender == "owner" && client.Owner != "" {
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
