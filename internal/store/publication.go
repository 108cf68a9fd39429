package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/sequences"
)

// Publication is a content folder as it was published.
type Publication struct {
	ID          int64
	Hash        []byte
	PublishedAt time.Time
}

// LatestPublication returns what is in force, or ErrNotFound before the first.
func LatestPublication(ctx context.Context, db DB) (Publication, error) {
	p, err := one[Publication](db.Query(ctx, "SELECT id, hash, published_at FROM publications ORDER BY id DESC LIMIT 1"))
	if err != nil {
		return p, fmt.Errorf("loading the publication in force: %w", err)
	}
	return p, nil
}

// PublicationFiles returns a publication's folder: path → body.
func PublicationFiles(ctx context.Context, db DB, id int64) (map[string][]byte, error) {
	rows, err := db.Query(ctx, "SELECT path, body FROM publication_files WHERE publication_id = $1", id)
	if err != nil {
		return nil, fmt.Errorf("loading publication %d: %w", id, err)
	}
	files := make(map[string][]byte)
	var path string
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&path, &body}, func() error {
		files[path] = append([]byte(nil), body...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("loading publication %d: %w", id, err)
	}
	return files, nil
}

// PublicationFile returns one file of a publication, or ErrNotFound.
func PublicationFile(ctx context.Context, db DB, id int64, path string) ([]byte, error) {
	var body []byte
	err := db.QueryRow(ctx, "SELECT body FROM publication_files WHERE publication_id = $1 AND path = $2", id, path).Scan(&body)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("loading %s of publication %d: %w", path, id, err)
	}
	return body, nil
}

// InsertPublication stores a folder. The caller holds the publishing lock.
func InsertPublication(ctx context.Context, db DB, hash []byte, now time.Time, files map[string][]byte) (int64, error) {
	var id int64
	err := db.QueryRow(ctx, "INSERT INTO publications (hash, published_at) VALUES ($1, $2) RETURNING id", hash, now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("storing a publication: %w", err)
	}
	paths := make([]string, 0, len(files))
	bodies := make([][]byte, 0, len(files))
	for path, body := range files {
		paths, bodies = append(paths, path), append(bodies, body)
	}
	_, err = db.Exec(ctx, `
		INSERT INTO publication_files (publication_id, path, body)
		SELECT $1, f.path, coalesce(f.body, '') FROM unnest($2::text[], $3::bytea[]) AS f(path, body)`, id, paths, bodies)
	if err != nil {
		return 0, fmt.Errorf("storing a publication's files: %w", err)
	}
	return id, nil
}

// LockPublishing lets one publication happen at a time.
func LockPublishing(ctx context.Context, db DB) error {
	if _, err := db.Exec(ctx, "SELECT pg_advisory_xact_lock(7703, 0)"); err != nil {
		return fmt.Errorf("waiting for another publication: %w", err)
	}
	return nil
}

// SequenceVersion is one version of a sequence, as its YAML was published.
type SequenceVersion struct {
	ID            int64
	SequenceID    int64
	PublicationID int64
	Name          string
	Number        int
	Path          string
	Source        string
	Current       bool // new enrollments get it
}

const versionColumns = `
	v.id, v.sequence_id, v.publication_id, s.name, v.number, v.path, v.source, s.version_id IS NOT DISTINCT FROM v.id AS current
	FROM sequence_versions v JOIN sequences s ON s.id = v.sequence_id `

// CurrentVersions returns the versions that new enrollments get, by name.
func CurrentVersions(ctx context.Context, db DB) ([]SequenceVersion, error) {
	versions, err := all[SequenceVersion](db.Query(ctx, "SELECT"+versionColumns+"WHERE v.id = s.version_id ORDER BY s.name"))
	if err != nil {
		return nil, fmt.Errorf("loading sequence versions: %w", err)
	}
	return versions, nil
}

// VersionByID finds a version, current or not.
func VersionByID(ctx context.Context, db DB, id int64) (SequenceVersion, error) {
	v, err := one[SequenceVersion](db.Query(ctx, "SELECT"+versionColumns+"WHERE v.id = $1", id))
	if err != nil {
		return v, fmt.Errorf("loading sequence version %d: %w", id, err)
	}
	return v, nil
}

// SaveVersion makes source the current version of a sequence, unless it already
// is, and reports whether it made a new one.
func SaveVersion(ctx context.Context, db DB, name, path, source string, publicationID int64) (bool, error) {
	sequence, _ := sequences.ParseSequence(path, []byte(source), nil)
	tag, err := db.Exec(ctx, `
		WITH sequence AS (
			INSERT INTO sequences (name) VALUES ($1)
			ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, version_id
		), latest AS (
			SELECT v.id, v.number, v.source FROM sequence_versions v JOIN sequence s ON v.sequence_id = s.id
			ORDER BY v.number DESC LIMIT 1
		)
		INSERT INTO sequence_versions (sequence_id, number, publication_id, path, source, listens)
		SELECT s.id, coalesce((SELECT number FROM latest), 0) + 1, $4, $2, $3, $5 FROM sequence s
		WHERE NOT EXISTS (SELECT 1 FROM latest WHERE source = $3)`, name, path, source, publicationID, sequence.Listens())
	if err != nil {
		return false, fmt.Errorf("storing sequence %q: %w", name, err)
	}
	_, err = db.Exec(ctx, `
		UPDATE sequences s SET version_id = (SELECT id FROM sequence_versions v WHERE v.sequence_id = s.id ORDER BY number DESC LIMIT 1)
		WHERE s.name = $1`, name)
	if err != nil {
		return false, fmt.Errorf("making the new version of %q current: %w", name, err)
	}
	return tag.RowsAffected() == 1, nil
}

// RetireSequences takes the sequences that are not among names out of use for new
// enrollments; whoever is in one finishes it.
func RetireSequences(ctx context.Context, db DB, names []string) error {
	if _, err := db.Exec(ctx, "UPDATE sequences SET version_id = NULL WHERE NOT name = ANY($1)", names); err != nil {
		return fmt.Errorf("retiring sequences: %w", err)
	}
	return nil
}

// Letter is a compiled letter's fixed parts, kept once by hash.
type Letter struct {
	Hash         []byte
	Template     string
	Locale       string
	Fixed        []byte
	Destinations []string
}

// SaveLetter stores fixed parts; a hash that is there already is left alone.
func SaveLetter(ctx context.Context, db DB, l Letter) error {
	_, err := db.Exec(ctx, `
		INSERT INTO letters (hash, template, locale, fixed, destinations) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (hash) DO NOTHING`, l.Hash, l.Template, l.Locale, l.Fixed, l.Destinations)
	if err != nil {
		return fmt.Errorf("storing letter %s: %w", l.Template, err)
	}
	return nil
}
