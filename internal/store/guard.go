package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Mark is how far a database had come when somebody looked: the life it is in, its
// latest beat, and that beat's wall time.
type Mark struct {
	Installation string    `json:"-"`
	Beat         int64     `json:"beat"`
	At           time.Time `json:"at"`
}

// Place is where a database is. Zero numbers are unknown.
type Place struct {
	System   int64 // the cluster's system identifier: another one after initdb, and so after a dump is restored elsewhere
	Timeline int64 // another one after recovery to a point in time, and after a standby was promoted
	Database int64 // the database's oid: another one after CREATE DATABASE
	Table    int64 // the oid of the table guard: another one after pg_restore has made it anew
}

// Guard is the row of guard.
type Guard struct {
	Mark
	Place
	TrippedAt   *time.Time
	Reason      string     // why it tripped, for people
	RestoredTo  *time.Time // what happened later is not in the database
	ConfirmedAt *time.Time
	ConfirmedBy string
}

// Stops reports whether letters are kept back until a person confirms.
func (g Guard) Stops() bool { return g.TrippedAt != nil && g.ConfirmedAt == nil }

const guardColumns = `
	SELECT coalesce(installation::text, ''), beat, coalesce(beat_at, 'epoch'), system_identifier, timeline, database_oid, table_oid,
		tripped_at, reason, restored_to, confirmed_at, confirmed_by
	FROM guard `

// ReadGuard returns the restore guard's row.
func ReadGuard(ctx context.Context, db DB) (Guard, error) { return readGuard(ctx, db, "") }

// LockGuard returns it and keeps others from changing it until the transaction ends.
func LockGuard(ctx context.Context, tx pgx.Tx) (Guard, error) {
	return readGuard(ctx, tx, "FOR UPDATE")
}

func readGuard(ctx context.Context, db DB, lock string) (Guard, error) {
	var g Guard
	err := db.QueryRow(ctx, guardColumns+lock).Scan(&g.Installation, &g.Beat, &g.At, &g.System, &g.Timeline, &g.Database, &g.Table,
		&g.TrippedAt, &g.Reason, &g.RestoredTo, &g.ConfirmedAt, &g.ConfirmedBy)
	if err != nil {
		return g, fmt.Errorf("reading the restore guard: %w", err)
	}
	return g, nil
}

const (
	// The first eight digits of a WAL file's name are the timeline that is written
	// now; pg_control_checkpoint has the new one only after the next checkpoint.
	wherePlace = `SELECT (SELECT system_identifier FROM pg_control_system()), ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint,
		(SELECT oid::bigint FROM pg_database WHERE datname = current_database()), 'guard'::regclass::oid::bigint`
	insufficientPrivilege = "42501"
)

// ReadPlace finds out where the database is; what this role may not ask is unknown.
func ReadPlace(ctx context.Context, db DB) (Place, error) {
	var p Place
	err := db.QueryRow(ctx, wherePlace).Scan(&p.System, &p.Timeline, &p.Database, &p.Table)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == insufficientPrivilege {
		err = db.QueryRow(ctx, "SELECT (SELECT oid::bigint FROM pg_database WHERE datname = current_database()), 'guard'::regclass::oid::bigint").Scan(&p.Database, &p.Table)
	}
	if err != nil {
		return p, fmt.Errorf("finding out where the database is: %w", err)
	}
	return p, nil
}

// MarkPlace notes where the database is now and counts a beat. A database that has
// no life yet begins one.
func MarkPlace(ctx context.Context, db DB, p Place) (Mark, error) {
	var m Mark
	err := db.QueryRow(ctx, `
		UPDATE guard SET installation = coalesce(installation, gen_random_uuid()), beat = beat + 1, beat_at = now(),
			system_identifier = $1, timeline = $2, database_oid = $3, table_oid = $4
		RETURNING installation::text, beat, beat_at`, p.System, p.Timeline, p.Database, p.Table).Scan(&m.Installation, &m.Beat, &m.At)
	if err != nil {
		return m, fmt.Errorf("noting where the database is: %w", err)
	}
	return m, nil
}

// TripGuard keeps all letters back until a person confirms, and takes over from
// every worker, living or dead: nothing of theirs passes T2 any more.
func TripGuard(ctx context.Context, tx pgx.Tx, reason string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE guard SET tripped_at = now(), reason = $1, restored_to = coalesce(beat_at, now()), confirmed_at = NULL, confirmed_by = ''`, reason)
	if err != nil {
		return fmt.Errorf("tripping the restore guard: %w", err)
	}
	rows, err := tx.Query(ctx, `
		SELECT id FROM workers UNION SELECT worker_id FROM chunks WHERE worker_id IS NOT NULL UNION SELECT worker_id FROM transmissions`)
	if err != nil {
		return fmt.Errorf("listing workers: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return fmt.Errorf("listing workers: %w", err)
	}
	for _, id := range ids {
		if _, _, err := takeOver(ctx, tx, id, now); err != nil {
			return err
		}
	}
	return nil
}

// ConfirmGuard lets letters go again. The database begins another life here, to
// which what machines remember of the old one does not apply.
func ConfirmGuard(ctx context.Context, tx pgx.Tx, by string, p Place) error {
	_, err := tx.Exec(ctx, `
		UPDATE guard SET confirmed_at = now(), confirmed_by = $1, installation = gen_random_uuid(),
			system_identifier = $2, timeline = $3, database_oid = $4, table_oid = $5`, by, p.System, p.Timeline, p.Database, p.Table)
	if err != nil {
		return fmt.Errorf("confirming the restore: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE chunks SET retry_at = now(), attempts = 0 WHERE worker_id IS NULL"); err != nil {
		return fmt.Errorf("letting chunks go on: %w", err)
	}
	return nil
}
