package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"seventh/internal/store"
	"seventh/migrations"
)

const (
	oldestPostgreSQL = 15
	clockWarning     = 2 * time.Second
	clockFailure     = time.Minute // leases of workers are about as long
)

// database checks PostgreSQL. The database that comes back is nil when it cannot be used for
// further questions; otherwise the caller closes it.
func (d *doctor) database(ctx context.Context) ([]check, *database) {
	s := d.settings
	if s.DatabaseURL == "" {
		if _, err := os.Stat(filepath.Join(s.Data, "postgres")); err != nil {
			return []check{warn("database", "there is none yet: `seventh serve` makes an embedded one, or set SEVENTH_DATABASE_URL")}, nil
		}
	}
	db, err := connect(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return []check{fail("database", "%s: is it running, and is SEVENTH_DATABASE_URL right?", oneLine(err))}, nil
	}
	asking, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	before := time.Now()
	server, err := store.ReadServer(asking, db.Pool)
	offset := server.Now.Sub(before.Add(time.Since(before) / 2))
	if err != nil {
		return []check{fail("database", "%s: does the user of SEVENTH_DATABASE_URL have rights there?", oneLine(err))}, closed(db)
	}
	schema := schemaCheck(migrations.Check(asking, db.Pool), s.sandbox())
	checks := []check{databaseCheck(server), schema, durability(server), clockCheck(offset)}
	if schema.Status != statusOK {
		return checks, closed(db)
	}
	return checks, db
}

// closed ends a database that is of no further use.
func closed(db *database) *database {
	_ = db.close() // what there is to say about it has been said
	return nil
}

func databaseCheck(s store.Server) check {
	switch major := s.Number / 10000; {
	case major < oldestPostgreSQL:
		return fail("database", "PostgreSQL %s is too old: seventh needs %d or newer", s.Version, oldestPostgreSQL)
	case s.ReadOnly:
		return fail("database", "PostgreSQL %s lets nothing be written: is this a standby? Connect to the primary, or turn default_transaction_read_only off", s.Version)
	}
	return ok("database", "PostgreSQL %s", s.Version)
}

func schemaCheck(err error, sandbox bool) check {
	switch {
	case err == nil:
		return ok("schema", "up to date")
	case errors.Is(err, migrations.ErrOld) && sandbox:
		return warn("schema", "older than this binary: `seventh serve` brings the sandbox up to date by itself")
	}
	return fail("schema", "%s", oneLine(err))
}

// durability checks that a commit is one: a letter's record must not vanish after the letter
// has gone out, or it goes out twice.
func durability(s store.Server) check {
	switch {
	case !s.Fsync:
		return fail("durability", "fsync is off: after a power cut letters go out twice or get lost; set fsync=on in postgresql.conf")
	case s.SynchronousCommit == "off":
		return fail("durability", "synchronous_commit is off: after a crash of PostgreSQL letters go out twice; set it to on")
	case !s.FullPageWrites:
		return warn("durability", "full_page_writes is off: after a power cut tables may be damaged, unless the file system writes whole pages; set it to on")
	}
	return ok("durability", "fsync and synchronous_commit=%s", s.SynchronousCommit)
}

func clockCheck(offset time.Duration) check {
	off := offset.Abs().Round(100 * time.Millisecond)
	switch {
	case off > clockFailure:
		return fail("clock", "this machine and the database differ by %s, so living workers seem dead: let both follow NTP", off)
	case off > clockWarning:
		return warn("clock", "this machine and the database differ by %s: let both follow NTP", off)
	}
	return ok("clock", "this machine and the database agree")
}
