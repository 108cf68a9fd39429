package migrations_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/pgtest"
	"seventh/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// empty is a pool on a database without anything in it.
func empty(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), pgtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func up(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	if err := migrations.Up(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
}

func change(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// exists reports whether all of the tables are there.
func exists(t *testing.T, pool *pgxpool.Pool, tables ...string) bool {
	t.Helper()
	var found int
	err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY($1)", tables).Scan(&found)
	if err != nil {
		t.Fatal(err)
	}
	return found == len(tables)
}

func TestEmptyDatabaseGetsOurTablesAndRivers(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	up(t, pool)
	if !exists(t, pool, "clients", "enrollments", "messages", "touches", "schema_migrations", "river_job", "river_migration") {
		t.Error("tables are missing")
	}
	if err := migrations.Check(t.Context(), pool); err != nil {
		t.Errorf("after Up: %v", err)
	}
}

func TestSecondUpFindsNothingToDo(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	up(t, pool)
	change(t, pool, "INSERT INTO clients (external_id) VALUES ('ann')")
	up(t, pool)
	var clients int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM clients").Scan(&clients); err != nil || clients != 1 {
		t.Errorf("%d clients after the second Up, want 1 (%v)", clients, err)
	}
	if err := migrations.Check(t.Context(), pool); err != nil {
		t.Errorf("after the second Up: %v", err)
	}
}

func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := migrations.Up(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if err := migrations.Check(t.Context(), pool); err != nil {
		t.Errorf("after both: %v", err)
	}
	var twice int
	err := pool.QueryRow(t.Context(), `
		SELECT count(*) FROM (SELECT version_id FROM schema_migrations GROUP BY version_id HAVING count(*) > 1) AS x`).Scan(&twice)
	if err != nil || twice != 0 {
		t.Errorf("%d migrations ran twice (%v)", twice, err)
	}
}

func TestCheckTellsOldFromNew(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change string // of a current schema
		want   error
	}{
		{"current", "SELECT", nil},
		{"our last migration is missing", "DELETE FROM schema_migrations WHERE version_id = (SELECT max(version_id) FROM schema_migrations)", migrations.ErrOld},
		{"our table of versions is missing", "DROP TABLE schema_migrations", migrations.ErrOld},
		{"River's last migration is missing", "DELETE FROM river_migration WHERE version = (SELECT max(version) FROM river_migration)", migrations.ErrOld},
		{"River's tables are missing", "DROP TABLE river_migration", migrations.ErrOld},
		{"a later migration", "INSERT INTO schema_migrations (version_id, is_applied) VALUES (9999, true)", migrations.ErrNew},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.DB(t)
			change(t, pool, tc.change)
			if err := migrations.Check(t.Context(), pool); !errors.Is(err, tc.want) {
				t.Errorf("Check says %v, want %v", err, tc.want)
			}
		})
	}
}

func TestEmptyDatabaseIsOldAndStaysEmpty(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	if err := migrations.Check(t.Context(), pool); !errors.Is(err, migrations.ErrOld) {
		t.Errorf("Check says %v, want %v", err, migrations.ErrOld)
	}
	if exists(t, pool, "schema_migrations") {
		t.Error("looking at the schema changed it")
	}
}

func TestUnreachableDatabaseIsNeitherOldNorNew(t *testing.T) {
	t.Parallel()
	pool := empty(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := migrations.Check(ctx, pool); !errors.Is(err, context.Canceled) {
		t.Errorf("Check says %v, want what kept it from looking", err)
	}
	if err := migrations.Up(ctx, pool); !errors.Is(err, context.Canceled) {
		t.Errorf("Up says %v, want what kept it from migrating", err)
	}
}

func TestHashNamesTheSchema(t *testing.T) {
	t.Parallel()
	hash := migrations.Hash()
	if len(hash) != 16 || hash != migrations.Hash() {
		t.Errorf("hash %q is not a stable name", hash)
	}
}
