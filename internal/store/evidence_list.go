package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// EvidenceFilter narrows a list; zero fields do not.
type EvidenceFilter struct {
	State     string
	Source    string
	Origin    string
	MessageID int64
	Before    int64 // id of the last row of the page before
	Limit     int
}

// ListEvidence returns evidence, newest first, without what came.
func ListEvidence(ctx context.Context, db DB, f EvidenceFilter) ([]Evidence, error) {
	rows, err := db.Query(ctx, `
		SELECT id, source, origin, dedupe_key, ''::bytea AS raw, received_at, state, attempts, message_id, note FROM evidence
		WHERE (@state = '' OR state = @state) AND (@source = '' OR source = @source) AND (@origin = '' OR origin = @origin)
			AND (@message_id = 0 OR message_id = @message_id) AND (@before = 0 OR id < @before)
		ORDER BY id DESC LIMIT @limit`, pgx.StrictNamedArgs{
		"state": f.State, "source": f.Source, "origin": f.Origin, "message_id": f.MessageID, "before": f.Before, "limit": f.Limit,
	})
	if err != nil {
		return nil, fmt.Errorf("listing evidence: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Evidence])
	if err != nil {
		return nil, fmt.Errorf("listing evidence: %w", err)
	}
	return list, nil
}

// ReopenEvidence makes evidence wait again; ErrNotFound if there is none, or if what
// came is not kept any more.
func ReopenEvidence(ctx context.Context, db DB, id int64) (Evidence, error) {
	e, err := one[Evidence](db.Query(ctx, `
		UPDATE evidence SET state = 'waiting' WHERE id = $1 AND raw <> ''
		RETURNING id, source, origin, dedupe_key, raw, received_at, state, attempts, message_id, note`, id))
	if err != nil {
		return e, fmt.Errorf("reopening evidence %d: %w", id, err)
	}
	return e, nil
}

// ForgetEvidence removes up to limit pieces of evidence that came before a time, and
// returns how many.
func ForgetEvidence(ctx context.Context, db DB, before time.Time, limit int) (int, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM evidence WHERE id IN (SELECT id FROM evidence WHERE received_at < $1 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED)`, before, limit)
	if err != nil {
		return 0, fmt.Errorf("forgetting old evidence: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
