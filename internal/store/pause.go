package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Kinds of what can be paused.
const (
	PausedSender   = "sender"   // named by address
	PausedSequence = "sequence" // by name
)

// Pause is a sender or sequence that is paused, or was.
type Pause struct {
	Kind      string
	Name      string
	Paused    bool // also after Until, until something is paused or resumed anew
	Until     *time.Time
	Reason    string
	Since     time.Time
	By        string
	Failures  int
	ResumedAt *time.Time
}

// Holds reports whether the pause holds at a moment.
func (p *Pause) Holds(now time.Time) bool { return p.Paused && (p.Until == nil || p.Until.After(now)) }

// Over is when a pause that holds no more ended; nil before any has.
func (p *Pause) Over() *time.Time {
	if p.Paused {
		return p.Until
	}
	return p.ResumedAt
}

const pauseColumns = " kind, name, paused, until, reason, since, by, failures, resumed_at FROM pauses "

// Restrictions are all pauses that hold, and providers that have to be gone easy on.
type Restrictions struct {
	Pauses []Pause
	Slow   []SlowedLane
}

// SlowedLane is a lane that was made slow: letters a second, at that time.
type SlowedLane struct {
	Lane     string
	Slow     float64
	SlowedAt time.Time
}

// LoadRestrictions returns what holds now; lanes slowed down before since have
// recovered.
func LoadRestrictions(ctx context.Context, db DB, now, since time.Time) (Restrictions, error) {
	var r Restrictions
	rows, err := db.Query(ctx, `
		SELECT kind, name, until, reason, 0::real, NULL::timestamptz FROM pauses WHERE paused AND (until IS NULL OR until > $1)
		UNION ALL
		SELECT 'lane', lane, NULL, '', slow, slowed_at FROM lanes WHERE slowed_at > $2`, now, since)
	if err != nil {
		return r, fmt.Errorf("loading pauses: %w", err)
	}
	p := Pause{Paused: true}
	var slow float64
	var slowedAt *time.Time
	_, err = pgx.ForEachRow(rows, []any{&p.Kind, &p.Name, &p.Until, &p.Reason, &slow, &slowedAt}, func() error {
		if slowedAt != nil {
			r.Slow = append(r.Slow, SlowedLane{Lane: p.Name, Slow: slow, SlowedAt: *slowedAt})
			return nil
		}
		r.Pauses = append(r.Pauses, p)
		return nil
	})
	if err != nil {
		return r, fmt.Errorf("loading pauses: %w", err)
	}
	return r, nil
}

// ListPauses returns everything that is or was paused.
func ListPauses(ctx context.Context, db DB) ([]Pause, error) {
	list, err := all[Pause](db.Query(ctx, "SELECT"+pauseColumns+"ORDER BY kind, name"))
	if err != nil {
		return nil, fmt.Errorf("listing pauses: %w", err)
	}
	return list, nil
}

// FindPause returns the pause of a sender or sequence, or ErrNotFound.
func FindPause(ctx context.Context, db DB, kind, name string) (Pause, error) {
	p, err := one[Pause](db.Query(ctx, "SELECT"+pauseColumns+"WHERE kind = $1 AND name = $2", kind, name))
	if err != nil {
		return p, fmt.Errorf("looking up the pause of %s %s: %w", kind, name, err)
	}
	return p, nil
}

// SavePause stores a pause, or its end.
func SavePause(ctx context.Context, db DB, p Pause) error {
	_, err := db.Exec(ctx, `
		INSERT INTO pauses (kind, name, paused, until, reason, since, by, failures, resumed_at)
		VALUES (@kind, @name, @paused, @until, @reason, @since, @by, @failures, @resumed_at)
		ON CONFLICT (kind, name) DO UPDATE SET paused = excluded.paused, until = excluded.until, reason = excluded.reason, since = excluded.since,
			by = excluded.by, failures = excluded.failures, resumed_at = excluded.resumed_at`, pgx.StrictNamedArgs{
		"kind": p.Kind, "name": p.Name, "paused": p.Paused, "until": p.Until, "reason": p.Reason, "since": p.Since, "by": p.By,
		"failures": p.Failures, "resumed_at": p.ResumedAt,
	})
	if err != nil {
		return fmt.Errorf("storing the pause of %s %s: %w", p.Kind, p.Name, err)
	}
	return nil
}

// LockPause keeps two changes of one pause from crossing, until the transaction ends.
func LockPause(ctx context.Context, tx pgx.Tx, kind, name string) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7705, hashtext($1))", kind+" "+name); err != nil {
		return fmt.Errorf("locking the pause of %s %s: %w", kind, name, err)
	}
	return nil
}

// WakePaused lets what waits for a pause be decided anew: enrollments by waiting
// and detail, and letters put off.
func WakePaused(ctx context.Context, tx pgx.Tx, waiting, detail string, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE enrollments SET next_at = $3 WHERE waiting_detail = $2 AND waiting_detail <> '' AND waiting = $1 AND state = 'active'`, waiting, detail, now)
	if err != nil {
		return fmt.Errorf("waking what waits for %s: %w", detail, err)
	}
	_, err = tx.Exec(ctx, `
		UPDATE deferred d SET until = $2 FROM messages m JOIN enrollments e ON e.id = m.enrollment_id JOIN sequences s ON s.id = e.sequence_id
		WHERE m.id = d.message_id AND d.until > $2 AND (lower(m.sender) = $1 OR s.name = $1)`, detail, now)
	if err != nil {
		return fmt.Errorf("waking letters that wait for %s: %w", detail, err)
	}
	return nil
}

// RecallChunks takes chunks of senders that nobody has in hand back: their letters
// are put off until the time of their sender, with the reason.
func RecallChunks(ctx context.Context, tx pgx.Tx, senders []string, until []time.Time, reasons []string) error {
	_, err := tx.Exec(ctx, `
		WITH paused AS (SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS p(sender, until, reason)),
		k AS (
			SELECT k.id, p.until, p.reason FROM chunks k JOIN paused p ON p.sender = lower(k.sender)
			WHERE k.worker_id IS NULL FOR UPDATE OF k SKIP LOCKED
		), gone AS (
			DELETE FROM chunks WHERE id IN (SELECT id FROM k) RETURNING id, message_ids
		), back AS (
			UPDATE messages m SET chunk_id = NULL, reason = k.reason FROM gone JOIN k ON k.id = gone.id
			WHERE m.id = ANY(gone.message_ids) AND m.chunk_id = gone.id AND m.state = 'planned' RETURNING m.id, k.until
		)
		INSERT INTO deferred (message_id, until) SELECT id, until FROM back ON CONFLICT (message_id) DO UPDATE SET until = excluded.until`,
		senders, until, reasons)
	if err != nil {
		return fmt.Errorf("taking back chunks of paused senders: %w", err)
	}
	return nil
}

// SentBySender counts the letters of each sender, by address, that went since a time.
func SentBySender(ctx context.Context, db DB, since time.Time) (map[string]int, error) {
	rows, err := db.Query(ctx, "SELECT lower(sender), count(*)::int FROM messages WHERE at >= $1::timestamptz - interval '1 minute' AND state = 'sent' AND sent_at >= $1 GROUP BY 1", since)
	if err != nil {
		return nil, fmt.Errorf("counting letters by sender: %w", err)
	}
	sent := make(map[string]int)
	var sender string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&sender, &n}, func() error { sent[sender] = n; return nil }); err != nil {
		return nil, fmt.Errorf("counting letters by sender: %w", err)
	}
	return sent, nil
}
