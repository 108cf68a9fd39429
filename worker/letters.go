package worker

import (
	"context"
	"fmt"
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
	settings    *sequences.Settings
	set         *templates.Set
	keys        mail.Keyring

	mu       sync.Mutex
	compiled map[*templates.Letter]*mail.Compiled
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
	l.inUse = &edition{publication: id, settings: folder.Settings, set: folder.Letters, keys: keys, compiled: make(map[*templates.Letter]*mail.Compiled)}
	return l.inUse, nil
}

// compile returns a letter's compiled form. Its fixed parts are stored before the
// first letter that refers to them can be settled.
func (e *edition) compile(ctx context.Context, db store.DB, letter *templates.Letter) (*mail.Compiled, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c := e.compiled[letter]; c != nil {
		return c, nil
	}
	c, err := mail.Compile(letter)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnwritable, err)
	}
	destinations := make([]string, len(letter.Links))
	for i, link := range letter.Links {
		destinations[i] = link.Destination
	}
	err = store.SaveLetter(ctx, db, store.Letter{
		Hash: c.Hash[:], Template: letter.Name, Locale: letter.Locale, Fixed: mail.MarshalFixed(c.Fixed), Destinations: destinations,
	})
	if err != nil {
		return nil, err
	}
	e.compiled[letter] = c
	return c, nil
}
