package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// HitLimit is how many of a letter's hits are judged together, the newest ones: somebody
// may ask for one link as often as he likes.
const HitLimit = 500

// TakeHitsDue takes out up to limit letters whose hits are to be judged by now.
func TakeHitsDue(ctx context.Context, db DB, now time.Time, limit int) ([]int64, error) {
	rows, err := db.Query(ctx, `
		WITH taken AS (
			DELETE FROM hits_due WHERE ctid = ANY(ARRAY(SELECT ctid FROM hits_due WHERE at <= $1 ORDER BY at LIMIT $2)) RETURNING message_id
		)
		SELECT DISTINCT message_id FROM taken ORDER BY message_id`, now, limit)
	ids, err := scan(rows, err, limit, func(id *int64) []any { return []any{id} })
	if err != nil {
		return nil, fmt.Errorf("finding letters whose hits are due: %w", err)
	}
	return ids, nil
}

// JudgeAgain has a letter's hits judged again, because something is known that was not.
// Without any it does nothing.
func JudgeAgain(ctx context.Context, db DB, messageID int64) error {
	_, err := db.Exec(ctx, "INSERT INTO hits_due (at, message_id) SELECT business_now(), $1 WHERE EXISTS (SELECT 1 FROM hits WHERE message_id = $1)", messageID)
	if err != nil {
		return fmt.Errorf("having the hits of message %d judged again: %w", messageID, err)
	}
	return nil
}

// HitLetter is what hits are judged by beside themselves.
type HitLetter struct {
	ID          int64
	SentAt      *time.Time
	DeliveredAt *time.Time
	Links       int
	// Partly says that it has hits that are not among those judged: too many, or from
	// before they were judged like this.
	Partly bool
}

// HitLetters loads letters; those that are gone are left out.
func HitLetters(ctx context.Context, db DB, ids []int64) ([]HitLetter, error) {
	rows, err := db.Query(ctx, `
		SELECT m.id, m.sent_at, (SELECT min(t.at) FROM touches t WHERE t.message_id = m.id AND t.kind = 'delivered'), coalesce(array_length(l.destinations, 1), 0),
			EXISTS (SELECT 1 FROM hits h WHERE h.message_id = m.id ORDER BY h.id DESC OFFSET $2) OR EXISTS (SELECT 1 FROM hits h WHERE h.message_id = m.id AND h.rules IS NULL)
		FROM messages m LEFT JOIN contents c ON c.id = m.content_id LEFT JOIN letters l ON l.hash = c.letter_hashes[m.content_place]
		WHERE m.id = ANY($1) ORDER BY m.id`, ids, HitLimit)
	list, err := scan(rows, err, len(ids), func(l *HitLetter) []any { return []any{&l.ID, &l.SentAt, &l.DeliveredAt, &l.Links, &l.Partly} })
	if err != nil {
		return nil, fmt.Errorf("loading %d letters with hits: %w", len(ids), err)
	}
	return list, nil
}

// KeptHit is a hit with what was made of it last.
type KeptHit struct {
	ID int64
	Hit
	Actor string // '' without a verdict
	Rules int    // that made it
}

// HitsOf loads the newest hits of letters, those of one letter together.
func HitsOf(ctx context.Context, db DB, messageIDs []int64) ([]KeptHit, error) {
	rows, err := db.Query(ctx, `
		SELECT h.id, h.message_id, h.purpose, h.link, h.at, h.method, h.user_agent, h.language, h.ahead, h.address, h.said, coalesce(h.actor, ''), h.rules
		FROM unnest($1::bigint[]) AS m(id)
		CROSS JOIN LATERAL (SELECT * FROM hits h WHERE h.message_id = m.id AND h.rules IS NOT NULL ORDER BY h.id DESC LIMIT $2) AS h
		ORDER BY h.message_id, h.id`, messageIDs, HitLimit)
	list, err := scan(rows, err, len(messageIDs), func(h *KeptHit) []any {
		return []any{&h.ID, &h.MessageID, &h.Purpose, &h.Link, &h.At, &h.Method, &h.UserAgent, &h.Language, &h.Ahead, &h.Address, &h.Said, &h.Actor, &h.Rules}
	})
	if err != nil {
		return nil, fmt.Errorf("loading the hits of %d letters: %w", len(messageIDs), err)
	}
	return list, nil
}

// SaveVerdicts writes what was made of hits.
func SaveVerdicts(ctx context.Context, db DB, hits []KeptHit) error {
	_, err := db.Exec(ctx, `
		UPDATE hits h SET actor = v.actor, rules = v.rules FROM unnest($1::bigint[], $2::text[], $3::int[]) AS v(id, actor, rules) WHERE h.id = v.id`,
		column(hits, func(h KeptHit) int64 { return h.ID }), column(hits, func(h KeptHit) string { return h.Actor }), column(hits, func(h KeptHit) int { return h.Rules }))
	if err != nil {
		return fmt.Errorf("keeping verdicts about %d hits: %w", len(hits), err)
	}
	return nil
}

