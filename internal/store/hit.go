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
	Purpose   string    // "opened" or "clicked"
	Link      int       // -1 for the pixel
	At        time.Time // zero: business time at which it is recorded
	Method    string
	UserAgent string
	Address   string // truncated by policy
	Actor     string // what the rules make of it: human, machine or unknown
	// OfferExpired says that it was a link of an offer that was over.
	OfferExpired bool
}

// RecordHit is RecordHits for one.
func RecordHit(ctx context.Context, db DB, h Hit) error { return RecordHits(ctx, db, []Hit{h}) }

// RecordHits keeps the raw hits and writes or updates their touches, in one
// statement: one touch for an opened letter, one for each clicked link. The actor
// of a touch is the best of its hits: human before unknown before machine. Hits on
// letters that are gone are left out. If sequences listen, the planner gets a hint. Outside of a transaction everything is
// durable when it returns.
func RecordHits(ctx context.Context, db DB, hits []Hit) error {
	_, err := db.Exec(ctx, `
		WITH clock AS MATERIALIZED (SELECT business_now() AS now),
		h AS MATERIALIZED (
			SELECT m.id, m.client_id, m.enrollment_id, i.purpose, i.link, coalesce(i.at, clock.now) AS at, i.method, i.user_agent, i.address, i.actor, i.offer_expired
			FROM clock, unnest(@message_id::bigint[], @purpose::text[], @link::int[], @at::timestamptz[], @method::text[], @user_agent::text[],
				@address::text[], @actor::text[], @offer_expired::boolean[])
				AS i(message_id, purpose, link, at, method, user_agent, address, actor, offer_expired)
			JOIN messages m ON m.id = i.message_id
		),
		raw AS (
			INSERT INTO hits (message_id, purpose, link, at, method, user_agent, address)
			SELECT id, purpose, link, at, method, user_agent, address FROM h
		),
		noted AS (
			INSERT INTO touches AS t (client_id, kind, channel, at, actor, enrollment_id, message_id, link, data)
			SELECT client_id, purpose, 'email', min(at),
				CASE WHEN bool_or(actor = 'human') THEN 'human' WHEN bool_and(actor = 'machine') THEN 'machine' ELSE 'unknown' END,
				enrollment_id, id, link, jsonb_build_object('count', count(*)) || CASE WHEN bool_or(offer_expired) THEN '{"offer_expired": true}' ELSE '{}' END::jsonb
			FROM h GROUP BY id, client_id, enrollment_id, purpose, link
			ORDER BY id, purpose, link -- so that two processes do not wait for each other
			ON CONFLICT (message_id, kind, link) WHERE kind IN ('opened', 'clicked') DO UPDATE SET
				data = jsonb_set(t.data || excluded.data, '{count}', to_jsonb((t.data->>'count')::int + (excluded.data->>'count')::int)),
				actor = CASE WHEN excluded.actor = 'human' OR t.actor = 'machine' THEN excluded.actor ELSE t.actor END
			RETURNING client_id, message_id, actor, xmax = 0 OR actor = 'human' AS news
		),
		proved AS ( -- a person has it: nobody need wonder any more whether it arrived
			UPDATE unconfirmed u SET look_at = clock.now FROM clock, noted WHERE u.message_id = noted.message_id AND noted.actor = 'human'
		)
		INSERT INTO happened (client_id)
		SELECT DISTINCT e.client_id FROM noted JOIN enrollments e ON e.client_id = noted.client_id AND e.state <> 'ended'
		JOIN sequence_versions v ON v.id = e.version_id AND v.listens
		WHERE (SELECT EXISTS (SELECT 1 FROM sequence_versions WHERE listens)) AND noted.news`, pgx.StrictNamedArgs{
		"message_id":    column(hits, func(h Hit) int64 { return h.MessageID }),
		"purpose":       column(hits, func(h Hit) string { return h.Purpose }),
		"link":          column(hits, func(h Hit) int { return h.Link }),
		"at":            column(hits, func(h Hit) *time.Time { return unlessZero(h.At) }),
		"method":        column(hits, func(h Hit) string { return h.Method }),
		"user_agent":    column(hits, func(h Hit) string { return h.UserAgent }),
		"address":       column(hits, func(h Hit) string { return h.Address }),
		"actor":         column(hits, func(h Hit) string { return h.Actor }),
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
