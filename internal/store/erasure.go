package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Erase removes a client with everything that names him. What stays is the
// suppression of his address, so that he is not mailed again by mistake, and for
// each of his letters a hash, so that he can still unsubscribe.
func Erase(ctx context.Context, db DB, id int64) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH deleted AS (DELETE FROM messages WHERE client_id = $1 RETURNING id, recipient, content_id, content_place, chunk_id),
			gone AS ( -- one that is on the wire says what it says already
				SELECT m.id, m.recipient, coalesce(m.content_id, t.id) AS content_id, coalesce(m.content_place, t.places[array_position(t.message_ids, m.id)]) AS content_place
				FROM deleted m LEFT JOIN transmissions t ON m.id = ANY(t.message_ids) AND t.chunk_ids[array_position(t.message_ids, m.id)] = m.chunk_id
			),
			letters AS (
				SELECT gone.id, coalesce(said.recipients[content_place], recipient) AS recipient FROM gone LEFT JOIN contents said ON said.id = content_id
			), kept AS (
				INSERT INTO erased_letters (message_id, address_hash) SELECT id, address_hash(recipient) FROM letters WHERE recipient <> ''
			), emptied AS (
				UPDATE contents c SET
					subjects = ARRAY(SELECT CASE WHEN i = ANY(m.places) THEN '' ELSE v END FROM unnest(c.subjects) WITH ORDINALITY AS u(v, i) ORDER BY i),
					recipients = ARRAY(SELECT CASE WHEN i = ANY(m.places) THEN '' ELSE v END FROM unnest(c.recipients) WITH ORDINALITY AS u(v, i) ORDER BY i),
					personals = ARRAY(SELECT CASE WHEN i = ANY(m.places) THEN '' ELSE v END FROM unnest(c.personals) WITH ORDINALITY AS u(v, i) ORDER BY i),
					destinations = (SELECT jsonb_agg(CASE WHEN i = ANY(m.places) THEN 'null' ELSE v END ORDER BY i) FROM jsonb_array_elements(c.destinations) WITH ORDINALITY AS u(v, i)),
					offers = (SELECT jsonb_agg(CASE WHEN i = ANY(m.places) THEN 'null' ELSE v END ORDER BY i) FROM jsonb_array_elements(c.offers) WITH ORDINALITY AS u(v, i))
				FROM (SELECT content_id, array_agg(content_place) AS places FROM gone GROUP BY content_id) AS m WHERE c.id = m.content_id
			)
			SELECT id FROM gone`, id)
		if err != nil {
			return err
		}
		letters, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		// Hits that are being recorded found his letters still there: they are waited
		// for, so that nothing of theirs is left behind.
		if _, err := tx.Exec(ctx, "LOCK TABLE hits IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return err
		}
		for _, sql := range []string{
			"DELETE FROM hits WHERE message_id = ANY($1)",
			"DELETE FROM hits_due WHERE message_id = ANY($1)",
			"DELETE FROM deferred WHERE message_id = ANY($1)",
			"DELETE FROM evidence WHERE message_id = ANY($1)",
			"DELETE FROM unconfirmed WHERE message_id = ANY($1)",
		} {
			if _, err := tx.Exec(ctx, sql, letters); err != nil {
				return err
			}
		}
		for _, sql := range []string{
			"DELETE FROM touches WHERE client_id = $1",
			"DELETE FROM consents WHERE client_id = $1",
			"DELETE FROM next_calls WHERE client_id = $1",
			"DELETE FROM tasks WHERE client_id = $1",
			"DELETE FROM decisions WHERE client_id = $1",
			"DELETE FROM happened WHERE client_id = $1",
			"DELETE FROM handovers WHERE client_id = $1",
			"DELETE FROM absences WHERE client_id = $1",
			"DELETE FROM preferences WHERE client_id = $1",
			"DELETE FROM clients WHERE id = $1",
		} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erasing client %d: %w", id, err)
	}
	return nil
}

// IsErased reports whether a letter went to a client who has been erased.
func IsErased(ctx context.Context, db DB, messageID int64) (bool, error) {
	var erased bool
	err := db.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM erased_letters WHERE message_id = $1)", messageID).Scan(&erased)
	if err != nil {
		return false, fmt.Errorf("looking for erased message %d: %w", messageID, err)
	}
	return erased, nil
}

// Refuse notes why whoever got an erased client's letter must not be mailed, and
// returns the clients who have that address by now. ErrNotFound: no such letter.
func Refuse(ctx context.Context, db DB, messageID int64, reason, source string, now time.Time) ([]int64, error) {
	tag, err := db.Exec(ctx, `
		INSERT INTO refusals AS r (address_hash, created_at, reason, source) SELECT address_hash, $2, $3, $4 FROM erased_letters WHERE message_id = $1
		ON CONFLICT (address_hash) DO UPDATE SET reason = CASE WHEN `+stronger("excluded", "r")+` THEN excluded.reason ELSE r.reason END`, messageID, now, reason, source)
	if err != nil {
		return nil, fmt.Errorf("noting a refusal: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil, fmt.Errorf("noting a refusal: %w", ErrNotFound)
	}
	rows, err := db.Query(ctx, `
		SELECT c.id FROM clients c
		WHERE c.address <> '' AND address_hash(c.address) = (SELECT address_hash FROM erased_letters WHERE message_id = $1)`, messageID)
	if err != nil {
		return nil, fmt.Errorf("finding who refuses: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("finding who refuses: %w", err)
	}
	return ids, nil
}

// SuppressRefused suppresses those of the addresses that refused after an erasure.
func SuppressRefused(ctx context.Context, db DB, addresses []string, now time.Time) error {
	_, err := db.Exec(ctx, `
		INSERT INTO suppressions (address, reason, source, created_at)
		SELECT a, r.reason, r.source, $2 FROM unnest($1::text[]) AS a JOIN refusals r ON r.address_hash = address_hash(a)
		WHERE a <> '' AND EXISTS (SELECT 1 FROM refusals)
		ON CONFLICT (address, scope) DO NOTHING`, addresses, now)
	if err != nil {
		return fmt.Errorf("suppressing who refused: %w", err)
	}
	return nil
}
