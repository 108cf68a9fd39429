package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ClaimedLetter is a planned letter with all that composing it takes.
type ClaimedLetter struct {
	MessageID      int64
	EnrollmentID   int64
	ClientID       int64
	VersionID      int64
	Step           string
	Occurrence     int
	Template       string
	Attempts       int
	NotAfter       time.Time
	LastStep       string
	OfferName      string
	OfferExpiresAt *time.Time
}

// LettersOfChunk returns the chunk's letters that are still planned, by id.
func LettersOfChunk(ctx context.Context, db DB, c Chunk) ([]ClaimedLetter, error) {
	letters, err := all[ClaimedLetter](db.Query(ctx, `
		SELECT m.id AS message_id, m.enrollment_id, m.client_id, e.version_id, m.step, m.occurrence, m.template, m.attempts, m.not_after, e.last_step, e.offer_name, e.offer_expires_at
		FROM messages m JOIN enrollments e ON e.id = m.enrollment_id
		WHERE m.id = ANY($1) AND m.chunk_id = $2 AND m.state = 'planned' ORDER BY m.id`, c.MessageIDs, c.ID))
	if err != nil {
		return nil, fmt.Errorf("loading the letters of chunk %d: %w", c.ID, err)
	}
	return letters, nil
}

// Settlement is T3: what became of one letter, and where its enrollment goes.
type Settlement struct {
	MessageID int64
	ChunkID   int64
	Fence     int64
	State     string // sent, failed, unconfirmed, cancelled, or planned: put off until Until
	At        time.Time
	Attempted bool // the server was asked: this counts as an attempt
	Reason    string
	Response  string
	// Subject and Recipient are those of a letter that has no ContentRef.
	Subject    string
	Recipient  string
	ContentRef      // where what it says is kept; zero if it never passed T2
	Offer      bool // it is about an offer
	Until      *time.Time
	// Moves says whether the enrollment goes on: to NextStep at NextAt, or to its
	// end when NextStep is ''.
	Moves     bool
	LastStep  string
	NextStep  string
	NextAt    *time.Time
	Waiting   string
	EndReason string
}

// Settle is T3 of letters with any outcome. It returns the clients whose enrollment
// ended with it.
func Settle(ctx context.Context, tx pgx.Tx, list []Settlement) ([]int64, error) {
	// Whoever takes over a chunk waits for outcomes that are being written, or has been
	// waited for here: the next statement sees what he did.
	if _, err := tx.Exec(ctx, lockForCommit, []string{}, column(list, func(s Settlement) int64 { return s.ChunkID })); err != nil {
		return nil, fmt.Errorf("holding the chunks of %d letters: %w", len(list), err)
	}
	rows, err := tx.Query(ctx, settle, settleArgs(list))
	if err != nil {
		return nil, fmt.Errorf("settling %d letters: %w", len(list), err)
	}
	clients, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("settling %d letters: %w", len(list), err)
	}
	if about := ofOffers(list); len(about) > 0 {
		if _, err := tx.Exec(ctx, keepOffers, about); err != nil {
			return nil, fmt.Errorf("keeping the offers of %d letters: %w", len(about), err)
		}
	}
	return clients, nil
}

// settle is T3. A settlement counts if its fence is that of the chunk, or if the
// letter was declared unconfirmed under the same fence meanwhile and the answer
// came after all. It returns the clients whose enrollment ended with it.
const settle = `
	WITH r AS (
		SELECT * FROM unnest(@message_id::bigint[], @chunk_id::bigint[], @fence::bigint[], @state::text[], @at::timestamptz[], @attempted::boolean[], @reason::text[],
			@response::text[], @subject::text[], @recipient::text[], @content_id::bigint[], @place::int[], @until::timestamptz[], @moves::boolean[],
			@last_step::text[], @next_step::text[], @next_at::timestamptz[], @waiting::text[], @end_reason::text[])
			AS r(message_id, chunk_id, fence, state, at, attempted, reason, response, subject, recipient, content_id, place, until, moves,
			last_step, next_step, next_at, waiting, end_reason)
	), settled AS (
		UPDATE messages m SET state = r.state, reason = r.reason, response = r.response, fence = r.fence,
			attempts = m.attempts + CASE WHEN r.attempted AND m.state <> 'unconfirmed' THEN 1 ELSE 0 END,
			chunk_id = CASE WHEN r.state = 'planned' THEN NULL ELSE m.chunk_id END,
			sent_at = CASE WHEN r.state IN ('sent', 'failed', 'unconfirmed') THEN r.at ELSE m.sent_at END,
			at = CASE WHEN r.state IN ('sent', 'failed', 'unconfirmed') AND r.at > m.at + interval '1 minute' THEN r.at ELSE m.at END,
			pooled = m.pooled AND r.state NOT IN ('failed', 'cancelled'), subject = r.subject, recipient = r.recipient, content_id = r.content_id, content_place = r.place
		FROM r LEFT JOIN chunks k ON k.id = r.chunk_id
		WHERE m.id = r.message_id AND m.chunk_id = r.chunk_id
		  AND ((m.state = 'planned' AND k.fence = r.fence) OR (m.state = 'unconfirmed' AND m.fence = r.fence))
		RETURNING m.id, m.enrollment_id, r.*
	), put_off AS (
		INSERT INTO deferred (message_id, until) SELECT id, until FROM settled WHERE until IS NOT NULL
		ON CONFLICT (message_id) DO UPDATE SET until = excluded.until
	), doubtful AS (
		SELECT id, at, at AS look_at FROM settled WHERE state = 'unconfirmed'
	), listed AS (` + noteUnconfirmed + `), moved AS (
		UPDATE enrollments e SET last_step = s.last_step, next_step = s.next_step, next_at = s.next_at, waiting = s.waiting,
			anchor_at = CASE WHEN s.state = 'unconfirmed' THEN e.anchor_at ELSE s.at END,
			state = CASE WHEN s.end_reason <> '' THEN 'ended' ELSE e.state END,
			ended_at = CASE WHEN s.end_reason <> '' THEN s.at END,
			end_reason = CASE WHEN s.end_reason <> '' THEN s.end_reason END
		FROM settled s WHERE e.id = s.enrollment_id AND s.moves AND e.state <> 'ended'
		RETURNING e.client_id, e.state
	)
	SELECT client_id FROM moved WHERE state = 'ended'`

