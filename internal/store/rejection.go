package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Rejection is a letter that was refused, or put off for a reason that concerns
// more than this letter.
type Rejection struct {
	MessageID int64
	Sender    string
	Sequence  string
	Provider  string
	Class     string
	Failed    bool
	At        time.Time
}

// InsertRejections keeps rejections for the breakers.
func InsertRejections(ctx context.Context, db DB, list []Rejection) error {
	_, err := db.Exec(ctx, `
		INSERT INTO rejections (message_id, sender, sequence, provider, class, failed, at, sender_letters, sequence_letters)
		SELECT r.*, coalesce(s.letters, 0), coalesce(q.letters, 0)
		FROM unnest(@message_id::bigint[], @sender::text[], @sequence::text[], @provider::text[], @class::text[], @failed::boolean[], @at::timestamptz[])
			AS r(message_id, sender, sequence, provider, class, failed, at)
		LEFT JOIN tallies s ON s.kind = 'sender' AND s.name = r.sender
		LEFT JOIN tallies q ON q.kind = 'sequence' AND q.name = r.sequence`, pgx.StrictNamedArgs{
		"message_id": column(list, func(r Rejection) int64 { return r.MessageID }),
		"sender":     column(list, func(r Rejection) string { return r.Sender }),
		"sequence":   column(list, func(r Rejection) string { return r.Sequence }),
		"provider":   column(list, func(r Rejection) string { return r.Provider }),
		"class":      column(list, func(r Rejection) string { return r.Class }),
		"failed":     column(list, func(r Rejection) bool { return r.Failed }),
		"at":         column(list, func(r Rejection) time.Time { return r.At }),
	})
	if err != nil {
		return fmt.Errorf("noting %d rejections: %w", len(list), err)
	}
	return nil
}

// Complained is the class of complaints among rejections; they come later, as touches.
const Complained = "complained"

// InsertReported keeps what was told later about a letter, by the touch that tells it,
// in place of what that told before; nothing if it has no class. What happened more than a day ago is not held
// against the letters of today.
func InsertReported(ctx context.Context, tx pgx.Tx, r Rejection, kind string) error {
	_, err := tx.Exec(ctx, "DELETE FROM rejections WHERE touch_id = (SELECT id FROM touches WHERE message_id = $1 AND kind = $2 AND kind IN ('bounced', 'complained'))", r.MessageID, kind)
	if err == nil && r.Class != "" {
		_, err = tx.Exec(ctx, `
			INSERT INTO rejections (message_id, touch_id, sender, sequence, provider, class, failed, at, sender_letters, sequence_letters)
			SELECT t.message_id, t.id, $3, $4, $5, $6, true, t.at, coalesce(a.letters, 0), coalesce(b.letters, 0)
			FROM touches t LEFT JOIN tallies a ON a.kind = 'sender' AND a.name = $3 LEFT JOIN tallies b ON b.kind = 'sequence' AND b.name = $4
			WHERE t.message_id = $1 AND t.kind = $2 AND t.kind IN ('bounced', 'complained') AND t.at > business_now() - interval '1 day'
			ON CONFLICT (touch_id) DO NOTHING`, r.MessageID, kind, r.Sender, r.Sequence, r.Provider, r.Class)
	}
	if err != nil {
		return fmt.Errorf("noting what was told about message %d: %w", r.MessageID, err)
	}
	return nil
}

// LastRejection returns the id of the newest rejection; 0 without one.
func LastRejection(ctx context.Context, db DB) (id int64, err error) {
	if err = db.QueryRow(ctx, "SELECT coalesce(max(id), 0) FROM rejections").Scan(&id); err != nil {
		return 0, fmt.Errorf("looking for new rejections: %w", err)
	}
	return id, nil
}

// Accused is a sender or sequence with rejections since those looked at last.
type Accused struct {
	Kind string
	Name string
}

