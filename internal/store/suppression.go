package store

import (
	"context"
	"fmt"
	"time"
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

// Suppress adds to the list and reports whether the entry is new; what is there
// already stays as it is.
func Suppress(ctx context.Context, db DB, s Suppression) (bool, error) {
	tag, err := db.Exec(ctx, `
		INSERT INTO suppressions (address, scope, reason, source, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (address, scope) DO NOTHING`, s.Address, s.Scope, s.Reason, s.Source, s.CreatedAt)
	if err != nil {
		return false, fmt.Errorf("suppressing an address: %w", err)
	}
	return tag.RowsAffected() == 1, nil
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