func settleArgs(list []Settlement) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"message_id": column(list, func(s Settlement) int64 { return s.MessageID }),
		"chunk_id":   column(list, func(s Settlement) int64 { return s.ChunkID }),
		"fence":      column(list, func(s Settlement) int64 { return s.Fence }),
		"state":      column(list, func(s Settlement) string { return s.State }),
		"at":         column(list, func(s Settlement) time.Time { return s.At }),
		"attempted":  column(list, func(s Settlement) bool { return s.Attempted }),
		"reason":     column(list, func(s Settlement) string { return s.Reason }),
		"response":   column(list, func(s Settlement) string { return s.Response }),
		"subject":    column(list, func(s Settlement) string { return s.Subject }),
		"recipient":  column(list, func(s Settlement) string { return s.Recipient }),
		"content_id": column(list, func(s Settlement) *int64 { return orNull(s.ContentID) }),
		"place":      column(list, func(s Settlement) *int { return orNull(s.Place) }),
		"until":      column(list, func(s Settlement) *time.Time { return s.Until }),
		"moves":      column(list, func(s Settlement) bool { return s.Moves }),
		"last_step":  column(list, func(s Settlement) string { return s.LastStep }),
		"next_step":  column(list, func(s Settlement) string { return s.NextStep }),
		"next_at":    column(list, func(s Settlement) *time.Time { return s.NextAt }),
		"waiting":    column(list, func(s Settlement) string { return s.Waiting }),
		"end_reason": column(list, func(s Settlement) string { return s.EndReason }),
	}
}

// orNull is NULL for a zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Deferred is a planned letter whose own time has come.
type Deferred struct {
	MessageID    int64
	EnrollmentID int64
	ClientID     int64
	Step         string
	Occurrence   int
	Template     string
	Sender       string
	State        string
	Attempts     int
	DueAt        time.Time
}

// TakeDeferred removes up to limit deferrals that are over and returns their letters.
func TakeDeferred(ctx context.Context, db DB, now time.Time, limit int) ([]Deferred, error) {
	list, err := all[Deferred](db.Query(ctx, `
		WITH over AS (
			DELETE FROM deferred WHERE message_id IN (
				SELECT message_id FROM deferred WHERE until <= $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED)
			RETURNING message_id
		)
		SELECT m.id AS message_id, m.enrollment_id, m.client_id, m.step, m.occurrence, m.template, m.sender, m.state, m.attempts, m.due_at
		FROM messages m JOIN over ON over.message_id = m.id ORDER BY m.due_at, m.id`, now, limit))
	if err != nil {
		return nil, fmt.Errorf("taking deferred letters: %w", err)
	}
	return list, nil
}

// Defer puts planned letters off until a time of their own.
func Defer(ctx context.Context, db DB, messageIDs []int64, until []time.Time, reason []string) error {
	_, err := db.Exec(ctx, `
		WITH d AS (SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[]) AS d(id, until, reason)),
		planned AS (
			UPDATE messages m SET chunk_id = NULL, reason = d.reason FROM d WHERE m.id = d.id AND m.state = 'planned' RETURNING m.id, d.until
		)
		INSERT INTO deferred (message_id, until) SELECT id, until FROM planned ON CONFLICT (message_id) DO UPDATE SET until = excluded.until`,
		messageIDs, until, reason)
	if err != nil {
		return fmt.Errorf("deferring letters: %w", err)
	}
	return nil
}

// CancelMessages gives up planned letters.
func CancelMessages(ctx context.Context, db DB, ids []int64, reason string) error {
	_, err := db.Exec(ctx, "UPDATE messages SET state = 'cancelled', reason = $2, pooled = false WHERE id = ANY($1) AND state IN ('planned', 'held')", ids, reason)
	if err != nil {
		return fmt.Errorf("cancelling letters: %w", err)
	}
	return nil
}

// HoldsLetter reports whether a chunk is still claimed under its fence, and
// whether the letter is still planned in it. Neither changes until the
// transaction ends.
func HoldsLetter(ctx context.Context, db DB, messageID int64, c Chunk) (chunk, letter bool, err error) {
	err = db.QueryRow(ctx, `
		WITH k AS (SELECT id FROM chunks WHERE id = $2 AND fence = $3 AND worker_id IS NOT NULL FOR SHARE)
		SELECT EXISTS (SELECT 1 FROM k), EXISTS (SELECT 1 FROM messages m JOIN k ON k.id = m.chunk_id WHERE m.id = $1 AND m.state = 'planned')`,
		messageID, c.ID, c.Fence).Scan(&chunk, &letter)
	if err != nil {
		return false, false, fmt.Errorf("checking message %d: %w", messageID, err)
	}
	return chunk, letter, nil
}
