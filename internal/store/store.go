// Package store holds all SQL of seventh: plain functions over pgx, one file a
// table, the database handle first, so that the transaction a statement belongs
// to shows at the call site. Nothing here decides; the engine does.
//
// Times come in as values. Business time is Now; wall time is PostgreSQL's now()
// and used for leases, idempotency keys and logins only (see clock.go).
package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// DB is what the functions of this package need: a pool, a connection or a
// transaction.
type DB interface {
	Begin(ctx context.Context) (pgx.Tx, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// ErrNotFound says that the row asked for does not exist.
var ErrNotFound = errors.New("not found")

// Channels of NOTIFY.
const (
	PlanChannel    = "seventh_plan"    // something may be due: wake the planner
	ContentChannel = "seventh_content" // a publication: read the content anew
	ClockChannel   = "seventh_clock"   // business time was moved
)

// Advisory locks with two keys; single-key ones belong to addresses.
const (
	plannerLock = 7701
	workerLock  = 7702
)

// Tx runs fn in one transaction, committed when fn returns nil. A deadlock or
// serialization failure is tried again: fn must be free of effects elsewhere.
func Tx(ctx context.Context, db DB, fn func(tx pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := pgx.BeginFunc(ctx, db, fn)
		if err == nil || attempt == 5 || !Retryable(err) {
			return err
		}
	}
}

// Retryable reports whether a transaction failed only because of others that ran
// at the same time.
func Retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

// IsUnique reports whether err is a violation of the named unique index.
func IsUnique(err error, index string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == index
}

// Notify sends a NOTIFY that listeners get when the transaction commits.
func Notify(ctx context.Context, db DB, channel string) error {
	if _, err := db.Exec(ctx, "SELECT pg_notify($1, '')", channel); err != nil {
		return fmt.Errorf("notifying %s: %w", channel, err)
	}
	return nil
}

// LockAddresses takes the transaction-level locks that stops and T2 share, in
// sorted order, so that no two transactions wait for each other in a circle. The
// statement that checks must come after it: it needs a later snapshot.
func LockAddresses(ctx context.Context, db DB, addresses []string) error {
	_, err := db.Exec(ctx, lockAddresses, addresses)
	if err != nil {
		return fmt.Errorf("locking addresses: %w", err)
	}
	return nil
}

// The sub-select sorts first; OFFSET 0 keeps PostgreSQL from taking the locks below the sort.
const lockAddresses = `
	SELECT count(pg_advisory_xact_lock(key)) FROM (
		SELECT DISTINCT address_key(a) AS key FROM unnest($1::text[]) AS a WHERE a <> '' ORDER BY key OFFSET 0
	) AS sorted`

// anew has a statement planned for the list it is given, each time. A plan that is kept
// for any list compares the whole of it with every row where it reads a table through,
// as it does if the table was small when the plan was made: a hundred thousand clients
// who come in one after another would then cost each a thousand times as much.
const anew = pgx.QueryExecModeCacheDescribe

// one maps pgx's "no rows" to ErrNotFound.
func one[T any](rows pgx.Rows, err error) (T, error) {
	if err != nil {
		var zero T
		return zero, err
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return row, ErrNotFound
	}
	return row, err
}

func all[T any](rows pgx.Rows, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}
