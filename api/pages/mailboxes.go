package pages

import (
	"context"

	"seventh/internal/store"
)

// mailboxPart says how reading a mailbox goes. All its times are wall time.
type mailboxPart struct {
	Address string
	Read    *moment // when it was read last, nil for never
	Unread  bool    // it cannot be read
	Since   moment  // if it cannot be read: since when, as far as is known
	Why     string  // why it, or some of its folders, cannot be read
}

// mailboxParts are the mailboxes of seventh.yaml by the names they have there:
// senders.ann, bounces.
func (s *site) mailboxParts(ctx context.Context, sc scene) (map[string]*mailboxPart, error) {
	known, err := store.ListMailboxes(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	parts := make(map[string]*mailboxPart)
	for _, m := range sc.catalog.Settings.Mailboxes() {
		parts[m.Name] = &mailboxPart{Address: m.Address}
	}
	for _, m := range known {
		part := parts[m.Name]
		if part == nil {
			continue // it is not in the settings any more
		}
		part.Unread, part.Why, part.Since = m.Unread(), m.Error, at(m.UnreadSince(), sc.zone)
		if m.ReadAt != nil {
			read := at(*m.ReadAt, sc.zone)
			part.Read = &read
		}
	}
	return parts, nil
}
