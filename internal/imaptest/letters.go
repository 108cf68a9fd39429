package imaptest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Stored is a letter in a mailbox, as it lies there.
type Stored struct {
	Name  string // of its file
	Flags string // Maildir's: S seen, D draft, T trashed, …
	Raw   []byte
}

// Deliver puts a letter into a folder as a mail server does: it is there at once and
// whole.
func (s *Server) Deliver(user, folder string, raw []byte) { s.store(user, folder, "new", "", raw) }

// Store puts a letter into a folder as a mail program does, with Maildir flags: D is a
// draft.
func (s *Server) Store(user, folder, flags string, raw []byte) {
	s.store(user, folder, "cur", ":2,"+flags, raw)
}

func (s *Server) store(user, folder, place, suffix string, raw []byte) {
	s.t.Helper()
	dir := s.path(user, folder)
	for _, d := range []string{s.path(user, "INBOX"), dir} {
		for _, part := range []string{"tmp", "new", "cur"} {
			s.must(os.MkdirAll(filepath.Join(d, part), 0o700))
		}
	}
	s.delivered++
	name := fmt.Sprintf("%06d.test", s.delivered) // the order of names is that of UIDs
	s.must(os.WriteFile(filepath.Join(dir, "tmp", name), raw, 0o600))
	s.own(filepath.Join(s.dir, "mail", user))
	s.must(os.Rename(filepath.Join(dir, "tmp", name), filepath.Join(dir, place, name+suffix)))
}

// own makes everything the owner's of mailboxes, who may not be the test's.
func (s *Server) own(dir string) {
	if os.Getuid() != 0 {
		return
	}
	s.must(filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // Dovecot moves files
			return nil
		}
		if err := os.Lchown(path, s.uid, -1); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}))
}

// Stored are the letters of a folder.
func (s *Server) Stored(user, folder string) []Stored {
	s.t.Helper()
	var list []Stored
	for _, part := range []string{"new", "cur"} {
		dir := filepath.Join(s.path(user, folder), part)
		entries, err := os.ReadDir(dir)
		s.must(err)
		for _, entry := range entries {
			name, flags, _ := strings.Cut(entry.Name(), ":2,")
			raw, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			s.must(err)
			list = append(list, Stored{name, flags, raw})
		}
	}
	return list
}

// Renumber gives a folder another UIDVALIDITY, and its letters other UIDs, as when a
// mailbox moves to another server. The server must be down.
func (s *Server) Renumber(user, folder string) {
	s.t.Helper()
	dir := s.path(user, folder)
	for _, pattern := range []string{"dovecot-uidlist", "dovecot.index*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		s.must(err)
		for _, file := range files {
			s.must(os.Remove(file))
		}
	}
}

// path is where a folder lies; names other than INBOX are as the protocol writes them.
func (s *Server) path(user, folder string) string {
	dir := filepath.Join(s.dir, "mail", user, "Maildir")
	if folder == "INBOX" {
		return dir
	}
	return filepath.Join(dir, "."+folder)
}

// Remove removes a folder with all its letters.
func (s *Server) Remove(user, folder string) { s.must(os.RemoveAll(s.path(user, folder))) }