// TouchVerdict is who is behind an open or a click, by all its hits.
type TouchVerdict struct {
	MessageID int64
	Kind      string
	Link      int
	Actor     string
	Why       string    // '' if there is nothing to say
	At        time.Time // of the first hit by such an actor
	First     bool      // nothing was known of it before
	Keep      bool      // a person stays one: not all hits were looked at
}

// JudgeTouches writes who is behind opens and clicks, and leaves the planner a hint about
// what is news: a first verdict, or another one. A person's is evidence that the letter
// arrived.
func JudgeTouches(ctx context.Context, db DB, list []TouchVerdict) error {
	_, err := db.Exec(ctx, `
		WITH v AS (
			SELECT * FROM unnest(@message_id::bigint[], @kind::text[], @link::int[], @actor::text[], @why::text[], @at::timestamptz[], @first::boolean[], @keep::boolean[])
				AS v(message_id, kind, link, actor, why, at, first, keep)
		), was AS ( -- in the order of RecordHits
			SELECT t.id, t.client_id, t.actor AS before, v.* FROM v
			JOIN touches t ON t.message_id = v.message_id AND t.kind = v.kind AND t.link = v.link AND t.kind IN ('opened', 'clicked')
			WHERE NOT (v.keep AND t.actor = 'human' AND v.actor <> 'human')
			ORDER BY t.message_id, t.kind, t.link FOR UPDATE OF t
		), changed AS (
			UPDATE touches t SET actor = was.actor, at = CASE WHEN was.keep THEN least(t.at, was.at) ELSE was.at END,
				data = CASE WHEN was.why = '' THEN t.data - 'why' ELSE jsonb_set(t.data, '{why}', to_jsonb(was.why)) END
			FROM was WHERE t.id = was.id AND (t.actor <> was.actor OR t.at <> was.at OR coalesce(t.data->>'why', '') <> was.why)
		), proved AS ( -- a person has it: nobody need wonder any more whether it arrived
			UPDATE unconfirmed u SET look_at = business_now() FROM was WHERE u.message_id = was.message_id AND was.actor = 'human'
		)
		INSERT INTO happened (client_id)
		SELECT DISTINCT e.client_id FROM was JOIN enrollments e ON e.client_id = was.client_id AND e.state <> 'ended'
		JOIN sequence_versions s ON s.id = e.version_id AND s.listens
		WHERE (SELECT EXISTS (SELECT 1 FROM sequence_versions WHERE listens)) AND (was.first OR was.actor <> was.before)`, pgx.StrictNamedArgs{
		"message_id": column(list, func(v TouchVerdict) int64 { return v.MessageID }),
		"kind":       column(list, func(v TouchVerdict) string { return v.Kind }),
		"link":       column(list, func(v TouchVerdict) int { return v.Link }),
		"actor":      column(list, func(v TouchVerdict) string { return v.Actor }),
		"why":        column(list, func(v TouchVerdict) string { return v.Why }),
		"at":         column(list, func(v TouchVerdict) time.Time { return v.At }),
		"first":      column(list, func(v TouchVerdict) bool { return v.First }),
		"keep":       column(list, func(v TouchVerdict) bool { return v.Keep }),
	})
	if err != nil {
		return fmt.Errorf("judging %d opens and clicks: %w", len(list), err)
	}
	return nil
}

// RejudgeHits has the next letters judged by newer rules: those of up to limit hits, from
// the newest down, as far back as since. It reports whether there are more. While earlier
// ones still wait for their verdicts it does nothing.
func RejudgeHits(ctx context.Context, tx pgx.Tx, rules int, since time.Time, limit int) (more bool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("having hits judged by newer rules: %w", err)
		}
	}()
	var by int
	var below *int64
	err = tx.QueryRow(ctx, "SELECT rules, below_id FROM hit_rules FOR UPDATE SKIP LOCKED").Scan(&by, &below)
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil // another process is at it
	}
	if err != nil || by > rules || by == rules && below == nil {
		return false, err
	}
	var busy bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM hits_due WHERE at <= business_now() OFFSET $1)", limit).Scan(&busy); err != nil || busy {
		return true, err
	}
	if by < rules { // from the beginning
		below = nil
	}
	err = tx.QueryRow(ctx, `
		WITH batch AS (
			SELECT id, message_id, rules FROM hits WHERE ($2::bigint IS NULL OR id < $2) AND at >= $3 ORDER BY id DESC LIMIT $4
		), again AS (
			INSERT INTO hits_due (at, message_id) SELECT business_now(), message_id FROM batch WHERE rules < $1 GROUP BY message_id
		)
		UPDATE hit_rules SET rules = $1, below_id = (SELECT min(id) FROM batch) RETURNING below_id`, rules, below, since, limit).Scan(&below)
	return below != nil, err
}
