package pgtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { Main(m) }

func TestParallelDatabasesAreIsolated(t *testing.T) {
	t.Parallel()
	for i := range 6 {
		t.Run(fmt.Sprint("clone ", i), func(t *testing.T) {
			t.Parallel()
			db := DB(t)
			if _, err := db.Exec(t.Context(), `CREATE TABLE mine AS SELECT $1::int AS number`, i); err != nil {
				t.Fatal(err)
			}
			var got int
			if err := db.QueryRow(t.Context(), `SELECT number FROM mine`).Scan(&got); err != nil || got != i {
				t.Errorf("read %d, %v; want %d", got, err, i)
			}
		})
	}
}

func TestDatabaseHasTheSchema(t *testing.T) {
	t.Parallel()
	if got := value[bool](t, URL(t), `SELECT to_regclass('river_job') IS NOT NULL`); !got {
		t.Error("River's table is missing")
	}
}

func TestEmptyDatabaseHasNothing(t *testing.T) {
	t.Parallel()
	if got := value[int](t, Empty(t), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`); got != 0 {
		t.Errorf("an empty database has %d tables", got)
	}
}

func TestProcessesShareServerAndTemplate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var migrated atomic.Int32
	count := func(ctx context.Context, pool *pgxpool.Pool) error { migrated.Add(1); return makeTable(ctx, pool) }

	one, other := newKit(dir, count), newKit(dir, count)
	var both sync.WaitGroup
	for _, k := range []*kit{one, other} {
		both.Go(func() {
			if err := k.join(t.Context()); err != nil {
				t.Error(err)
				return
			}
			if _, err := k.template(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if migrated.Load() != 1 {
		t.Errorf("the schema was made %d times", migrated.Load())
	}
	address := one.urlOf("postgres")
	leave(t, one)
	value[int](t, address, `SELECT 1`)
	leave(t, other)
	if conn, err := pgx.Connect(t.Context(), address); err == nil {
		conn.Close(t.Context())
		t.Error("the server runs on after its last user")
	}
}

func TestHalfMadeTemplateIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	killed := newKit(dir, func(ctx context.Context, pool *pgxpool.Pool) error {
		return errors.Join(makeTable(ctx, pool), errors.New("killed"))
	})
	k := newKit(dir, makeTable)
	join(t, killed)
	join(t, k)
	if name, err := killed.template(t.Context()); err == nil {
		t.Fatalf("a failed migration made the template %s", name)
	}
	if got := value[int](t, k.migrated(t), `SELECT count(*) FROM made`); got != 0 {
		t.Errorf("the template holds %d rows", got)
	}
}

func TestFailedTestKeepsDatabaseAndLogsURL(t *testing.T) {
	t.Parallel()
	k := newKit(t.TempDir(), makeTable)
	join(t, k)
	passed, failed := &fakeTest{TB: t}, &fakeTest{TB: t, failed: true}
	gone, kept := k.migrated(passed), k.pool(failed).Config().ConnString()
	passed.end()
	failed.end()
	if err := k.leave(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(failed.logged, kept) {
		t.Errorf("the log %q does not name %s", failed.logged, kept)
	}
	value[int](t, kept, `SELECT count(*) FROM made`)
	if conn, err := pgx.Connect(t.Context(), gone); err == nil {
		conn.Close(t.Context())
		t.Error("the database of a test that passed is still there")
	}

	join(t, newKit(k.server.Dir, makeTable)) // the next run, which passes and stops the server
	if err := k.disconnect(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLeftoversAreDroppedByAge(t *testing.T) {
	t.Parallel()
	k := newKit(t.TempDir(), makeTable)
	join(t, k)
	now := time.Now()
	made, err := k.create(t.Context(), "template0", now.Add(-2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	recent, err := k.create(t.Context(), "template0", now.Add(-30*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	template := fmt.Sprint(templatePrefix, now.Add(-72*time.Hour).Unix(), "_old")
	if err := k.migrateTemplate(t.Context(), template); err != nil {
		t.Fatal(err)
	}
	if err := k.dropLeftovers(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{made: false, recent: true, template: false, "seventh": true} {
		sql := fmt.Sprintf(`SELECT EXISTS (SELECT FROM pg_database WHERE datname = '%s')`, name)
		if got := value[bool](t, k.urlOf("postgres"), sql); got != want {
			t.Errorf("%s is there: %v, want %v", name, got, want)
		}
	}
}

func TestGivenServerIsUsedInstead(t *testing.T) {
	t.Parallel()
	given := newKit(t.TempDir(), makeTable)
	join(t, given)
	k := newKit("/nowhere", makeTable)
	k.external = given.server.URL()
	if got := value[int](t, k.migrated(t), `SELECT count(*) FROM made`); got != 0 {
		t.Errorf("the template holds %d rows", got)
	}
}

func TestMissingPostgreSQLFailsTheTest(t *testing.T) {
	t.Parallel()
	for _, external := range []string{"postgres://127.0.0.1:1/none?sslmode=disable", "host=localhost"} {
		k := &kit{external: external, up: makeTable, hash: func() string { return "0" }}
		test := &fakeTest{TB: t}
		var finished sync.WaitGroup
		finished.Go(func() { k.migrated(test) }) // in its own goroutine, because Fatalf ends it
		finished.Wait()
		if !test.failed || !strings.Contains(test.logged, "pgtest: ") {
			t.Errorf("%s: failed %v, logged %q", external, test.failed, test.logged)
		}
	}
}

func TestMainReportsFailure(t *testing.T) {
	t.Parallel()
	if code := (&kit{external: "?"}).main(func() int { return 0 }); code != 1 {
		t.Errorf("without a server the exit code is %d", code)
	}
	if code := newKit(t.TempDir(), makeTable).main(func() int { return 3 }); code != 3 {
		t.Errorf("failing tests end with %d, not 3", code)
	}
}
