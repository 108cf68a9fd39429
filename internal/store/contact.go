package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Contact is a letter to a client, or a rep's touch, as caps count them.
type Contact struct {
	ClientID     int64
	Company      string // the key of CompanyKey
	EnrollmentID int64  // 0 for a rep's touch; negative for a handover letter, which is out of turn
	MessageID    int64
	At           time.Time // of a letter on its way: now
}

// contactRows counts letters on their way as of now: when they will have gone is
// not known, and they must not slip out of a cap meanwhile.
const contactRows = `
	SELECT c.id AS client_id, company_key(c.company_id, c.address) AS company, CASE WHEN m.step = 'handover' THEN -m.enrollment_id ELSE m.enrollment_id END AS enrollment_id, m.id AS message_id,
		CASE WHEN m.state = 'planned' THEN @now::timestamptz ELSE coalesce(m.sent_at, m.at) END AS at
	FROM clients c JOIN messages m ON m.client_id = c.id
	WHERE %[1]s AND m.state IN ('planned', 'sent', 'unconfirmed') AND (m.state = 'planned' OR coalesce(m.sent_at, m.at) > @since)
	UNION ALL
	SELECT c.id, company_key(c.company_id, c.address), 0, 0, t.at
	FROM clients c JOIN touches t ON t.client_id = c.id AND t.at > @since
	WHERE %[1]s AND t.actor = 'rep' AND t.channel IN ('email', 'call', 'meeting', 'message')
	ORDER BY at`

// ContactsWith returns letters to clients and touches of reps with them since a
// time, by time.
func ContactsWith(ctx context.Context, db DB, clientIDs []int64, since, now time.Time) ([]Contact, error) {
	list, err := all[Contact](db.Query(ctx, fmt.Sprintf(contactRows, "c.id = ANY(@clients)"),
		pgx.StrictNamedArgs{"clients": clientIDs, "since": since, "now": now}))
	if err != nil {
		return nil, fmt.Errorf("finding contacts with %d clients: %w", len(clientIDs), err)
	}
	return list, nil
}

// ContactsAt is ContactsWith for all clients of companies, by their keys.
func ContactsAt(ctx context.Context, db DB, companies []string, since, now time.Time) ([]Contact, error) {
	list, err := all[Contact](db.Query(ctx, fmt.Sprintf(contactRows, "company_key(c.company_id, c.address) = ANY(@companies)"),
		pgx.StrictNamedArgs{"companies": companies, "since": since, "now": now}))
	if err != nil {
		return nil, fmt.Errorf("finding contacts at %d companies: %w", len(companies), err)
	}
	return list, nil
}

// OpenDeals returns those of the clients whose last word on a deal is that it was
// opened.
func OpenDeals(ctx context.Context, db DB, clientIDs []int64) (map[int64]bool, error) {
	rows, err := db.Query(ctx, `
		SELECT client_id FROM (
			SELECT DISTINCT ON (client_id) client_id, type FROM events
			WHERE client_id = ANY($1) AND type IN ('deal_opened', 'deal_won', 'deal_lost') ORDER BY client_id, at DESC, received_at DESC
		) AS last WHERE type = 'deal_opened'`, clientIDs)
	if err != nil {
		return nil, fmt.Errorf("finding open deals: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("finding open deals: %w", err)
	}
	open := make(map[int64]bool, len(ids))
	for _, id := range ids {
		open[id] = true
	}
	return open, nil
}
