package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ToldLetter is a letter that something is told about.
type ToldLetter struct {
	MessageID    int64
	EnrollmentID int64
	ClientID     int64
	Recipient    string // the address it goes to, normalised, also while it is on the wire
	Sender       string
	Sequence     string
	State        string // that its row has
	At           time.Time
	SentAt       *time.Time
}

// ToldLetterByID finds a letter.
func ToldLetterByID(ctx context.Context, db DB, id int64) (ToldLetter, error) {
	l, err := one[ToldLetter](db.Query(ctx, `
		SELECT m.id AS message_id, m.enrollment_id, m.client_id, m.sender, s.name AS sequence, m.state, m.at, m.sent_at,
			coalesce(nullif(said.recipients[m.content_place], ''), nullif(m.recipient, ''), (
				SELECT nullif(k.recipients[t.places[array_position(t.message_ids, m.id)]], '') FROM transmissions t JOIN contents k ON k.id = t.id
				WHERE m.state = 'planned' AND m.id = ANY(t.message_ids) AND t.chunk_ids[array_position(t.message_ids, m.id)] = m.chunk_id LIMIT 1
			), c.address) AS recipient
		FROM messages m JOIN clients c ON c.id = m.client_id JOIN enrollments e ON e.id = m.enrollment_id JOIN sequences s ON s.id = e.sequence_id
		LEFT JOIN contents said ON said.id = m.content_id WHERE m.id = $1`, id))
	if err != nil {
		return l, fmt.Errorf("loading message %d: %w", id, err)
	}
	return l, nil
}

// Told is the touch by which something is told about a letter, of a kind that it has
// once: delivered, bounced, complained, unsubscribed.
type Told struct {
	ID   int64
	At   time.Time
	Data map[string]any
}

// ToldOf finds it; ErrNotFound if nothing of the kind has been told.
func ToldOf(ctx context.Context, db DB, messageID int64, kind string) (Told, error) {
	t, err := one[Told](db.Query(ctx, `
		SELECT id, at, data FROM touches WHERE message_id = $1 AND kind = $2 AND kind IN ('delivered', 'bounced', 'complained', 'unsubscribed')`, messageID, kind))
	if err != nil {
		return t, fmt.Errorf("loading what is told about message %d: %w", messageID, err)
	}
	return t, nil
}

// Tell writes the touch, or gives the one that is there the earliest time told, with
// what was said then. It reports whether it is new. ErrNotFound: there is no such client
// any more.
func Tell(ctx context.Context, db DB, t NewTouch) (fresh bool, err error) {
	err = db.QueryRow(ctx, `
		WITH told AS (
			INSERT INTO touches AS t (client_id, kind, channel, at, actor, enrollment_id, message_id, data)
			SELECT c.id, @kind, 'email', @at, @actor, @enrollment_id, @message_id, @data
			FROM (SELECT id FROM clients WHERE id = @client_id FOR KEY SHARE) AS c
			ON CONFLICT (message_id, kind) WHERE kind IN ('delivered', 'bounced', 'complained', 'unsubscribed')
			DO UPDATE SET at = excluded.at, data = excluded.data WHERE (excluded.at, excluded.data::text) < (t.at, t.data::text)
			RETURNING xmax = 0 AS fresh
		)
		SELECT coalesce((SELECT fresh FROM told), false) FROM clients WHERE id = @client_id`, pgx.StrictNamedArgs{
		"client_id": t.ClientID, "kind": t.Kind, "at": t.At, "actor": t.Actor,
		"enrollment_id": t.EnrollmentID, "message_id": t.MessageID, "data": jsonText(t.Data, "{}"),
	}).Scan(&fresh)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return false, fmt.Errorf("writing that a letter was %s: %w", t.Kind, err)
	}
	return fresh, nil
}

// ChangeTold replaces what is told about a letter.
func ChangeTold(ctx context.Context, db DB, t Told) error {
	if _, err := db.Exec(ctx, "UPDATE touches SET at = $2, data = $3 WHERE id = $1", t.ID, t.At, jsonText(t.Data, "{}")); err != nil {
		return fmt.Errorf("changing touch %d: %w", t.ID, err)
	}
	return nil
}

// AreSuppressed reports whether an address and the one that a client has by now must not
// be mailed at all.
func AreSuppressed(ctx context.Context, db DB, clientID int64, address string) (both bool, err error) {
	err = db.QueryRow(ctx, `
		SELECT NOT EXISTS (
			SELECT 1 FROM clients c, unnest(ARRAY[$2, c.address]) AS a
			WHERE c.id = $1 AND a <> '' AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.address = a AND x.scope = '')
		)`, clientID, address).Scan(&both)
	if err != nil {
		return false, fmt.Errorf("looking for suppressions of client %d: %w", clientID, err)
	}
	return both, nil
}

// LetterFate is what is known of one letter to an address, for counting soft bounces.
type LetterFate struct {
	MessageID int64
	At        time.Time
	Class     string // it bounced so, '' if it did not
	Permanent bool
	Also      []string // classes it bounced with, too, that count
	Refused   []string // classes it was refused with for good when it was sent
}

// FatesOf returns the letters of a client that went to an address, or were refused,
// in the order in which they were sent.
func FatesOf(ctx context.Context, db DB, clientID int64, address string) ([]LetterFate, error) {
	list, err := all[LetterFate](db.Query(ctx, `
		SELECT m.id AS message_id, coalesce(m.sent_at, m.at) AS at, coalesce(t.data->>'class', '') AS class, coalesce((t.data->>'permanent')::boolean, false) AS permanent,
			ARRAY(SELECT jsonb_array_elements_text(coalesce(t.data->'also', '[]'))) AS also,
			ARRAY(SELECT r.class FROM rejections r WHERE r.message_id = m.id AND r.failed AND r.touch_id IS NULL) AS refused
		FROM messages m JOIN clients c ON c.id = m.client_id LEFT JOIN contents said ON said.id = m.content_id
		LEFT JOIN touches t ON t.message_id = m.id AND t.kind = 'bounced'
		WHERE m.client_id = $1 AND (m.state IN ('sent', 'failed', 'unconfirmed') OR t.id IS NOT NULL)
		  AND coalesce(nullif(said.recipients[m.content_place], ''), nullif(m.recipient, ''), c.address) = $2
		ORDER BY coalesce(m.sent_at, m.at), m.id`, clientID, address))
	if err != nil {
		return nil, fmt.Errorf("loading what became of letters to client %d: %w", clientID, err)
	}
	return list, nil
}

// RaiseEndReason gives enrollments that a weaker reason has ended a stronger one: had
// what is told now been told first, it would have ended them. Those count that ended
// after since, and of those that finished the one whose letter it was, if it did so
// with that letter.
func RaiseEndReason(ctx context.Context, db DB, clientID, enrollmentID int64, reason string, weaker []string, since, told time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments SET end_reason = $3 WHERE client_id = $1 AND state = 'ended' AND ended_at >= $5
		  AND (end_reason = ANY($4) OR end_reason = 'finished' AND id = $2 AND ended_at >= $6)`,
		clientID, enrollmentID, reason, weaker, since, told)
	if err != nil {
		return fmt.Errorf("changing why enrollments of client %d ended: %w", clientID, err)
	}
	return nil
}
