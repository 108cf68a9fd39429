package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestPublicationKeepsItsFolder(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	if _, err := store.LatestPublication(ctx, db); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before the first: %v", err)
	}
	old := map[string][]byte{"seventh.yaml": []byte("old"), "scripts/empty.md": nil, "bin": {0, 255, 0}}
	first := must(store.InsertPublication(ctx, db, []byte("1"), noon, old))(t)
	second := must(store.InsertPublication(ctx, db, []byte("2"), noon, map[string][]byte{"seventh.yaml": []byte("new")}))(t)

	if diff := cmp.Diff(store.Publication{ID: second, Hash: []byte("2"), PublishedAt: noon}, must(store.LatestPublication(ctx, db))(t)); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(old, must(store.PublicationFiles(ctx, db, first))(t)); diff != "" {
		t.Errorf("the first folder (-want +got):\n%s", diff)
	}
	if body := must(store.PublicationFile(ctx, db, first, "seventh.yaml"))(t); string(body) != "old" {
		t.Errorf("the first settings are %q", body)
	}
	if _, err := store.PublicationFile(ctx, db, second, "bin"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a file of another publication: %v", err)
	}
}

func TestPublishingWaitsForAnother(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	first := must(o.db.Begin(ctx))(t)
	ok(t, store.LockPublishing(ctx, first))
	second := make(chan error)
	go func() {
		second <- store.Tx(ctx, o.db, func(tx pgx.Tx) error { return store.LockPublishing(ctx, tx) })
	}()
	o.somebodyWaits()
	ok(t, first.Commit(ctx))
	ok(t, <-second)
}

func TestSequenceGetsAVersionWhenItsSourceChanges(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	publication := must(store.InsertPublication(ctx, db, []byte("1"), noon, nil))(t)
	var versions []store.SequenceVersion
	save := func(source string, wantFresh bool) {
		t.Helper()
		if fresh := must(store.SaveVersion(ctx, db, "hello", "sequences/hello.yaml", source, publication))(t); fresh != wantFresh {
			t.Errorf("%q makes a new version: %v", source, fresh)
		}
		versions = must(store.CurrentVersions(ctx, db))(t)
		if len(versions) != 1 || versions[0].Source != source {
			t.Errorf("in force: %+v, want %q", versions, source)
		}
	}
	save("one", true)
	first := versions[0]
	want := store.SequenceVersion{
		ID: first.ID, SequenceID: first.SequenceID, PublicationID: publication, Name: "hello", Number: 1, Path: "sequences/hello.yaml", Source: "one", Current: true,
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	save("one", false)
	save("two", true)
	save("one", true)
	if versions[0].Number != 3 {
		t.Errorf("what was taken back is version %d, want 3", versions[0].Number)
	}
	want.Current = false
	if diff := cmp.Diff(want, must(store.VersionByID(ctx, db, first.ID))(t)); diff != "" {
		t.Errorf("the first version (-want +got):\n%s", diff)
	}
	if _, err := store.VersionByID(ctx, db, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a version that is not there: %v", err)
	}
}

func TestRetiredSequenceComesBackAsItWas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	must(store.SaveVersion(ctx, o.db, "other", "sequences/other.yaml", "sequence: other", o.version.PublicationID))(t)
	ok(t, store.RetireSequences(ctx, o.db, []string{"other"}))
	if current := must(store.CurrentVersions(ctx, o.db))(t); len(current) != 1 || current[0].Name != "other" {
		t.Errorf("in force: %+v", current)
	}
	if v := must(store.VersionByID(ctx, o.db, o.version.ID))(t); v.Current {
		t.Error("the retired version is in force")
	}
	if fresh := must(store.SaveVersion(ctx, o.db, "hello", "sequences/hello.yaml", "sequence: hello", o.version.PublicationID))(t); fresh {
		t.Error("unchanged, it got a new version")
	}
	if diff := cmp.Diff(o.version, must(store.VersionByID(ctx, o.db, o.version.ID))(t)); diff != "" {
		t.Errorf("after it came back (-want +got):\n%s", diff)
	}
	ok(t, store.RetireSequences(ctx, o.db, []string{}))
	if current := must(store.CurrentVersions(ctx, o.db))(t); len(current) != 0 {
		t.Errorf("in force after an empty folder: %+v", current)
	}
}

func TestSegmentsOfTheCRMOutliveTheFolder(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	quiet := store.Segment{Name: "quiet", Title: "Quiet", Source: "where: {}", Origin: "content"}
	loud := store.Segment{Name: "loud", Title: "Loud", Source: "{}", Origin: "api"}
	gone := store.Segment{Name: "gone", Source: "{}", Origin: "content"}
	for _, s := range []store.Segment{quiet, loud, gone} {
		ok(t, store.SaveSegment(ctx, db, s))
	}
	quiet.Title = "Very quiet"
	ok(t, store.SaveSegment(ctx, db, quiet))
	ok(t, store.RetireSegments(ctx, db, []string{"quiet"}))

	if diff := cmp.Diff([]store.Segment{loud, quiet}, must(store.ListSegments(ctx, db))(t)); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(quiet, must(store.SegmentByName(ctx, db, "quiet"))(t)); diff != "" {
		t.Errorf("by name (-want +got):\n%s", diff)
	}
	ok(t, store.DeleteSegment(ctx, db, "loud"))
	if err := store.DeleteSegment(ctx, db, "loud"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := store.SegmentByName(ctx, db, "loud"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the deletion: %v", err)
	}
}
