package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Hit is one request for a pixel or a link, as it came in.
type Hit struct {
	MessageID int64
	Purpose   string    // "opened", "clicked", or "honeypot" for the link that nobody can see
	Link      int       // -1 for the pixel
	At        time.Time // zero: business time at which it is recorded
	Method    string    // '' when a provider told of it
	UserAgent string
	Language  string // Accept-Language
	Ahead     string // the header by which a browser says that it only prefetches
	Address   string // truncated by policy
	Said      string // what the provider makes of it: human, machine or ''
	// OfferExpired says that it was a link of an offer that was over.
	OfferExpired bool
}

// HitsSettle is how long after a hit its letter's hits are judged (inbound.HitsSettle).
const HitsSettle = 75 * time.Second

// RecordHit is RecordHits for one.
func RecordHit(ctx context.Context, db DB, h Hit) error { return RecordHits(ctx, db, []Hit{h}) }

// RecordHits keeps the raw hits and counts them in their touches, in one statement: one
// touch for an opened letter, one for each clicked link, by somebody unknown until the
// hits are judged (TakeHitsDue). Nothing else happens before that. Hits on letters that
// are gone are left out. Outside of a transaction everything is durable when it returns.
func RecordHits(ctx context.Context, db DB, hits []Hit) error {
	_, err := db.Exec(ctx, `
		WITH clock AS MATERIALIZED (SELECT business_now() AS now),
		h AS MATERIALIZED (
			SELECT m.id, m.client_id, m.enrollment_id, i.purpose, i.link, coalesce(i.at, clock.now) AS at, i.method, i.user_agent, i.language, i.ahead,
				i.address, i.said, i.offer_expired
			FROM clock, unnest(@message_id::bigint[], @purpose::text[], @link::int[], @at::timestamptz[], @method::text[], @user_agent::text[],
				@language::text[], @ahead::text[], @address::text[], @said::text[], @offer_expired::boolean[])
				AS i(message_id, purpose, link, at, method, user_agent, language, ahead, address, said, offer_expired)
			JOIN messages m ON m.id = i.message_id
		),
		raw AS (
			INSERT INTO hits (message_id, purpose, link, at, method, user_agent, language, ahead, address, said)
			SELECT id, purpose, link, at, method, user_agent, language, ahead, address, said FROM h
		),
		judged AS (
			INSERT INTO hits_due (at, message_id) SELECT max(at) + @settle::interval, id FROM h GROUP BY id
		)
		INSERT INTO touches AS t (client_id, kind, channel, at, actor, enrollment_id, message_id, link, data)
		SELECT client_id, purpose, 'email', min(at), 'unknown',
			enrollment_id, id, link, jsonb_build_object('count', count(*)) || CASE WHEN bool_or(offer_expired) THEN '{"offer_expired": true}' ELSE '{}' END::jsonb
		FROM h WHERE purpose IN ('opened', 'clicked') GROUP BY id, client_id, enrollment_id, purpose, link
		ORDER BY id, purpose, link -- so that two processes do not wait for each other
		ON CONFLICT (message_id, kind, link) WHERE kind IN ('opened', 'clicked') DO UPDATE SET
			data = jsonb_set(t.data || excluded.data, '{count}', to_jsonb((t.data->>'count')::int + (excluded.data->>'count')::int))`, pgx.StrictNamedArgs{
		"settle":        HitsSettle,
		"message_id":    column(hits, func(h Hit) int64 { return h.MessageID }),
		"purpose":       column(hits, func(h Hit) string { return h.Purpose }),
		"link":          column(hits, func(h Hit) int { return h.Link }),
		"at":            column(hits, func(h Hit) *time.Time { return unlessZero(h.At) }),
		"method":        column(hits, func(h Hit) string { return h.Method }),
		"user_agent":    column(hits, func(h Hit) string { return h.UserAgent }),
		"language":      column(hits, func(h Hit) string { return h.Language }),
		"ahead":         column(hits, func(h Hit) string { return h.Ahead }),
		"address":       column(hits, func(h Hit) string { return h.Address }),
		"said":          column(hits, func(h Hit) string { return h.Said }),
		"offer_expired": column(hits, func(h Hit) bool { return h.OfferExpired }),
	})
	if err != nil {
		return fmt.Errorf("recording %d hits: %w", len(hits), err)
	}
	return nil
}

// unlessZero is a time as a column that may be NULL.
func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
