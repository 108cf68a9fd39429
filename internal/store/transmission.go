package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Content is what one letter says: with the fixed parts of its hash, the exact
// bytes, and where its own links lead.
type Content struct {
	Subject      string
	Recipient    string // the address it goes to, normalised
	LetterHash   []byte
	Personal     []byte
	Destinations []string
	Offer        *Offer // that it is about; nil for most
}

// Transmit asks for T2 of one letter.
type Transmit struct {
	Content
	MessageID int64
	ChunkID   int64
	Fence     int64
	Sequence  string // by name: suppressions may be about one sequence only
}

// Transmission is a row of transmissions: letters that passed T2 in one commit.
// Those that were refused are not in it.
type Transmission struct {
	ID         int64
	MessageIDs []int64
	Fences     []int64 // in step: under which claim it passed
	Places     []int32 // in step: where among those wanted it stood, and in contents stands
}

// beginTransmission is T2. A letter passes if its chunk is still claimed by the
// worker under the letter's fence, it is still planned, its enrollment active, its
// client the same address with a consent that allows letters, its sequence not
// paused, and nothing suppresses it. What the letters say goes past the checks, as it is; of one that
// is refused it is forgotten when it is dealt with.
const beginTransmission = `
	WITH ok AS (
		SELECT m.id, w.chunk_id, w.fence, w.place
		FROM unnest(@message_id::bigint[], @chunk_id::bigint[], @fence::bigint[], @sequence::text[], @recipient::text[])
			WITH ORDINALITY AS w(message_id, chunk_id, fence, sequence, recipient, place)
		JOIN messages m ON m.id = w.message_id AND m.chunk_id = w.chunk_id
		JOIN enrollments e ON e.id = m.enrollment_id
		JOIN clients c ON c.id = m.client_id
		JOIN chunks k ON k.id = w.chunk_id AND k.fence = w.fence AND k.worker_id = @worker_id
		WHERE m.state = 'planned' AND m.not_after > @now AND e.state = 'active'
		  AND c.address = w.recipient AND c.consent_basis = ANY(@consents) AND c.stage <> 'not_target'
		  AND (c.review_at IS NULL OR c.review_at > @now)
		  AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.address = w.recipient AND x.scope IN ('', w.sequence))
		  AND w.sequence <> ALL (ARRAY(SELECT name FROM pauses WHERE kind = 'sequence' AND paused AND (until IS NULL OR until > @now)))
		FOR SHARE OF k
	), content AS (
		INSERT INTO contents (subjects, recipients, letter_hashes, personals, destinations, offers)
		SELECT @subject::text[], @recipient::text[], @letter_hash::bytea[], @personal::bytea[], @destinations::jsonb, @offers::jsonb WHERE EXISTS (SELECT 1 FROM ok)
		RETURNING id
	)
	INSERT INTO transmissions (id, worker_id, message_ids, chunk_ids, fences, places)
	SELECT content.id, @worker_id, l.* FROM content, (SELECT array_agg(id), array_agg(chunk_id), array_agg(fence), array_agg(place::int) FROM ok) AS l
	RETURNING id, message_ids, fences, places`

func transmitArgs(workerID int32, now time.Time, consents []string, wanted []Transmit) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"worker_id": workerID, "now": now, "consents": consents,
		"message_id":   column(wanted, func(t Transmit) int64 { return t.MessageID }),
		"chunk_id":     column(wanted, func(t Transmit) int64 { return t.ChunkID }),
		"fence":        column(wanted, func(t Transmit) int64 { return t.Fence }),
		"sequence":     column(wanted, func(t Transmit) string { return t.Sequence }),
		"subject":      column(wanted, func(t Transmit) string { return t.Subject }),
		"recipient":    column(wanted, func(t Transmit) string { return t.Recipient }),
		"letter_hash":  column(wanted, func(t Transmit) []byte { return t.LetterHash }),
		"personal":     column(wanted, func(t Transmit) []byte { return t.Personal }),
		"destinations": destinations(wanted),
		"offers":       offers(wanted),
	}
}

// destinations are those of the letters that have some of their own, by place.
func destinations(wanted []Transmit) [][]string {
	if !slices.ContainsFunc(wanted, func(t Transmit) bool { return len(t.Destinations) > 0 }) {
		return nil
	}
	return column(wanted, func(t Transmit) []string { return t.Destinations })
}

// onTheWire is the condition that the letter of a messages row m has passed T2 and
// is not settled.
const onTheWire = `EXISTS (SELECT 1 FROM transmissions t
	WHERE m.id = ANY(t.message_ids) AND t.chunk_ids[array_position(t.message_ids, m.id)] = m.chunk_id)`

// ContentRef is where one letter's content stands: a row of contents, and the place
// in its arrays, from 1. The zero ContentRef: nowhere.
type ContentRef struct {
	ContentID int64
	Place     int
}

// ForgetContent empties what one letter says: it was not taken.
func ForgetContent(ctx context.Context, db DB, c ContentRef) error {
	if _, err := db.Exec(ctx, forgetContent, c.ContentID, c.Place); err != nil {
		return fmt.Errorf("forgetting letter %d of contents %d: %w", c.Place, c.ContentID, err)
	}
	return nil
}

const forgetContent = `
	UPDATE contents SET subjects[$2] = '', recipients[$2] = '', personals[$2] = '',
		destinations = CASE WHEN destinations IS NOT NULL THEN jsonb_set(destinations, ARRAY[($2::int - 1)::text], 'null') END,
		offers = CASE WHEN offers IS NOT NULL THEN jsonb_set(offers, ARRAY[($2::int - 1)::text], 'null') END
	WHERE id = $1`
