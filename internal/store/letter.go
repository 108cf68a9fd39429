package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Message is one letter as people see it.
type Message struct {
	ID           int64
	EnrollmentID int64
	ClientID     int64
	Client       string // external id
	Name         string
	Recipient    string // the address it went to, or else the client's
	Sequence     string
	Step         string
	Template     string
	Sender       string
	Subject      string
	State        string // with claimed and transmitting, which no row holds
	Reason       string
	DueAt        time.Time
	SentAt       *time.Time
	Response     string
	Attempts     int
	Until        *time.Time // a deferral's end
}

// messageColumns works out the states that are not written in the row: claimed
// when a worker has the chunk, transmitting when T2 let the letter through.
const messageColumns = `
	m.id, m.enrollment_id, m.client_id, c.external_id AS client, concat_ws(' ', nullif(c.first_name, ''), nullif(c.last_name, '')) AS name,
	coalesce(nullif(said.recipients[m.content_place], ''), nullif(m.recipient, ''), c.address) AS recipient, s.name AS sequence, m.step, m.template, m.sender,
	coalesce(said.subjects[m.content_place], m.subject) AS subject,
	CASE WHEN m.state <> 'planned' OR k.worker_id IS NULL THEN m.state
	     WHEN ` + onTheWire + ` THEN 'transmitting'
	     ELSE 'claimed' END AS state,
	CASE WHEN m.state = 'planned' AND k.waiting <> '' THEN k.waiting ELSE m.reason END AS reason,
	m.due_at, m.sent_at, m.response, m.attempts, d.until
	FROM messages m
	JOIN enrollments e ON e.id = m.enrollment_id
	JOIN sequences s ON s.id = e.sequence_id
	JOIN clients c ON c.id = m.client_id
	LEFT JOIN contents said ON said.id = m.content_id
	LEFT JOIN chunks k ON k.id = m.chunk_id AND m.state = 'planned'
	LEFT JOIN deferred d ON d.message_id = m.id `

// MessageByID finds a letter.
func MessageByID(ctx context.Context, db DB, id int64) (Message, error) {
	m, err := one[Message](db.Query(ctx, "SELECT"+messageColumns+"WHERE m.id = $1", id))
	if err != nil {
		return m, fmt.Errorf("loading message %d: %w", id, err)
	}
	return m, nil
}

// MessageFilter narrows a list; zero fields do not.
type MessageFilter struct {
	Client   string
	Sequence string
	Sender   string
	State    string
	Since    *time.Time
	Before   int64
	Limit    int
}

// ListMessages returns letters, newest first.
func ListMessages(ctx context.Context, db DB, f MessageFilter) ([]Message, error) {
	list, err := all[Message](db.Query(ctx, "SELECT * FROM (SELECT"+messageColumns+`
		WHERE (@client = '' OR c.external_id = @client) AND (@sequence = '' OR s.name = @sequence) AND (@sender = '' OR m.sender = @sender)
		  AND (@since::timestamptz IS NULL OR m.at >= @since) AND (@before::bigint = 0 OR m.id < @before)
		) AS letters WHERE (@state = '' OR state = @state)
		ORDER BY id DESC LIMIT @limit`, pgx.StrictNamedArgs{
		"client": f.Client, "sequence": f.Sequence, "sender": f.Sender, "state": f.State, "since": f.Since, "before": f.Before, "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing messages: %w", err)
	}
	return list, nil
}

// CountMessages counts letters by the state in their row.
func CountMessages(ctx context.Context, db DB) (map[string]int, error) {
	rows, err := db.Query(ctx, "SELECT state, count(*) FROM messages GROUP BY state")
	if err != nil {
		return nil, fmt.Errorf("counting messages: %w", err)
	}
	counts := make(map[string]int)
	var state string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { counts[state] = n; return nil }); err != nil {
		return nil, fmt.Errorf("counting messages: %w", err)
	}
	return counts, nil
}

// Source is what rebuilds a letter byte for byte.
type Source struct {
	Fixed    []byte
	Personal []byte
}

