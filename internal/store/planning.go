package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// The planner reads by the thousand: its rows have what decisions look at, and no
// more.

// HoldClients keeps the clients' rows from being changed until the transaction
// ends and returns them, with what the planner looks at: address, company, owner,
// stage, consent, time zone, next review, and what steps go by. Those that are being changed at this
// moment are left out.
func HoldClients(ctx context.Context, db DB, ids []int64) ([]Client, error) {
	rows, err := db.Query(ctx, `
		SELECT c.id, c.address, c.company, c.company_id, coalesce(o.email, ''), c.stage, c.consent_basis, c.time_zone, c.review_at,
			c.external_id, c.owner_id, c.category, c.temperature, c.last_purchase_at`+clientTables+`
		WHERE c.id = ANY($1) ORDER BY c.id FOR SHARE OF c SKIP LOCKED`, ids)
	clients, err := scan(rows, err, len(ids), func(c *Client) []any {
		return []any{&c.ID, &c.Address, &c.Company, &c.CompanyID, &c.Owner, &c.Stage, &c.ConsentBasis, &c.TimeZone, &c.ReviewAt,
			&c.ExternalID, &c.OwnerID, &c.Category, &c.Temperature, &c.LastPurchaseAt}
	})
	if err != nil {
		return nil, fmt.Errorf("holding %d clients: %w", len(ids), err)
	}
	return clients, nil
}

// OpenEnrollmentsByDate returns the enrollments of the clients that have not ended,
// those that are due first, by date, but for the client's name and how they began.
// Whoever holds the clients keeps others from stopping them.
func OpenEnrollmentsByDate(ctx context.Context, db DB, clientIDs []int64) ([]Enrollment, error) {
	rows, err := db.Query(ctx, `
		SELECT e.id, e.client_id, e.sequence_id, s.name, e.version_id, e.state, e.priority, e.last_step, e.next_step, e.next_at, e.waiting, e.waiting_detail,
			e.due_at, e.lanes, e.offer_name, e.offer_expires_at, e.anchor_at, e.edited
		FROM enrollments e JOIN sequences s ON s.id = e.sequence_id
		WHERE e.client_id = ANY($1) AND e.state <> 'ended' ORDER BY e.next_at, e.id`, clientIDs)
	list, err := scan(rows, err, len(clientIDs), func(e *Enrollment) []any {
		return []any{
			&e.ID, &e.ClientID, &e.SequenceID, &e.Sequence, &e.VersionID, &e.State, &e.Priority, &e.LastStep, &e.NextStep, &e.NextAt, &e.Waiting, &e.WaitingDetail,
			&e.DueAt, &e.Lanes, &e.OfferName, &e.OfferExpiresAt, &e.AnchorAt, &e.Edited,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("loading open enrollments by date: %w", err)
	}
	return list, nil
}

// scan is all for queries that return thousands of rows: the fields are named here
// instead of being looked up.
func scan[T any](rows pgx.Rows, err error, about int, fields func(*T) []any) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := make([]T, 0, about)
	var row T
	into := fields(&row)
	for rows.Next() {
		row = *new(T)
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}
