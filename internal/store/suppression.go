package store

import (
	"context"
	"fmt"
	"strings"
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
	Note      string // for people
	CreatedAt time.Time
}

// stronger is the condition that the reason of one row of suppressions or refusals goes
// before that of another, so that it does not matter what was told first. What a person
// decided stands as it is.
func stronger(a, b string) string {
	const order = "ARRAY['bounced', 'unsubscribed', 'complained']"
	return "array_position(" + order + ", " + a + ".reason) > array_position(" + order + ", " + b + ".reason)"
}

// Suppress is SuppressMany for one entry, and reports whether it is new.
func Suppress(ctx context.Context, db DB, s Suppression) (bool, error) {
	fresh, err := SuppressMany(ctx, db, []Suppression{s})
	return len(fresh) == 1, err
}

// Unsuppress takes an address off the list, in the scope given or, for nil, in every
// scope, and returns what was taken away. What a client refused who was erased and had the
// address is forgotten with the entry for all letters. ErrNotFound: there was nothing.
func Unsuppress(ctx context.Context, db DB, address string, scope *string) ([]Suppression, error) {
	list, err := all[Suppression](db.Query(ctx, `
		WITH forgotten AS (DELETE FROM refusals WHERE address_hash = address_hash($1) AND coalesce($2, '') = '')
		DELETE FROM suppressions WHERE address = $1 AND ($2::text IS NULL OR scope = $2)
		RETURNING id, address, scope, reason, source, note, created_at`, address, scope))
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("lifting a suppression: %w", err)
	}
	return list, nil
}

// SuppressMany adds to the list and returns the keys (SuppressionKey) of entries that are
// new. What is there already stays as it is, unless the new reason is stronger: then that
// holds.
func SuppressMany(ctx context.Context, db DB, list []Suppression) (map[string]bool, error) {
	fresh := make(map[string]bool)
	rows, err := db.Query(ctx, `
		INSERT INTO suppressions AS x (address, scope, reason, source, note, created_at)
		SELECT DISTINCT ON (address, scope) * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
			AS i(address, scope, reason, source, note, created_at)
		ON CONFLICT (address, scope) DO UPDATE SET reason = excluded.reason, source = excluded.source, note = excluded.note WHERE `+stronger("excluded", "x")+`
		RETURNING address, scope, xmax = 0`,
		column(list, func(s Suppression) string { return s.Address }), column(list, func(s Suppression) string { return s.Scope }),
		column(list, func(s Suppression) string { return s.Reason }), column(list, func(s Suppression) string { return s.Source }),
		column(list, func(s Suppression) string { return s.Note }), column(list, func(s Suppression) time.Time { return s.CreatedAt }))
	if err != nil {
		return nil, fmt.Errorf("suppressing %d addresses: %w", len(list), err)
	}
	var address, scope string
	var added bool
	_, err = pgx.ForEachRow(rows, []any{&address, &scope, &added}, func() error {
		if added {
			fresh[SuppressionKey(address, scope)] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("suppressing %d addresses: %w", len(list), err)
	}
	return fresh, nil
}

// SuppressionKey tells entries apart: an address can have one for each scope.
func SuppressionKey(address, scope string) string { return address + " " + scope }

// SuppressionFilter narrows the list; zero fields do not.
type SuppressionFilter struct {
	Address string
	Scope   string // the name of a sequence
	Reason  string
	Search  string // part of an address
	Before  int64  // the id of the last row of the page before
	Limit   int
}

const suppressionColumns = " id, address, scope, reason, source, note, created_at FROM suppressions "

// ListSuppressions returns the list, newest first.
func ListSuppressions(ctx context.Context, db DB, f SuppressionFilter) ([]Suppression, error) {
	list, err := all[Suppression](db.Query(ctx, "SELECT"+suppressionColumns+`
		WHERE (@address = '' OR address = @address) AND (@scope = '' OR scope = @scope) AND (@reason = '' OR reason = @reason)
		  AND (@search = '' OR strpos(address, lower(@search)) > 0) AND (@before::bigint = 0 OR id < @before) ORDER BY id DESC LIMIT @limit`, pgx.StrictNamedArgs{
		"address": f.Address, "scope": f.Scope, "reason": f.Reason, "search": f.Search, "before": f.Before, "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing suppressions: %w", err)
	}
	return list, nil
}

// EachSuppression calls each with every entry of the list, the oldest first.
func EachSuppression(ctx context.Context, db DB, each func(Suppression) error) error {
	rows, err := db.Query(ctx, "SELECT"+suppressionColumns+"ORDER BY id")
	if err != nil {
		return fmt.Errorf("reading the suppressions: %w", err)
	}
	var s Suppression
	_, err = pgx.ForEachRow(rows, []any{&s.ID, &s.Address, &s.Scope, &s.Reason, &s.Source, &s.Note, &s.CreatedAt}, func() error { return each(s) })
	if err != nil {
		return fmt.Errorf("reading the suppressions: %w", err)
	}
	return nil
}

// SuppressionColumns are the columns of the list as a file.
var SuppressionColumns = []string{"email", "sequence", "reason", "source", "note", "created_at"}

// Record is an entry as a line of that file.
func (s *Suppression) Record() []string {
	return []string{harmless(s.Address), s.Scope, s.Reason, harmless(s.Source), harmless(s.Note), s.CreatedAt.UTC().Format(time.RFC3339)}
}

// harmless keeps a spreadsheet from taking a text for a formula (ASVS 1.2.10).
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// SuppressionsOf returns the suppressions of the addresses, in all scopes.
func SuppressionsOf(ctx context.Context, db DB, addresses []string) ([]Suppression, error) {
	list, err := all[Suppression](db.Query(ctx, "SELECT"+suppressionColumns+"WHERE address = ANY($1)", anew, addresses))
	if err != nil {
		return nil, fmt.Errorf("loading suppressions: %w", err)
	}
	return list, nil
}
