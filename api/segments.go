package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/goccy/go-yaml"

	"seventh/internal/store"
	"seventh/sequences"
)

// segmentJSON is a named filter over clients.
type segmentJSON struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Where  any    `json:"where" doc:"The filter, as in a segment's YAML file: a map, or a condition as text."`
	Origin string `json:"origin" enum:"content,api" doc:"Segments of the content folder are changed there."`
}

type segmentPath struct {
	Name string `path:"name" maxLength:"100" pattern:"^[a-z0-9][a-z0-9_-]*$"`
}

type segmentAnswer struct {
	Status int
	Body   segmentJSON
}

func showSegment(row *store.Segment) (segmentJSON, error) {
	var source struct {
		Where any `yaml:"where"`
	}
	if err := yaml.Unmarshal([]byte(row.Source), &source); err != nil {
		return segmentJSON{}, fmt.Errorf("reading segment %q: %w", row.Name, err)
	}
	return segmentJSON{Name: row.Name, Title: row.Title, Where: source.Where, Origin: row.Origin}, nil
}

// segments lists them; they are as few as marketers keep.
func (s *server) segments(ctx context.Context, _ *struct{}) (*list[segmentJSON], error) {
	rows, err := store.ListSegments(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	shown := make([]segmentJSON, len(rows))
	for i := range rows {
		if shown[i], err = showSegment(&rows[i]); err != nil {
			return nil, err
		}
	}
	return pageOf(shown, len(shown), func(x *segmentJSON) segmentJSON { return *x }, nil), nil
}

// segment shows one.
func (s *server) segment(ctx context.Context, in *segmentPath) (*segmentAnswer, error) {
	row, err := store.SegmentByName(ctx, s.DB, in.Name)
	if err != nil {
		return nil, err
	}
	shown, err := showSegment(&row)
	return &segmentAnswer{Status: http.StatusOK, Body: shown}, err
}

// putSegment saves a filter that marketers could have written.
func (s *server) putSegment(ctx context.Context, in *struct {
	Name string `path:"name" maxLength:"100" pattern:"^[a-z0-9][a-z0-9_-]*$"`
	Body struct {
		Title string `json:"title,omitempty" doc:"The name if left out."`
		Where any    `json:"where" doc:"The filter, as in a segment's YAML file: {\"category\": [\"C\", \"D\"]}, or as text: category in [C, D] and touches >= 7."`
	}
}) (*segmentAnswer, error) {
	catalog, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	row := store.Segment{Name: in.Name, Title: in.Body.Title, Origin: "api"}
	if row.Title == "" {
		row.Title = in.Name
	}
	check := (&rules{}).check()
	check.line("body.title", &row.Title, nameLimit)
	source, err := json.MarshalIndent(map[string]any{"segment": row.Name, "title": row.Title, "where": in.Body.Where}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encoding segment %q: %w", row.Name, err)
	}
	row.Source = string(source)
	_, problems := sequences.ParseSegment(row.Name, source, catalog.Settings)
	for _, p := range problems {
		check.add("body.where", p.Message, nil)
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	status, err := s.saveSegment(ctx, row)
	if err != nil {
		return nil, err
	}
	return &segmentAnswer{Status: status, Body: segmentJSON{Name: row.Name, Title: row.Title, Where: in.Body.Where, Origin: row.Origin}}, nil
}

// saveSegment saves a segment unless it is the content folder's.
func (s *server) saveSegment(ctx context.Context, row store.Segment) (status int, err error) {
	before, err := store.SegmentByName(ctx, s.DB, row.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return http.StatusCreated, store.SaveSegment(ctx, s.DB, row)
	case err != nil:
		return 0, err
	case before.Origin != "api":
		return 0, errNotOurs
	}
	return http.StatusOK, store.SaveSegment(ctx, s.DB, row)
}

// deleteSegment removes one that came through the API.
func (s *server) deleteSegment(ctx context.Context, in *segmentPath) (*struct{}, error) {
	row, err := store.SegmentByName(ctx, s.DB, in.Name)
	if err != nil {
		return nil, err
	}
	if row.Origin != "api" {
		return nil, errNotOurs
	}
	return nil, store.DeleteSegment(ctx, s.DB, in.Name)
}

// segmentClients lists whom a segment matches now, in the order in which they were
// added.
func (s *server) segmentClients(ctx context.Context, in *struct {
	Paging
	Name string `path:"name" maxLength:"100"`
}) (*list[clientJSON], error) {
	after, err := lastID("segment", in.Cursor)
	if err != nil {
		return nil, err
	}
	if _, err := store.SegmentByName(ctx, s.DB, in.Name); err != nil {
		return nil, err
	}
	rows, err := s.matching(ctx, in.Name, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, showClient, func(c *store.Client) string { return idCursor("segment", c.ID) }), nil
}

func (s *server) matching(ctx context.Context, segment string, after int64, limit int) ([]store.Client, error) {
	rules, err := s.rules(ctx)
	if err != nil {
		return nil, err
	}
	catalog, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	filter, err := s.Engine.SegmentFilter(ctx, s.DB, catalog, segment)
	if err != nil {
		return nil, err
	}
	where, args, err := store.FilterSQL(filter, rules.now)
	if err != nil {
		return nil, err
	}
	ids, err := store.ClientIDsMatching(ctx, s.DB, where, args, after, limit)
	if err != nil {
		return nil, err
	}
	return s.inOrder(ctx, ids)
}

// inOrder loads clients in the order of their ids.
func (s *server) inOrder(ctx context.Context, ids []int64) ([]store.Client, error) {
	clients, err := store.ClientsByID(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(clients, func(a, b store.Client) int { return cmp.Compare(a.ID, b.ID) })
	return clients, nil
}
