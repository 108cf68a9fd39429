// Package pgtest gives tests databases on a real PostgreSQL.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestReplyEndsEnrollment(t *testing.T) {
//		t.Parallel()
//		db := pgtest.DB(t)
//		…
//	}
//
// Every database belongs to one test. It is cloned from a template with the current schema, in some 20 ms. A test that
// fails keeps its database and logs its URL; later runs drop it after an hour.
//
// The server is a throw-away one that all test packages share, at the same time and from run to run (server.go). It
// starts with its first user and stops with its last; without Main every DB joins and leaves by itself. After a failure
// it goes on running, so that the logged URL can be looked at, until the next run that passes. Where
// TEST_DATABASE_URL names a server (as a superuser or a role with CREATEDB), that one is used instead.
//
// A missing PostgreSQL fails tests; it never skips them. Only _test.go files may import this package.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/migrations"
)

// poolSize keeps a machine with many processors from using up the server's connections: its tests run in parallel.
const poolSize = 8

// shared is what the tests of one process use together.
var shared = &kit{up: migrations.Up, hash: migrations.Hash, dir: sharedDir, external: os.Getenv("TEST_DATABASE_URL")}

// Main runs the tests of a package with the server joined once for all of them, and exits.
func Main(m *testing.M) { os.Exit(shared.main(m.Run)) }

func (k *kit) main(run func() int) int {
	ctx, cancel := context.WithTimeout(context.Background(), joinTimeout)
	defer cancel()
	if err := k.join(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	code := run()
	if err := k.leave(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

// DB is a pool on an own database with the current schema. It is closed when the test ends.
func DB(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return shared.pool(t)
}

// URL is the address of an own database with the current schema, for tests that start the real binary.
func URL(t testing.TB) string {
	t.Helper()
	return shared.migrated(t)
}

// Empty is the address of an own database without anything in it, for tests of migrations.
func Empty(t testing.TB) string {
	t.Helper()
	return shared.empty(t)
}

// Copy is the address of a copy of another test database, whose connections are cut:
// what a restored backup is.
func Copy(t testing.TB, db *pgxpool.Pool) string {
	t.Helper()
	db.Reset()
	return shared.database(t, func(ctx context.Context) (string, error) {
		return shared.copyOf(ctx, db.Config().ConnConfig.Database)
	})
}

func (k *kit) pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(k.migrated(t))
	if err != nil {
		t.Fatalf("pgtest: reading the URL of the test's database: %v", err)
	}
	config.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatalf("pgtest: opening the test's database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func (k *kit) migrated(t testing.TB) string {
	t.Helper()
	return k.database(t, func(ctx context.Context) (string, error) {
		template, err := k.template(ctx)
		if err != nil {
			return "", err
		}
		return k.create(ctx, template, time.Now())
	})
}

func (k *kit) empty(t testing.TB) string {
	t.Helper()
	return k.database(t, func(ctx context.Context) (string, error) { return k.create(ctx, "template0", time.Now()) })
}

// database joins the server for one test, makes its database and gives it back when the test ends.
func (k *kit) database(t testing.TB, create func(context.Context) (string, error)) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), joinTimeout)
	defer cancel()
	if err := k.join(ctx); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := k.leave(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	name, err := create(ctx)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	address := k.urlOf(name)
	t.Cleanup(func() {
		if t.Failed() {
			k.keep()
			t.Logf("pgtest: the test failed; its database is kept for an hour: %s", address)
			return
		}
		k.discard(name)
	})
	return address
}
