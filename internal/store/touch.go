package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Touch is one line of the ledger: a row of touches, or a sent letter.
type Touch struct {
	ID        string // "t12" or, for a sent letter, "m34"
	Client    string // external id
	ClientID  int64
	Name      string // the client's
	Company   string
	Kind      string
	Channel   string
	At        time.Time
	Actor     string
	Sequence  string
	Step      string
	MessageID *int64
	Subject   string // of the letter it is about, '' without one
	Rep       string
	RepName   string
	Data      map[string]any
	// Place orders the ledger; with ID it is the cursor.
	Place time.Time
}

// TouchFilter narrows the ledger; zero fields do not.
type TouchFilter struct {
	Client   string // external id
	Rep      string // e-mail
	Sequence string
	Kind     string
	Channel  string
	Since    *time.Time
	Until    *time.Time
	// After is the place and id of the last touch of the page before.
	After   *time.Time
	AfterID string
	Limit   int
}

// ListTouches returns the ledger, newest first: sent letters and all other
// touches as one.
func ListTouches(ctx context.Context, db DB, f TouchFilter) ([]Touch, error) {
	list, err := all[Touch](db.Query(ctx, `
		WITH who AS (
			SELECT c.id, c.external_id, concat_ws(' ', nullif(c.first_name, ''), nullif(c.last_name, '')) AS name, c.company,
				coalesce(o.email, '') AS rep, coalesce(o.name, '') AS rep_name
			FROM clients c LEFT JOIN users o ON o.id = c.owner_id
		), ledger AS (
			SELECT * FROM (
				SELECT 'm' || m.id AS id, m.client_id, 'sent'::text AS kind, 'email'::text AS channel, m.sent_at AS at, 'seventh'::text AS actor,
					s.name AS sequence, m.step, m.id AS message_id, '{}'::jsonb AS data, m.at AS place, w.external_id, w.name, w.company, w.rep, w.rep_name
				FROM messages m JOIN enrollments e ON e.id = m.enrollment_id JOIN sequences s ON s.id = e.sequence_id JOIN who w ON w.id = m.client_id
				WHERE m.state = 'sent' AND (@kind = '' OR @kind = 'sent') AND (@channel = '' OR @channel = 'email')
				  AND (@client = '' OR w.external_id = @client) AND (@rep = '' OR w.rep = @rep) AND (@sequence = '' OR s.name = @sequence)
				  AND (@since::timestamptz IS NULL OR m.at >= @since) AND (@until::timestamptz IS NULL OR m.at < @until)
				  AND (@after::timestamptz IS NULL OR (m.at, 'm' || m.id) < (@after, @after_id))
				ORDER BY m.at DESC, 'm' || m.id DESC LIMIT @limit
			) letters
			UNION ALL
			SELECT * FROM (
				SELECT 't' || t.id, t.client_id, t.kind, t.channel, t.at, t.actor, coalesce(s.name, ''), coalesce(m.step, ''), t.message_id, t.data, t.at,
					w.external_id, w.name, w.company, coalesce(r.email, w.rep), coalesce(r.name, w.rep_name)
				FROM touches t JOIN who w ON w.id = t.client_id
				LEFT JOIN users r ON r.id = t.rep_id
				LEFT JOIN messages m ON m.id = t.message_id
				LEFT JOIN enrollments e ON e.id = coalesce(t.enrollment_id, m.enrollment_id)
				LEFT JOIN sequences s ON s.id = e.sequence_id
				WHERE (@kind = '' OR t.kind = @kind) AND (@channel = '' OR t.channel = @channel)
				  AND (@client = '' OR w.external_id = @client) AND (@rep = '' OR coalesce(r.email, w.rep) = @rep)
				  AND (@sequence = '' OR s.name = @sequence)
				  AND (@since::timestamptz IS NULL OR t.at >= @since) AND (@until::timestamptz IS NULL OR t.at < @until)
				  AND (@after::timestamptz IS NULL OR (t.at, 't' || t.id) < (@after, @after_id))
				ORDER BY t.at DESC, 't' || t.id DESC LIMIT @limit
			) others
		)
		SELECT id, external_id AS client, client_id, name, company, kind, channel, at, actor, sequence, step, message_id,
			coalesce((SELECT subject FROM messages x WHERE x.id = message_id), '') AS subject, rep, rep_name, data, place
		FROM ledger ORDER BY place DESC, id DESC LIMIT @limit`, pgx.StrictNamedArgs{
		"client": f.Client, "rep": f.Rep, "sequence": f.Sequence, "kind": f.Kind, "channel": f.Channel,
		"since": f.Since, "until": f.Until, "after": f.After, "after_id": f.AfterID, "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing touches: %w", err)
	}
	return list, nil
}

// NewTouch is a touch to be written down.
type NewTouch struct {
	ClientID     int64
	Kind         string
	Channel      string
	At           time.Time
	Actor        string
	EnrollmentID *int64
	MessageID    *int64
	RepID        *int64
	Data         map[string]any
}

// InsertTouch writes a touch and returns its id in the ledger.
func InsertTouch(ctx context.Context, db DB, t NewTouch) (string, error) {
	var id int64
	err := db.QueryRow(ctx, `
		INSERT INTO touches (client_id, kind, channel, at, actor, enrollment_id, message_id, rep_id, data)
		VALUES (@client_id, @kind, @channel, @at, @actor, @enrollment_id, @message_id, @rep_id, @data) RETURNING id`, pgx.StrictNamedArgs{
		"client_id": t.ClientID, "kind": t.Kind, "channel": t.Channel, "at": t.At, "actor": t.Actor,
		"enrollment_id": t.EnrollmentID, "message_id": t.MessageID, "rep_id": t.RepID, "data": jsonText(t.Data, "{}"),
	}).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("writing a touch: %w", err)
	}
	return fmt.Sprintf("t%d", id), nil
}

