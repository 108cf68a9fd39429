package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Suppression says that an address must not be mailed. An empty scope covers
// every automated letter, else it is the name of a sequence.
type Suppression struct {
	ID        int64
	Address   string
	Scope     string
	Reason    string
	Source    string
	CreatedAt time.Time
}

// stronger is the condition that the reason of one row of suppressions or refusals goes
// before that of another, so that it does not matter what was told first. What a person
// decided stands as it is.
func stronger(a, b string) string {
	const order = "ARRAY['bounced', 'unsubscribed', 'complained']"
	return "array_position(" + order + ", " + a + ".reason) > array_position(" + order + ", " + b + ".reason)"
}

// Suppress adds to the list and reports whether the entry is new. What is there
// already stays as it is, unless the new reason is stronger: then that holds.
func Suppress(ctx context.Context, db DB, s Suppression) (bool, error) {
	rows, err := db.Query(ctx, `
		INSERT INTO suppressions AS x (address, scope, reason, source, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (address, scope) DO UPDATE SET reason = excluded.reason, source = excluded.source WHERE `+stronger("excluded", "x")+`
		RETURNING xmax = 0`, s.Address, s.Scope, s.Reason, s.Source, s.CreatedAt)
	if err != nil {
		return false, fmt.Errorf("suppressing an address: %w", err)
	}
	fresh, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil {
		return false, fmt.Errorf("suppressing an address: %w", err)
	}
	return len(fresh) == 1 && fresh[0], nil
}

// Unsuppress takes an address off the list, in every scope.
func Unsuppress(ctx context.Context, db DB, address string) error {
	tag, err := db.Exec(ctx, "DELETE FROM suppressions WHERE address = $1", address)
	if err != nil {
		return fmt.Errorf("lifting a suppression: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("lifting a suppression: %w", ErrNotFound)
	}
	return nil
}

// ListSuppressions returns the list, newest first, of one address if given,
// before the row with id before if that is not 0.
func ListSuppressions(ctx context.Context, db DB, address string, before int64, limit int) ([]Suppression, error) {
	list, err := all[Suppression](db.Query(ctx, `
		SELECT id, address, scope, reason, source, created_at FROM suppressions
		WHERE ($1 = '' OR address = $1) AND ($2::bigint = 0 OR id < $2::bigint) ORDER BY id DESC LIMIT $3`, address, before, limit))
	if err != nil {
		return nil, fmt.Errorf("listing suppressions: %w", err)
	}
	return list, nil
}

// SuppressionsOf returns the suppressions of the addresses, in all scopes.
func SuppressionsOf(ctx context.Context, db DB, addresses []string) ([]Suppression, error) {
	list, err := all[Suppression](db.Query(ctx, `
		SELECT id, address, scope, reason, source, created_at FROM suppressions WHERE address = ANY($1)`, anew, addresses))
	if err != nil {
		return nil, fmt.Errorf("loading suppressions: %w", err)
	}
	return list, nil
}