// MessageSource returns a letter's fixed and personal parts; ErrNotFound if it
// never went out.
func MessageSource(ctx context.Context, db DB, id int64) (Source, error) {
	s, err := one[Source](db.Query(ctx, `
		SELECT l.fixed, c.personals[m.content_place] AS personal
		FROM messages m JOIN contents c ON c.id = m.content_id JOIN letters l ON l.hash = c.letter_hashes[m.content_place]
		WHERE m.id = $1 AND c.personals[m.content_place] <> ''`, id))
	if err != nil {
		return s, fmt.Errorf("loading the source of message %d: %w", id, err)
	}
	return s, nil
}

// Destination is where a link of a letter leads.
type Destination struct {
	URL string
	// OfferEnds is when the offer ends that the link takes up; nil for all others.
	OfferEnds *time.Time
}

// DestinationOf looks up a link of a letter, or returns ErrNotFound.
func DestinationOf(ctx context.Context, db DB, messageID int64, link int) (Destination, error) {
	var d Destination
	err := db.QueryRow(ctx, `
		SELECT coalesce(nullif(c.destinations->(m.content_place - 1)->>$2::int, ''), l.destinations[$2 + 1], ''),
			CASE WHEN c.offers->(m.content_place - 1)->'links' @> to_jsonb($2::int) THEN (c.offers->(m.content_place - 1)->>'expires_at')::timestamptz END
		FROM messages m JOIN contents c ON c.id = m.content_id JOIN letters l ON l.hash = c.letter_hashes[m.content_place] WHERE m.id = $1`,
		messageID, link).Scan(&d.URL, &d.OfferEnds)
	if err != nil && err != pgx.ErrNoRows {
		return Destination{}, fmt.Errorf("looking up a link of message %d: %w", messageID, err)
	}
	if d.URL == "" {
		return Destination{}, fmt.Errorf("looking up a link of message %d: %w", messageID, ErrNotFound)
	}
	return d, nil
}

// SendersOf returns the address that each of the letters comes from; letters that
// do not exist are left out.
func SendersOf(ctx context.Context, db DB, ids []int64) (map[int64]string, error) {
	rows, err := db.Query(ctx, "SELECT id, sender FROM messages WHERE id = ANY($1)", ids)
	if err != nil {
		return nil, fmt.Errorf("loading senders: %w", err)
	}
	senders := make(map[int64]string, len(ids))
	var id int64
	var sender string
	if _, err := pgx.ForEachRow(rows, []any{&id, &sender}, func() error { senders[id] = sender; return nil }); err != nil {
		return nil, fmt.Errorf("loading senders: %w", err)
	}
	return senders, nil
}

// OtherLetter is a letter that has gone to a client, or is on its way. One that hands
// him over is out of turn: its EnrollmentID is negative.
type OtherLetter struct {
	ClientID     int64
	EnrollmentID int64
	At           time.Time
}

// LettersSince returns the letters to clients that went, or are planned, since a
// time, the latest of each enrollment.
func LettersSince(ctx context.Context, db DB, clientIDs []int64, since, now time.Time) ([]OtherLetter, error) {
	list, err := all[OtherLetter](db.Query(ctx, `
		SELECT client_id, CASE WHEN step = 'handover' THEN -enrollment_id ELSE enrollment_id END AS enrollment_id, max(CASE WHEN state = 'planned' THEN greatest(at, $3) ELSE coalesce(sent_at, at) END) AS at FROM messages
		WHERE client_id = ANY($1) AND (at > $2 AND state IN ('sent', 'unconfirmed') OR state = 'planned') GROUP BY 1, 2`, clientIDs, since, now))
	if err != nil {
		return nil, fmt.Errorf("finding recent letters: %w", err)
	}
	return list, nil
}

// LastSent is when the last letter went to a client; nil before the first.
func LastSent(ctx context.Context, db DB, clientID int64) (*time.Time, error) {
	var at *time.Time
	err := db.QueryRow(ctx, "SELECT max(sent_at) FROM messages WHERE client_id = $1 AND state = 'sent'", clientID).Scan(&at)
	if err != nil {
		return nil, fmt.Errorf("finding the last letter to client %d: %w", clientID, err)
	}
	return at, nil
}
