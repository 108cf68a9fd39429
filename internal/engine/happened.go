package engine

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// What happens to clients reaches their sequences by hints that the planner takes
// (store.NoteHappened): whoever writes down what happened leaves one in the same
// transaction, and it costs nothing where no sequence listens. The planner is one
// at a time, and so no event is missed between looking and waiting.

// happened leaves a hint about clients to whom something has happened; touched says
// that the number of their touches has changed, which some audiences go by.
func (e *Engine) happened(ctx context.Context, tx pgx.Tx, clients []int64, touched bool, now time.Time) error {
	if err := store.NoteHappened(ctx, tx, clients); err != nil || !touched {
		return err
	}
	catalog, err := e.Catalog(ctx, tx)
	if isNotFound(err) {
		return nil // nothing is published yet
	}
	if err != nil {
		return err
	}
	if catalog.countsTouches {
		return store.ReviewClients(ctx, tx, clients, now)
	}
	return store.LookAgain(ctx, tx, clients, []string{waitsForLetters}, now)
}

// happened ends what reached its goal among the sequences of clients to whom
// something has happened, and has what waits for an event decided.
func (p *planning) happened(ctx context.Context) error {
	clients, err := store.TakeHappened(ctx, p.tx, planLimit)
	if err != nil || len(clients) == 0 {
		return err
	}
	f, err := p.factsAbout(ctx, clients)
	if err != nil {
		return err
	}
	var later []int64 // clients who are being changed at this moment
	for _, id := range clients {
		if f.clients[id] == nil {
			later = append(later, id)
		}
	}
	open := make([]*store.Enrollment, len(f.list))
	for i := range f.list {
		open[i] = &f.list[i]
	}
	if err := p.learn(ctx, open, &f); err != nil {
		return err
	}
	over := make(map[int64]string) // why an enrollment ends
	var ending, waiting []int64
	for _, e := range open {
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if err != nil {
			continue // told when its step is due
		}
		client := f.clients[e.ClientID]
		if reason := p.exit(e, version, client, &f); reason != "" {
			over[e.ID] = reason
			ending = append(ending, client.ID)
		} else if e.Waiting == waitsForEvent && e.State == "active" {
			waiting = append(waiting, e.ID)
		}
	}
	if len(ending) > 0 {
		busy, err := p.endOver(ctx, f, open, ending, over)
		if err != nil {
			return err
		}
		later = append(later, busy...)
	}
	if len(waiting) > 0 {
		if err := store.LookAtEvents(ctx, p.tx, waiting, p.now); err != nil {
			return err
		}
	}
	p.stale += max(0, len(clients)-len(later))
	if len(later) == 0 {
		return nil
	}
	return store.NoteHappened(ctx, p.tx, later)
}

// endOver ends enrollments, letters that are not on the wire included. Those of
// clients whom somebody else stops at this moment are for the next run.
func (p *planning) endOver(ctx context.Context, f facts, open []*store.Enrollment, clients []int64, over map[int64]string) (busy []int64, err error) {
	free, err := p.lockClients(ctx, f, clients)
	if err != nil {
		return nil, err
	}
	by := make(map[string][]int64)
	for _, e := range open {
		if reason := over[e.ID]; reason != "" && free[e.ClientID] != nil {
			by[reason] = append(by[reason], e.ID)
		} else if reason != "" {
			busy = append(busy, e.ClientID)
		}
	}
	for reason, ids := range by {
		if err := p.endAll(ctx, ids, reason); err != nil {
			return nil, err
		}
	}
	return busy, nil
}

// lockClients locks clients and their addresses as stops do, but waits for nobody:
// the planner holds others by now. It returns those that it got, as they are.
func (p *planning) lockClients(ctx context.Context, f facts, ids []int64) (map[int64]*store.Client, error) {
	addresses := make([]string, 0, len(ids))
	for _, id := range ids {
		if address := f.clients[id].Address; address != "" {
			addresses = append(addresses, address)
		}
	}
	locked, err := store.TryLockAddresses(ctx, p.tx, addresses)
	if err != nil {
		return nil, err
	}
	var free []int64
	for _, id := range ids {
		if address := f.clients[id].Address; address == "" || locked[address] {
			free = append(free, id)
		}
	}
	clients, err := store.TryLockClients(ctx, p.tx, free)
	if err != nil {
		return nil, err
	}
	by := make(map[int64]*store.Client, len(clients))
	for i := range clients {
		by[clients[i].ID] = &clients[i]
	}
	return by, nil
}
