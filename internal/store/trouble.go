package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrReadOnly says that the database takes no writes: a standby, or set so.
var ErrReadOnly = errors.New("the database is read-only")

// Writable checks that the database answers and takes writes.
func Writable(ctx context.Context, db DB) error {
	var readOnly bool
	err := db.QueryRow(ctx, "SELECT current_setting('transaction_read_only')::boolean OR pg_is_in_recovery()").Scan(&readOnly)
	if err == nil && readOnly {
		err = ErrReadOnly
	}
	if err != nil {
		return fmt.Errorf("asking whether the database takes writes: %w", err)
	}
	return nil
}

// Trouble says in words that anybody may read what keeps the database from working,
// "" when err is about something else. The codes are PostgreSQL's (appendix A).
func Trouble(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "53300":
			return "the database has no connection left: raise its max_connections or close other programs"
		case "53100":
			return "the database's disk is full"
		case "25006":
			return ErrReadOnly.Error()
		case "57P01", "57P02", "57P03":
			return "the database is stopping or starting"
		}
		return ""
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.Is(err, ErrReadOnly):
		return ErrReadOnly.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "the database does not answer in time"
	case errors.As(err, &connecting), network != nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the database cannot be reached"
	}
	return ""
}
