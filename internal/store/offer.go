package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Offer is a limited offer as one letter makes it, or reminds of it.
type Offer struct {
	Name      string    `json:"name"`
	ExpiresAt time.Time `json:"expires_at"`
	Links     []int     `json:"links"` // that take it up, by index
}

// offers are those of the letters that are about one, by place.
func offers(wanted []Transmit) []*Offer {
	if !slices.ContainsFunc(wanted, func(t Transmit) bool { return t.Offer != nil }) {
		return nil
	}
	return column(wanted, func(t Transmit) *Offer { return t.Offer })
}

// keepOffers has enrollments remember the offers of letters that went, or may have:
// later letters show the same deadline.
const keepOffers = `
	UPDATE enrollments e SET offer_name = c.offers->(m.content_place - 1)->>'name', offer_expires_at = (c.offers->(m.content_place - 1)->>'expires_at')::timestamptz
	FROM messages m JOIN contents c ON c.id = m.content_id
	WHERE m.id = ANY($1::bigint[]) AND e.id = m.enrollment_id AND m.state IN ('sent', 'unconfirmed') AND c.offers->(m.content_place - 1)->'name' IS NOT NULL`

// ofOffers are the letters that are about an offer.
func ofOffers(list []Settlement) []int64 {
	var ids []int64
	for _, s := range list {
		if s.Offer {
			ids = append(ids, s.MessageID)
		}
	}
	return ids
}

// keepDoubtfulOffers is keepOffers for the letters of a worker's transmissions.
func keepDoubtfulOffers(ctx context.Context, tx pgx.Tx, workerID int32) error {
	var ids []int64
	err := tx.QueryRow(ctx, `
		SELECT coalesce(array_agg(m), '{}') FROM transmissions t JOIN contents c ON c.id = t.id, unnest(t.message_ids) AS m
		WHERE t.worker_id = $1 AND c.offers IS NOT NULL`, workerID).Scan(&ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, keepOffers, ids); err != nil {
		return fmt.Errorf("keeping the offers of %d letters: %w", len(ids), err)
	}
	return nil
}
