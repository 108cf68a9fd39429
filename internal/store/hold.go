package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// TryLockAddresses takes those of the locks that stops and T2 share which nobody
// has, and returns whose they are. It waits for none.
func TryLockAddresses(ctx context.Context, db DB, addresses []string) (map[string]bool, error) {
	rows, err := db.Query(ctx, `
		SELECT a FROM (SELECT DISTINCT a, address_key(a) AS key FROM unnest($1::text[]) AS a WHERE a <> '' ORDER BY key OFFSET 0) AS sorted
		WHERE pg_try_advisory_xact_lock(key)`, addresses)
	if err != nil {
		return nil, fmt.Errorf("locking %d addresses: %w", len(addresses), err)
	}
	locked := make(map[string]bool, len(addresses))
	var address string
	if _, err := pgx.ForEachRow(rows, []any{&address}, func() error { locked[address] = true; return nil }); err != nil {
		return nil, fmt.Errorf("locking %d addresses: %w", len(addresses), err)
	}
	return locked, nil
}

// TryLockClients is LockClients without those that somebody else has.
func TryLockClients(ctx context.Context, db DB, ids []int64) ([]Client, error) {
	rows, err := db.Query(ctx, "SELECT"+clientColumns+clientTables+"WHERE c.id = ANY($1) ORDER BY c.id FOR UPDATE OF c SKIP LOCKED", anew, ids)
	clients, err := scan(rows, err, len(ids), clientFields)
	if err != nil {
		return nil, fmt.Errorf("locking %d clients: %w", len(ids), err)
	}
	return clients, nil
}

// LookAtEvents has the planner decide about enrollments that wait for an event.
func LookAtEvents(ctx context.Context, db DB, ids []int64, now time.Time) error {
	_, err := db.Exec(ctx, "UPDATE enrollments SET next_at = $2 WHERE id = ANY($1) AND state = 'active' AND waiting = 'event'", ids, now)
	if err != nil {
		return fmt.Errorf("looking at %d events: %w", len(ids), err)
	}
	return nil
}

// PoolLetter is a letter that a client has had, or is about to get.
type PoolLetter struct {
	ClientID int64
	Template string
	// Had says that he has had it, or may have, or will; else it failed, or was
	// cancelled before it went.
	Had bool
}

// PoolLetters returns which of the templates went to the clients, from whatever
// step of whatever sequence.
func PoolLetters(ctx context.Context, db DB, clientIDs []int64, templates []string) ([]PoolLetter, error) {
	list, err := all[PoolLetter](db.Query(ctx, `
		SELECT client_id, template, bool_or(state NOT IN ('failed', 'cancelled')) AS had FROM messages
		WHERE client_id = ANY($1) AND template = ANY($2) GROUP BY client_id, template`, clientIDs, templates))
	if err != nil {
		return nil, fmt.Errorf("looking for letters that %d clients have had: %w", len(clientIDs), err)
	}
	return list, nil
}

// Occurrences returns how many letters steps of enrollments have had so far.
func Occurrences(ctx context.Context, db DB, enrollmentIDs []int64) (map[StepRef]int, error) {
	rows, err := db.Query(ctx, "SELECT enrollment_id, step, max(occurrence) FROM messages WHERE enrollment_id = ANY($1) GROUP BY enrollment_id, step", enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("counting letters of repeats: %w", err)
	}
	counts := make(map[StepRef]int)
	var ref StepRef
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&ref.EnrollmentID, &ref.Step, &n}, func() error { counts[ref] = n; return nil }); err != nil {
		return nil, fmt.Errorf("counting letters of repeats: %w", err)
	}
	return counts, nil
}

// LookAtMissed has the planner decide anew about enrollments among the new letters
// given that have no letter after all: the client had the letter of a pool already.
func LookAtMissed(ctx context.Context, db DB, letters []Planned, now time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments e SET next_at = $5 FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[]) AS w(id, enrollment_id, step, occurrence)
		WHERE w.id = 0 AND e.id = w.enrollment_id AND e.state = 'active' AND e.next_step = w.step
		  AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = w.enrollment_id AND m.step = w.step AND m.occurrence = w.occurrence)`,
		column(letters, func(p Planned) int64 { return p.ID }),
		column(letters, func(p Planned) int64 { return p.EnrollmentID }),
		column(letters, func(p Planned) string { return p.Step }),
		column(letters, Planned.occurrence), now)
	if err != nil {
		return fmt.Errorf("looking for letters that were not written: %w", err)
	}
	return nil
}
