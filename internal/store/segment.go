package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Segment is a named filter as its author wrote it: YAML from the content folder,
// JSON from the API (which is YAML too).
type Segment struct {
	Name   string
	Title  string
	Source string
	Origin string // "content" or "api"
}

// SegmentByName finds a segment.
func SegmentByName(ctx context.Context, db DB, name string) (Segment, error) {
	s, err := one[Segment](db.Query(ctx, "SELECT name, title, source, origin FROM segments WHERE name = $1", name))
	if err != nil {
		return s, fmt.Errorf("loading segment %q: %w", name, err)
	}
	return s, nil
}

// ListSegments returns all segments by name.
func ListSegments(ctx context.Context, db DB) ([]Segment, error) {
	list, err := all[Segment](db.Query(ctx, "SELECT name, title, source, origin FROM segments ORDER BY name"))
	if err != nil {
		return nil, fmt.Errorf("listing segments: %w", err)
	}
	return list, nil
}

// SaveSegment adds or changes a segment.
func SaveSegment(ctx context.Context, db DB, s Segment) error {
	_, err := db.Exec(ctx, `
		INSERT INTO segments (name, title, source, origin) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET title = excluded.title, source = excluded.source, origin = excluded.origin, updated_at = now()`,
		s.Name, s.Title, s.Source, s.Origin)
	if err != nil {
		return fmt.Errorf("saving segment %q: %w", s.Name, err)
	}
	return nil
}

// DeleteSegment removes a segment.
func DeleteSegment(ctx context.Context, db DB, name string) error {
	tag, err := db.Exec(ctx, "DELETE FROM segments WHERE name = $1", name)
	if err != nil {
		return fmt.Errorf("deleting segment %q: %w", name, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("deleting segment %q: %w", name, ErrNotFound)
	}
	return nil
}

// RetireSegments removes the segments of earlier folders that are not among names.
func RetireSegments(ctx context.Context, db DB, names []string) error {
	if _, err := db.Exec(ctx, "DELETE FROM segments WHERE origin = 'content' AND NOT name = ANY($1)", names); err != nil {
		return fmt.Errorf("retiring segments: %w", err)
	}
	return nil
}

// ClientIDsMatching returns ids of the clients that a filter compiled by
// FilterSQL matches, after the given one, in order.
func ClientIDsMatching(ctx context.Context, db DB, where string, args []any, after int64, limit int) ([]int64, error) {
	n := len(args)
	sql := fmt.Sprintf("SELECT c.id%sWHERE c.id > $%d AND (%s) ORDER BY c.id LIMIT $%d", clientTables, n+1, where, n+2)
	rows, err := db.Query(ctx, sql, append(append([]any{}, args...), after, limit)...)
	if err != nil {
		return nil, fmt.Errorf("finding the clients of a segment: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("finding the clients of a segment: %w", err)
	}
	return ids, nil
}