// AccusedSince returns who has rejections with an id above after, and the providers
// that asked us to slow down in them.
func AccusedSince(ctx context.Context, db DB, after int64) (accused []Accused, slow []string, err error) {
	accused, err = all[Accused](db.Query(ctx, `
		SELECT DISTINCT 'sender' AS kind, sender AS name FROM rejections WHERE id > $1
		UNION SELECT DISTINCT 'sequence', sequence FROM rejections WHERE id > $1 ORDER BY 1, 2`, after))
	if err != nil {
		return nil, nil, fmt.Errorf("finding who has new rejections: %w", err)
	}
	rows, err := db.Query(ctx, "SELECT DISTINCT provider FROM rejections WHERE id > $1 AND class = 'rate' ORDER BY 1", after)
	if err != nil {
		return nil, nil, fmt.Errorf("finding providers to go easy on: %w", err)
	}
	if slow, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, nil, fmt.Errorf("finding providers to go easy on: %w", err)
	}
	return accused, slow, nil
}

// CountAmongLast counts rejections for good of some classes among the last letters
// of a sender or sequence, since a time.
func CountAmongLast(ctx context.Context, db DB, a Accused, classes []string, letters int, since time.Time) (int, error) {
	column := "sender"
	if a.Kind == PausedSequence {
		column = "sequence"
	}
	var n int
	err := db.QueryRow(ctx, `
		SELECT count(DISTINCT message_id) FROM rejections r WHERE r.`+column+` = $1 AND r.failed AND r.class = ANY($3) AND r.at > $5
		AND r.`+column+`_letters > coalesce((SELECT letters FROM tallies WHERE kind = $2 AND name = $1), 0) - $4`,
		a.Name, a.Kind, classes, letters, since).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting rejections of %s %s: %w", a.Kind, a.Name, err)
	}
	return n, nil
}

// CountSince counts rejections of a class of a sender since a time.
func CountSince(ctx context.Context, db DB, sender, class string, since time.Time) (int, error) {
	var n int
	err := db.QueryRow(ctx, "SELECT count(DISTINCT message_id) FROM rejections WHERE sender = $1 AND class = $2 AND at > $3", sender, class, since).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting rejections of %s: %w", sender, err)
	}
	return n, nil
}

// ForgetRejections removes rejections before a time.
func ForgetRejections(ctx context.Context, db DB, before time.Time) error {
	if _, err := db.Exec(ctx, "DELETE FROM rejections WHERE at < $1", before); err != nil {
		return fmt.Errorf("forgetting old rejections: %w", err)
	}
	return nil
}

// Disliked is a letter that mail servers refuse for what it says: its size, a link, a file.
type Disliked struct {
	Sequence string
	Template string
	Letters  int
}

// ListDisliked returns letters that were refused for what they say, as far back as
// rejections are kept, the worst of a sequence first.
func ListDisliked(ctx context.Context, db DB) ([]Disliked, error) {
	list, err := all[Disliked](db.Query(ctx, `
		SELECT r.sequence, m.template, count(DISTINCT r.message_id) AS letters FROM rejections r JOIN messages m ON m.id = r.message_id
		WHERE r.class = 'content' AND r.failed GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`))
	if err != nil {
		return nil, fmt.Errorf("listing letters that were refused for what they say: %w", err)
	}
	return list, nil
}

// Tally is how many letters to count for a sender or sequence.
type Tally struct {
	Kind    string
	Name    string
	Letters int
}

// AddTallies counts letters for the breakers.
func AddTallies(ctx context.Context, db DB, list []Tally) error {
	_, err := db.Exec(ctx, `
		INSERT INTO tallies AS t (kind, name, letters) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
		ON CONFLICT (kind, name) DO UPDATE SET letters = t.letters + excluded.letters`,
		column(list, func(t Tally) string { return t.Kind }), column(list, func(t Tally) string { return t.Name }),
		column(list, func(t Tally) int64 { return int64(t.Letters) }))
	if err != nil {
		return fmt.Errorf("counting letters for the breakers: %w", err)
	}
	return nil
}

// LockBreakers reports whether this transaction alone looks at the breakers.
func LockBreakers(ctx context.Context, tx pgx.Tx) (bool, error) {
	var locked bool
	if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(7705, 0)").Scan(&locked); err != nil {
		return false, fmt.Errorf("locking the breakers: %w", err)
	}
	return locked, nil
}
