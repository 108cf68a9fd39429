// Package migrations holds the schema: forward-only SQL files, embedded, and
// River's own tables, brought up to date together.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed *.sql
var files embed.FS

// Errors of Check. Both name the cure.
var (
	ErrOld = errors.New("the database schema is older than this binary: run `seventh migrate`")
	ErrNew = errors.New("the database schema is newer than this binary: run a newer seventh")
)

// Up brings the schema up to date. It may run in several processes at once: an
// advisory lock lets one work while the others wait and find nothing to do.
func Up(ctx context.Context, pool *pgxpool.Pool) (err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	unlock, err := lockSchema(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	provider, err := newProvider(db)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema: %w", err)
	}
	rivers, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("preparing River's migrations: %w", err)
	}
	if _, err := rivers.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrating River's tables: %w", err)
	}
	return nil
}

// Check says whether the schema is the one this binary was built for: nil,
// ErrOld or ErrNew, or what kept it from finding out. It changes nothing.
func Check(ctx context.Context, pool *pgxpool.Pool) error {
	current, err := version(ctx, pool)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	target, err := latest(pool)
	if err != nil {
		return err
	}
	if current < target {
		return ErrOld
	}
	if current > target {
		return ErrNew
	}
	rivers, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("preparing River's migrations: %w", err)
	}
	result, err := rivers.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("checking River's tables: %w", err)
	}
	if !result.OK {
		return ErrOld
	}
	return nil
}

// lockAttempts, one a second, is how long a migration waits for another: as long
// as indexes on big tables may take.
const lockAttempts = 600

// Hash changes whenever a migration does: the name of a test template database.
func Hash() string {
	sum := sha256.New()
	names, _ := fs.Glob(files, "*.sql")
	for _, name := range names {
		body, _ := files.ReadFile(name)
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName(versionTable))
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return provider, nil
}

// lockSchema waits until nobody else migrates, and returns what lets the next one
// in. It is not goose's own use of its lock, which would leave River's migrations
// outside. The lock is tried every second: a statement that waited for it would
// hold a snapshot, and that would keep CREATE INDEX CONCURRENTLY from ending.
func lockSchema(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, lockAttempts))
	if err != nil {
		return nil, fmt.Errorf("preparing the migration lock: %w", err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting for the migration lock: %w", err)
	}
	if err := locker.SessionLock(ctx, conn); err != nil {
		return nil, errors.Join(fmt.Errorf("waiting for another migration: %w", err), conn.Close())
	}
	return func() error {
		return errors.Join(locker.SessionUnlock(context.WithoutCancel(ctx), conn), conn.Close())
	}, nil
}

// latest is the version that this binary was built for.
func latest(pool *pgxpool.Pool) (int64, error) {
	provider, err := newProvider(stdlib.OpenDBFromPool(pool))
	if err != nil {
		return 0, err
	}
	defer provider.Close()
	sources := provider.ListSources()
	return sources[len(sources)-1].Version, nil
}

// version is that of the schema, 0 before the first migration. goose's own
// question would create the table that it looks for.
func version(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	var v int64
	err := pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable).Scan(&v)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == undefinedTable {
		return 0, nil
	}
	return v, err
}

const (
	versionTable   = "schema_migrations"
	undefinedTable = "42P01" // of PostgreSQL's error codes
)
