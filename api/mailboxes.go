package api

import (
	"context"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// mailboxJSON is a mailbox in which answers and bounces arrive.
type mailboxJSON struct {
	Name       string       `json:"name" doc:"Where seventh.yaml names it: senders.ann, or bounces."`
	Address    string       `json:"address" doc:"What comes to it."`
	State      string       `json:"state" enum:"read,unread,waiting" doc:"unread: it cannot be read, last_error says why; waiting: nobody has tried yet."`
	LastReadAt *time.Time   `json:"last_read_at" doc:"Wall time; null if it has never been read."`
	LastError  string       `json:"last_error" doc:"Why it could not be read after that, or, with state read, which of its folders could not; empty if all could."`
	FailedAt   *time.Time   `json:"failed_at" doc:"When it could not be read at all, last; null if it can."`
	Folders    []folderJSON `json:"folders"`
}

// folderJSON is how far a folder has been read.
type folderJSON struct {
	Name    string `json:"name"`
	LastUID int64  `json:"last_uid" doc:"The UID that it has been read up to."`
}

// mailboxes lists the mailboxes of seventh.yaml, and how reading them goes.
func (s *server) mailboxes(ctx context.Context, _ *struct{}) (*list[mailboxJSON], error) {
	catalog, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	known, err := store.ListMailboxes(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	folders, err := store.ListMailboxFolders(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var named []mailboxJSON
	for _, m := range catalog.Settings.Mailboxes() {
		out := mailboxJSON{Name: m.Name, Address: m.Address, State: "waiting", Folders: foldersOf(m, folders)}
		for _, k := range known {
			if k.Name == m.Name {
				out.show(k)
			}
		}
		named = append(named, out)
	}
	return pageOf(named, len(named), func(m *mailboxJSON) mailboxJSON { return *m }, nil), nil
}

func (m *mailboxJSON) show(k store.Mailbox) {
	m.State, m.LastReadAt, m.LastError, m.FailedAt = "read", utc(k.ReadAt), k.Error, utc(k.FailedAt)
	switch {
	case k.Unread():
		m.State = "unread"
	case k.ReadAt == nil:
		m.State = "waiting" // it is being read for the first time
	}
}

func foldersOf(m sequences.NamedMailbox, read []store.MailboxFolder) []folderJSON {
	list := make([]folderJSON, len(m.Folders))
	for i, name := range m.Folders {
		list[i].Name = name
		for _, f := range read {
			if f.Mailbox == m.Name && f.Folder == name {
				list[i].LastUID = f.LastUID
			}
		}
	}
	return list
}
