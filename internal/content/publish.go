package content

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// Published says what a publication did.
type Published struct {
	ID      int64
	Changed bool     // false: the folder is what is in force already
	Fresh   []string // sequences with a new version
}

// Publish puts a folder in force, all of it or nothing. Publishing what is in
// force already changes nothing, so that every start may do it.
func Publish(ctx context.Context, db store.DB, folder *Folder) (Published, error) {
	return PublishOn(ctx, db, folder, Terms{})
}

// PublishOn publishes a folder on terms. The error is a Refusal if they, or people who
// are under way, are against it: nothing is changed then.
func PublishOn(ctx context.Context, db store.DB, folder *Folder, terms Terms) (Published, error) {
	var published Published
	err := store.Tx(ctx, db, func(tx pgx.Tx) error {
		var err error
		published, err = publish(ctx, tx, folder, terms)
		return err
	})
	var refusal Refusal
	if errors.As(err, &refusal) {
		return Published{}, refusal
	}
	if err != nil {
		return Published{}, fmt.Errorf("publishing: %w", err)
	}
	return published, nil
}

func publish(ctx context.Context, tx pgx.Tx, folder *Folder, terms Terms) (Published, error) {
	if err := store.LockPublishing(ctx, tx); err != nil {
		return Published{}, err
	}
	files := folder.Files()
	hash := hashOf(files)
	inForce, err := store.LatestPublication(ctx, tx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Published{}, err
	}
	if bytes.Equal(inForce.Hash, hash) {
		return Published{ID: inForce.ID}, store.EndRetired(ctx, tx, terms.EndRemoved)
	}
	if err := terms.check(ctx, tx, folder); err != nil {
		return Published{}, err
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return Published{}, err
	}
	id, err := store.InsertPublication(ctx, tx, hash, now, files)
	if err != nil {
		return Published{}, err
	}
	published := Published{ID: id, Changed: true}
	names := make([]string, 0, len(folder.Sequences))
	for _, s := range folder.Sequences {
		names = append(names, s.Name)
		fresh, err := store.SaveVersion(ctx, tx, s.Name, s.File, string(s.Source), id)
		if err != nil {
			return Published{}, err
		}
		if fresh {
			published.Fresh = append(published.Fresh, s.Name)
		}
	}
	if err := store.RetireSequences(ctx, tx, names); err != nil {
		return Published{}, err
	}
	if err := store.EndRetired(ctx, tx, terms.EndRemoved); err != nil {
		return Published{}, err
	}
	if err := store.WakeWithoutLetters(ctx, tx, published.Fresh, now); err != nil {
		return Published{}, err
	}
	if err := publishSegments(ctx, tx, folder); err != nil {
		return Published{}, err
	}
	// Who belongs in which sequence may have changed for everybody.
	if err := store.ReviewEverybody(ctx, tx, now); err != nil {
		return Published{}, err
	}
	return published, errors.Join(store.Notify(ctx, tx, store.ContentChannel), store.Notify(ctx, tx, store.PlanChannel))
}

func publishSegments(ctx context.Context, tx pgx.Tx, folder *Folder) error {
	names := make([]string, 0, len(folder.Segments))
	for _, s := range folder.Segments {
		names = append(names, s.Name)
		err := store.SaveSegment(ctx, tx, store.Segment{
			Name: s.Name, Title: s.Title, Source: string(folder.files[s.File].Data), Origin: "content",
		})
		if err != nil {
			return err
		}
	}
	return store.RetireSegments(ctx, tx, names)
}

// InForce loads the folder that is in force, with the publication's id.
func InForce(ctx context.Context, db store.DB) (*Folder, int64, error) {
	publication, err := store.LatestPublication(ctx, db)
	if err != nil {
		return nil, 0, err
	}
	files, err := store.PublicationFiles(ctx, db, publication.ID)
	if err != nil {
		return nil, 0, err
	}
	folder := make(fstest.MapFS, len(files))
	for name, body := range files {
		folder[name] = &fstest.MapFile{Data: body}
	}
	// Without the lints: what was fit to be published stays in force when seventh
	// learns to find fault with it.
	l := loading{folder: &Folder{files: folder}}
	l.load()
	loaded, problems := l.result()
	if loaded == nil {
		return nil, 0, fmt.Errorf("publication %d was made by another version of seventh and has a problem now: %s", publication.ID, Mistakes(problems)[0])
	}
	return loaded, publication.ID, nil
}

func hashOf(files map[string][]byte) []byte {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, part := range [][]byte{[]byte(name), files[name]} {
			sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			sum.Write(part)
		}
	}
	return sum.Sum(nil)
}