// Hit is one request for a pixel or a link, as it came in.
type Hit struct {
	MessageID int64
	Purpose   string // "opened" or "clicked"
	Link      int    // -1 for the pixel
	At        time.Time
	Method    string
	UserAgent string
	Address   string // truncated by policy
	Actor     string // what the rules make of it: human, machine or unknown
}

// RecordHit keeps the raw hit and writes or updates its touch: one for an opened
// letter, one for each clicked link. A later hit by a human upgrades the actor.
func RecordHit(ctx context.Context, db DB, h Hit) error {
	_, err := db.Exec(ctx, `
		WITH letter AS (SELECT id, client_id, enrollment_id FROM messages WHERE id = @message_id),
		raw AS (
			INSERT INTO hits (message_id, purpose, link, at, method, user_agent, address)
			SELECT id, @purpose, @link, @at, @method, @user_agent, @address FROM letter
		)
		INSERT INTO touches AS t (client_id, kind, channel, at, actor, enrollment_id, message_id, link, data)
		SELECT client_id, @purpose, 'email', @at, @actor, enrollment_id, id, @link, '{"count": 1}' FROM letter
		ON CONFLICT (message_id, kind, link) WHERE kind IN ('opened', 'clicked') DO UPDATE SET
			data = jsonb_set(t.data, '{count}', to_jsonb((t.data->>'count')::int + 1)),
			actor = CASE WHEN excluded.actor = 'human' OR t.actor = 'machine' THEN excluded.actor ELSE t.actor END`, pgx.StrictNamedArgs{
		"message_id": h.MessageID, "purpose": h.Purpose, "link": h.Link, "at": h.At, "method": h.Method,
		"user_agent": h.UserAgent, "address": h.Address, "actor": h.Actor,
	})
	if err != nil {
		return fmt.Errorf("recording a hit: %w", err)
	}
	return nil
}
