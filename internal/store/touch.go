package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Touch is one line of the ledger: a row of touches, or a letter.
type Touch struct {
	ID        string // "t12" or, for a letter, "m34"
	Client    string // external id
	ClientID  int64
	Name      string // the client's
	Company   string
	Category  string
	Kind      string // a letter's is its state
	Channel   string
	At        time.Time
	Actor     string
	Sequence  string
	Step      string
	MessageID *int64
	Subject   string // of the letter it is about, '' without one
	Link      int    // of a click, from 0; else -1
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
	Search   string // part of a client's name, e-mail, company or external id
	Sequence string
	Kind     string
	Channel  string
	Since    *time.Time
	Until    *time.Time
	// Unsent adds letters that failed or are unconfirmed: no touches, but things
	// that a rep wants to see.
	Unsent bool
	// After is the place and id of the last touch of the page before.
	After   *time.Time
	AfterID string
	Limit   int
}

// ListTouches returns the ledger, newest first: sent letters and all other
// touches as one.
func ListTouches(ctx context.Context, db DB, f TouchFilter) ([]Touch, error) {
	list, err := all[Touch](db.Query(ctx, `
		WITH letters AS (
			SELECT 'm' || m.id AS id, 'm' || lpad(m.id::text, 19, '0') AS tie, m.client_id, m.state AS kind, 'email' AS channel, coalesce(m.sent_at, m.at) AS at, 'seventh' AS actor,
				s.name AS sequence, m.step, m.id AS message_id, -1 AS link, NULL::bigint AS rep_id, '{}'::jsonb AS data, m.at AS place
			FROM messages m JOIN clients c ON c.id = m.client_id LEFT JOIN users o ON o.id = c.owner_id
			JOIN enrollments e ON e.id = m.enrollment_id JOIN sequences s ON s.id = e.sequence_id
			WHERE (m.state = 'sent' OR @unsent AND m.state IN ('failed', 'unconfirmed')) AND (@kind = '' OR m.state = @kind)
			  AND (@channel = '' OR @channel = 'email')
			  AND (@client = '' OR c.external_id = @client) AND (@rep = '' OR o.email = @rep) AND (@sequence = '' OR s.name = @sequence)
			  AND `+matchesSearch+`
			  AND (@since::timestamptz IS NULL OR m.at >= @since) AND (@until::timestamptz IS NULL OR m.at < @until)
			  AND (@after::timestamptz IS NULL OR (m.at, 'm' || lpad(m.id::text, 19, '0')) < (@after, @after_tie))
			ORDER BY m.at DESC, m.id DESC LIMIT @limit
		), others AS (
			SELECT 't' || t.id, 't' || lpad(t.id::text, 19, '0'), t.client_id, t.kind, t.channel, t.at, t.actor,
				coalesce(s.name, ''), coalesce(m.step, ''), t.message_id, t.link, t.rep_id, t.data, t.at
			FROM touches t JOIN clients c ON c.id = t.client_id LEFT JOIN users o ON o.id = c.owner_id
			LEFT JOIN users r ON r.id = t.rep_id
			LEFT JOIN messages m ON m.id = t.message_id
			LEFT JOIN enrollments e ON e.id = coalesce(t.enrollment_id, m.enrollment_id)
			LEFT JOIN sequences s ON s.id = e.sequence_id
			WHERE (@kind = '' OR t.kind = @kind) AND (@channel = '' OR t.channel = @channel)
			  AND (@client = '' OR c.external_id = @client) AND (@rep = '' OR coalesce(r.email, o.email) = @rep) AND (@sequence = '' OR s.name = @sequence)
			  AND `+matchesSearch+`
			  AND (@since::timestamptz IS NULL OR t.at >= @since) AND (@until::timestamptz IS NULL OR t.at < @until)
			  AND (@after::timestamptz IS NULL OR (t.at, 't' || lpad(t.id::text, 19, '0')) < (@after, @after_tie))
			ORDER BY t.at DESC, t.id DESC LIMIT @limit
		), feed AS (
			SELECT * FROM letters UNION ALL SELECT * FROM others ORDER BY place DESC, tie DESC LIMIT @limit
		)
		SELECT f.id, c.external_id AS client, f.client_id, concat_ws(' ', nullif(c.first_name, ''), nullif(c.last_name, '')) AS name, c.company, c.category,
			f.kind, f.channel, f.at, f.actor, f.sequence, f.step, f.message_id, coalesce(said.subjects[m.content_place], m.subject, '') AS subject, f.link,
			coalesce(r.email, o.email, '') AS rep, coalesce(r.name, o.name, '') AS rep_name, f.data, f.place
		FROM feed f JOIN clients c ON c.id = f.client_id LEFT JOIN users o ON o.id = c.owner_id
		LEFT JOIN users r ON r.id = f.rep_id LEFT JOIN messages m ON m.id = f.message_id LEFT JOIN contents said ON said.id = m.content_id
		ORDER BY f.place DESC, f.tie DESC`, pgx.StrictNamedArgs{
		"client": f.Client, "rep": f.Rep, "search": f.Search, "sequence": f.Sequence, "kind": f.Kind, "channel": f.Channel, "unsent": f.Unsent,
		"since": f.Since, "until": f.Until, "after": f.After, "after_tie": tie(f.AfterID), "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing touches: %w", err)
	}
	return list, nil
}

// tie orders touches of the same instant: an id with its number in full width.
func tie(id string) string {
	if len(id) < 2 || len(id) > 20 {
		return id
	}
	return id[:1] + strings.Repeat("0", 20-len(id)) + id[1:]
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

// InsertTouch writes a touch and returns its id in the ledger. ErrNotFound: there is
// no such client any more.
func InsertTouch(ctx context.Context, db DB, t NewTouch) (string, error) {
	var id int64
	err := db.QueryRow(ctx, `
		INSERT INTO touches (client_id, kind, channel, at, actor, enrollment_id, message_id, rep_id, data)
		SELECT c.id, @kind, @channel, @at, @actor, @enrollment_id, @message_id, @rep_id, @data
		FROM (SELECT id FROM clients WHERE id = @client_id FOR KEY SHARE) AS c RETURNING id`, pgx.StrictNamedArgs{
		"client_id": t.ClientID, "kind": t.Kind, "channel": t.Channel, "at": t.At, "actor": t.Actor,
		"enrollment_id": t.EnrollmentID, "message_id": t.MessageID, "rep_id": t.RepID, "data": jsonText(t.Data, "{}"),
	}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("writing a touch: %w", err)
	}
	return fmt.Sprintf("t%d", id), nil
}
