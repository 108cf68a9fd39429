package worker

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/templates"
)

// letters are the published letters, compiled for the wire.
type letters struct {
	mu    sync.Mutex
	inUse *edition
}

// edition is one publication's letters. It does not change, but for compiling
// each letter when it is first sent.
type edition struct {
	publication int64
	folder      *content.Folder
	settings    *sequences.Settings
	set         *templates.Set
	keys        mail.Keyring
	calendar    sequences.Calendar

	mu       sync.Mutex
	compiled map[parts]*mail.Compiled
	files    map[string]mail.Attachment // encoded once, for all letters that carry them
}

// parts are what a compiled letter is made of: steps may send one letter with other
// files, and have its links tell where a visit came from.
type parts struct {
	letter *templates.Letter
	files  string // by name, one a line
	utm    sequences.UTMValues
}

// current returns the letters in force; they are read anew after a publication.
func (l *letters) current(ctx context.Context, db store.DB) (*edition, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	publication, err := store.LatestPublication(ctx, db)
	if err != nil {
		return nil, err
	}
	if l.inUse != nil && l.inUse.publication == publication.ID {
		return l.inUse, nil
	}
	folder, id, err := content.InForce(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("loading the letters in force: %w", err)
	}
	keys, err := Keyring(folder.Settings)
	if err != nil {
		return nil, err // unsigned, the letters would be taken for forgeries
	}
	calendar, err := folder.Settings.WorkCalendar()
	if err != nil {
		return nil, fmt.Errorf("loading calendar %q: %w", folder.Settings.Calendar, err)
	}
	l.inUse = &edition{
		publication: id, folder: folder, settings: folder.Settings, set: folder.Letters, keys: keys, calendar: calendar, compiled: make(map[parts]*mail.Compiled),
	}
	return l.inUse, nil
}

// compile returns the compiled form of a letter with the files it carries. Its fixed
// parts are stored before the first letter that refers to them can be settled.
func (e *edition) compile(ctx context.Context, db store.DB, letter *templates.Letter, files []string, utm sequences.UTMValues) (*mail.Compiled, error) {
	key := parts{letter, strings.Join(files, "\n"), utm}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c := e.compiled[key]; c != nil {
		return c, nil
	}
	attachments, err := e.attachments(files)
	if err != nil {
		return nil, err
	}
	c, err := mail.Compile(letter, attachments...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnwritable, err)
	}
	destinations := make([]string, len(letter.Links))
	for i, link := range letter.Links {
		destinations[i] = utm.AddTo(link.Destination)
	}
	c.Hash = leadingTo(c.Hash, destinations)
	err = store.SaveLetter(ctx, db, store.Letter{
		Hash: c.Hash[:], Template: letter.Name, Locale: letter.Locale, Fixed: mail.MarshalFixed(c.Fixed), Destinations: destinations,
	})
	if err != nil {
		return nil, err
	}
	e.compiled[key] = c
	return c, nil
}

// leadingTo makes a letter another one when its links lead elsewhere, which cannot be seen
// in its text: they keep leading where they led in what has been sent.
func leadingTo(hash [sha256.Size]byte, destinations []string) [sha256.Size]byte {
	h := sha256.New()
	h.Write(hash[:])
	for _, d := range destinations {
		fmt.Fprintf(h, "%d\n%s", len(d), d)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// attachments are the published files of these names.
func (e *edition) attachments(names []string) ([]mail.Attachment, error) {
	var list []mail.Attachment
	for _, name := range names {
		file, encoded := e.files[name]
		if !encoded {
			body, found := e.folder.Attachment(name)
			if !found {
				return nil, fmt.Errorf("%w: there is no files/%s in the published content", errUnwritable, name)
			}
			if e.files == nil {
				e.files = make(map[string]mail.Attachment)
			}
			file = mail.NewAttachment(name, body)
			e.files[name] = file
		}
		list = append(list, file)
	}
	return list, nil
}
