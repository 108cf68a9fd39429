package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// RecordReported keeps a hit that a provider tells of, once however often it is told.
func RecordReported(ctx context.Context, db DB, h Hit) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		var known bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT 1 FROM hits WHERE message_id = $1 AND purpose = $2 AND link = $3 AND at = $4 AND method = '' AND user_agent = $5)
			FROM (SELECT id FROM messages WHERE id = $1 FOR NO KEY UPDATE) AS m`, h.MessageID, h.Purpose, h.Link, h.At, h.UserAgent).Scan(&known)
		if err == pgx.ErrNoRows || err == nil && known {
			return nil
		}
		if err != nil {
			return err
		}
		return RecordHit(ctx, tx, h)
	})
	if err != nil {
		return fmt.Errorf("recording a hit on message %d that was told of: %w", h.MessageID, err)
	}
	return nil
}

// LinkTo is the first link of a letter that leads to an address, or ErrNotFound.
func LinkTo(ctx context.Context, db DB, messageID int64, url string) (int, error) {
	var link int
	err := db.QueryRow(ctx, `
		SELECT d.place - 1 FROM messages m JOIN contents c ON c.id = m.content_id JOIN letters l ON l.hash = c.letter_hashes[m.content_place],
			unnest(l.destinations) WITH ORDINALITY AS d(url, place)
		WHERE m.id = $1 AND $2 <> '' AND coalesce(nullif(c.destinations->(m.content_place - 1)->>(d.place::int - 1), ''), d.url) = $2
		ORDER BY d.place LIMIT 1`, messageID, url).Scan(&link)
	if err == pgx.ErrNoRows {
		err = ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("finding a link of message %d by where it leads: %w", messageID, err)
	}
	return link, nil
}
