package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Where evidence comes from.
const (
	FromHook    = "hook"
	FromMailbox = "mailbox"
)

// What can become of evidence.
const (
	EvidenceWaiting     = "waiting"
	EvidenceApplied     = "applied"
	EvidenceIgnored     = "ignored"     // it is about no letter of ours, or says nothing
	EvidenceQuarantined = "quarantined" // it could not be read
)

// Evidence is something that came back, as it came.
type Evidence struct {
	ID         int64
	Source     string // FromHook, FromMailbox
	Origin     string // the provider, or the mailbox
	DedupeKey  string
	Raw        []byte
	ReceivedAt time.Time // wall time
	State      string
	Attempts   int
	MessageID  *int64
	Note       string
}

// InsertEvidence keeps what is not there yet and returns the ids of that.
func InsertEvidence(ctx context.Context, db DB, list []Evidence) ([]int64, error) {
	rows, err := db.Query(ctx, `
		INSERT INTO evidence (source, origin, dedupe_key, raw, received_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::timestamptz[])
		ON CONFLICT DO NOTHING RETURNING id`,
		column(list, func(e Evidence) string { return e.Source }), column(list, func(e Evidence) string { return e.Origin }),
		column(list, func(e Evidence) string { return e.DedupeKey }), column(list, func(e Evidence) []byte { return e.Raw }),
		column(list, func(e Evidence) time.Time { return e.ReceivedAt }))
	if err != nil {
		return nil, fmt.Errorf("keeping %d pieces of evidence: %w", len(list), err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("keeping %d pieces of evidence: %w", len(list), err)
	}
	return ids, nil
}

// PutAside keeps what could not be read, so that people see that it came: its state is
// EvidenceQuarantined at once, with the note.
func PutAside(ctx context.Context, db DB, list []Evidence) error {
	for _, e := range list {
		_, err := db.Exec(ctx, `
			INSERT INTO evidence (source, origin, dedupe_key, raw, received_at, state, note) VALUES ($1, $2, $3, $4, $5, 'quarantined', $6)
			ON CONFLICT DO NOTHING`, e.Source, e.Origin, e.DedupeKey, append([]byte{}, e.Raw...), e.ReceivedAt, e.Note)
		if err != nil {
			return fmt.Errorf("putting evidence aside: %w", err)
		}
	}
	return nil
}

// EvidenceByID finds a piece of evidence.
func EvidenceByID(ctx context.Context, db DB, id int64) (Evidence, error) {
	e, err := one[Evidence](db.Query(ctx, `
		SELECT id, source, origin, dedupe_key, raw, received_at, state, attempts, message_id, note FROM evidence WHERE id = $1`, id))
	if err != nil {
		return e, fmt.Errorf("loading evidence %d: %w", id, err)
	}
	return e, nil
}

// SettleEvidence writes what was made of a piece of evidence: its state, the letter it
// is about and the note. Of one about a letter that is gone, because its client was
// erased, what came is emptied and it is ignored; an erasure under way is waited for.
func SettleEvidence(ctx context.Context, db DB, e Evidence) error {
	_, err := db.Exec(ctx, `
		WITH letter AS MATERIALIZED (SELECT id FROM messages WHERE id = $3 FOR KEY SHARE),
		gone AS (SELECT $3::bigint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM letter) AS is)
		UPDATE evidence SET attempts = attempts + 1, message_id = (SELECT id FROM letter),
			state = CASE WHEN gone.is THEN 'ignored' ELSE $2 END, raw = CASE WHEN gone.is THEN '' ELSE raw END,
			note = CASE WHEN gone.is THEN 'there is no such letter any more' ELSE $4 END
		FROM gone WHERE evidence.id = $1`, e.ID, e.State, e.MessageID, e.Note)
	if err != nil {
		return fmt.Errorf("settling evidence %d: %w", e.ID, err)
	}
	return nil
}
