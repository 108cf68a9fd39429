package content_test

import (
	"errors"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/content"
	"seventh/internal/pgtest"
	"seventh/internal/store"
)

const other = "sequence: other\nsteps: [{ id: case, email: c/case }]\n"

func publish(t *testing.T, db store.DB, fsys fstest.MapFS) content.Published {
	t.Helper()
	published, err := content.Publish(t.Context(), db, load(t, fsys))
	if err != nil {
		t.Fatal(err)
	}
	return published
}

// versions are the numbers of the versions in force, by sequence.
func versions(t *testing.T, db store.DB) map[string]int {
	t.Helper()
	current, err := store.CurrentVersions(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	numbers := make(map[string]int)
	for _, v := range current {
		numbers[v.Name] = v.Number
	}
	return numbers
}

func TestPublishingTheSameTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	first := publish(t, db, small())
	if diff := cmp.Diff(content.Published{ID: first.ID, Changed: true, Fresh: []string{"hello"}}, first); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(content.Published{ID: first.ID}, publish(t, db, small())); diff != "" {
		t.Errorf("second (-want +got):\n%s", diff)
	}
}

func TestOnlyChangedSequencesGetAVersion(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	two := with(small(), map[string]string{"sequences/other.yaml": other})
	publish(t, db, two)

	letter := with(two, map[string]string{"templates/c/guide.md": "---\nsubject: Another\n---\nHello!\n"})
	if got := publish(t, db, letter); !got.Changed || len(got.Fresh) != 0 {
		t.Errorf("with another letter: %+v", got)
	}
	sequence := with(letter, map[string]string{"sequences/other.yaml": other + "title: Other\n"})
	if got := publish(t, db, sequence); !cmp.Equal(got.Fresh, []string{"other"}) {
		t.Errorf("with another sequence: %+v", got)
	}
	if diff := cmp.Diff(map[string]int{"hello": 1, "other": 2}, versions(t, db)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestWhatIsGoneFromTheFolderIsRetired(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	full := with(small(), map[string]string{"sequences/other.yaml": other, "segments/c.yaml": "segment: c\nwhere: { category: C }\n"})
	publish(t, db, full)
	if err := store.SaveSegment(ctx, db, store.Segment{Name: "crm", Source: "{}", Origin: "api"}); err != nil {
		t.Fatal(err)
	}
	publish(t, db, small())
	if diff := cmp.Diff(map[string]int{"hello": 1}, versions(t, db)); diff != "" {
		t.Errorf("sequences (-want +got):\n%s", diff)
	}
	segments, err := store.ListSegments(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Segment{
		{Name: "crm", Source: "{}", Origin: "api"},
		{Name: "food", Title: "food", Source: "segment: food\nwhere: { attributes: { industry: food } }\n", Origin: "content"},
	}
	if diff := cmp.Diff(want, segments); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	if got := publish(t, db, full); len(got.Fresh) != 0 {
		t.Errorf("what came back unchanged got new versions: %v", got.Fresh)
	}
	if diff := cmp.Diff(map[string]int{"hello": 1, "other": 1}, versions(t, db)); diff != "" {
		t.Errorf("after it came back (-want +got):\n%s", diff)
	}
}

func TestFolderInForceIsTheOnePublished(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	if _, _, err := content.InForce(ctx, db); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before the first publication: %v", err)
	}
	built := load(t, content.BuiltIn())
	published, err := content.Publish(ctx, db, built)
	if err != nil {
		t.Fatal(err)
	}
	inForce, id, err := content.InForce(ctx, db)
	if err != nil || id != published.ID {
		t.Fatalf("publication %d is in force, want %d (%v)", id, published.ID, err)
	}
	if diff := cmp.Diff(built.Files(), inForce.Files()); diff != "" {
		t.Errorf("(-published +in force):\n%s", diff)
	}
	again, err := content.Publish(ctx, db, inForce)
	if err != nil || again.Changed {
		t.Errorf("publishing what is in force: %+v (%v)", again, err)
	}
}

func TestFolderOfAnotherVersionSaysSo(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	publish(t, db, small())
	if _, err := db.Exec(t.Context(), "UPDATE publication_files SET body = 'sequence: hello' WHERE path = 'sequences/hello.yaml'"); err != nil {
		t.Fatal(err)
	}
	const want = "publication 1 was made by another version of seventh and has a problem now: sequences/hello.yaml:1:1: "
	if _, _, err := content.InForce(t.Context(), db); err == nil || err.Error()[:len(want)] != want {
		t.Errorf("told %v, want %s…", err, want)
	}
}

func TestProcessesThatPublishAtOnceMakeOnePublication(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	folder := load(t, small())
	results := make([]content.Published, 4)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() {
			var err error
			if results[i], err = content.Publish(t.Context(), db, folder); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	changed := 0
	for _, r := range results {
		if r.ID != results[0].ID {
			t.Errorf("publications %d and %d", r.ID, results[0].ID)
		}
		if r.Changed {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("%d of them published, want one", changed)
	}
	if diff := cmp.Diff(map[string]int{"hello": 1}, versions(t, db)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestPublicationHasEverybodyReviewedAndTellsWhoListens(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	ctx := t.Context()
	then := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ann := &store.Client{ExternalID: "ann", Temperature: "cold", Stage: "lead", CreatedAt: then, UpdatedAt: then}
	if err := store.SaveClients(ctx, db, []*store.Client{ann}); err != nil {
		t.Fatal(err)
	}
	listener, err := pgx.ConnectConfig(ctx, db.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close(ctx) }()
	if _, err := listener.Exec(ctx, "LISTEN "+store.ContentChannel+"; LISTEN "+store.PlanChannel); err != nil {
		t.Fatal(err)
	}
	publish(t, db, small())

	for _, want := range []string{store.ContentChannel, store.PlanChannel} {
		heard, err := listener.WaitForNotification(ctx)
		if err != nil || heard.Channel != want {
			t.Fatalf("heard %+v (%v), want %s", heard, err, want)
		}
	}
	publication, err := store.LatestPublication(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if due, err := store.ClientsForReview(ctx, db, publication.PublishedAt, 9); err != nil || len(due) != 1 {
		t.Errorf("clients %v are reviewed (%v), want ann", due, err)
	}
}
