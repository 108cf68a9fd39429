package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// suppressAtOnce is how many addresses one transaction locks.
const suppressAtOnce = 500

// SuppressMany puts addresses on the list, of clients or of nobody yet, and ends what
// their entries end. It returns how many entries are new; what is there already stays as
// it is, so that it may be called again after an error.
func (e *Engine) SuppressMany(ctx context.Context, list []store.Suppression) (int, error) {
	added := 0
	for batch := range slices.Chunk(list, suppressAtOnce) {
		n, err := e.suppressBatch(ctx, batch)
		if err != nil {
			return added, fmt.Errorf("suppressing %d addresses: %w", len(batch), err)
		}
		added += n
	}
	return added, nil
}

func (e *Engine) suppressBatch(ctx context.Context, list []store.Suppression) (added int, err error) {
	addresses := column(list, func(s *store.Suppression) string { return s.Address })
	err = store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		if err := store.LockAddresses(ctx, tx, addresses); err != nil {
			return err
		}
		fresh, err := store.SuppressMany(ctx, tx, list)
		if err != nil {
			return err
		}
		added = len(fresh)
		if added == 0 {
			return nil
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		return e.endSuppressed(ctx, tx, list, fresh, now)
	})
	return added, err
}

// endSuppressed ends the chains that new entries of the list end, and has the clients
// reviewed. The addresses are locked.
func (e *Engine) endSuppressed(ctx context.Context, tx pgx.Tx, list []store.Suppression, fresh map[string]bool, now time.Time) error {
	by, err := store.ClientsByAddress(ctx, tx, column(list, func(s *store.Suppression) string { return s.Address }))
	if err != nil {
		return err
	}
	entries := make(map[string][]store.Suppression) // new ones by reason
	var touched []int64
	for _, s := range list {
		client, has := by[s.Address]
		if !has || !fresh[store.SuppressionKey(s.Address, s.Scope)] {
			continue
		}
		entries[s.Reason] = append(entries[s.Reason], s)
		touched = append(touched, client)
	}
	if len(touched) == 0 {
		return nil
	}
	if _, err := store.LockClients(ctx, tx, touched); err != nil {
		return err
	}
	for reason, list := range entries {
		covered := make(map[int64]map[string]bool, len(list)) // scopes by client
		clients := make([]int64, 0, len(list))
		for _, s := range list {
			id := by[s.Address]
			if covered[id] == nil {
				covered[id] = make(map[string]bool)
				clients = append(clients, id)
			}
			covered[id][s.Scope] = true
		}
		err := e.endOpen(ctx, tx, clients, reason, func(enrollment store.Enrollment, _ *Version) bool {
			scopes := covered[enrollment.ClientID]
			return scopes[""] || scopes[enrollment.Sequence]
		})
		if err != nil {
			return err
		}
	}
	if err := store.ReviewClients(ctx, tx, touched, now); err != nil {
		return err
	}
	return store.Notify(ctx, tx, store.PlanChannel)
}

// Unsuppress takes an address off the list, in one scope or (nil) in all, because a
// person says so; the audit keeps who, when and why. The sequences of the client who has
// the address are decided anew. ErrNotFound: it was not on the list.
func (e *Engine) Unsuppress(ctx context.Context, address string, scope *string, by, why string) error {
	return store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		lifted, err := store.Unsuppress(ctx, tx, address, scope)
		if err != nil {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		for _, s := range lifted {
			entry := store.AuditEntry{At: now, Actor: by, Action: "suppression removed", Subject: address, Data: map[string]any{
				"sequence": s.Scope, "reason": s.Reason, "source": s.Source, "since": s.CreatedAt.UTC().Format(time.RFC3339), "why": why,
			}}
			if err := entry.Note(ctx, tx); err != nil {
				return err
			}
		}
		clients, err := store.ClientsByAddress(ctx, tx, []string{address})
		if err != nil || len(clients) == 0 {
			return err
		}
		if err := store.ReviewClients(ctx, tx, []int64{clients[address]}, now); err != nil {
			return err
		}
		return store.Notify(ctx, tx, store.PlanChannel)
	})
}
