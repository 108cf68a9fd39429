package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// Batch is a group commit: outcomes of letters, and letters that want to pass T2,
// of all connections of a process.
type Batch struct {
	Results []Result
	Wanted  []*Letter
	// Settled are transmissions all of whose letters have been settled.
	Settled []int64
	// Now is business time, for what Wanted is checked against.
	Now time.Time
}

// Commit writes a batch in one transaction and returns which transmission each
// letter that passed is in: a letter that was claimed twice passes under the fence
// in force only. Outcomes are written first: a letter that passes on a
// connection has the one before it settled in the same commit, at the latest.
func (e *Engine) Commit(ctx context.Context, b Batch) (map[*Letter]int64, error) {
	passed := make(map[*Letter]int64, len(b.Wanted))
	settlements := make([]store.Settlement, len(b.Results))
	for i, r := range b.Results {
		settlements[i] = settlement(r)
	}
	err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		clear(passed)
		if addresses := b.addresses(); len(addresses) > 0 {
			if err := store.LockAddresses(ctx, tx, addresses); err != nil {
				return err
			}
		}
		if len(settlements) > 0 {
			if err := e.settle(ctx, tx, b.Results, settlements); err != nil {
				return err
			}
		}
		if len(b.Wanted) > 0 {
			if err := e.transmit(ctx, tx, b, passed); err != nil {
				return err
			}
		}
		if len(b.Settled) > 0 {
			return store.EndTransmissions(ctx, tx, b.Settled)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("committing %d outcomes and %d letters: %w", len(b.Results), len(b.Wanted), err)
	}
	return passed, nil
}

// addresses are those that this batch must hold against stops: of letters about
// to go, and of those found not to exist.
func (b Batch) addresses() []string {
	addresses := make([]string, 0, len(b.Wanted))
	for _, l := range b.Wanted {
		addresses = append(addresses, l.Client.Address)
	}
	for _, r := range b.Results {
		if r.Invalid {
			addresses = append(addresses, r.Letter.Client.Address)
		}
	}
	return addresses
}

func (e *Engine) settle(ctx context.Context, tx pgx.Tx, results []Result, settlements []store.Settlement) error {
	ended, err := store.Settle(ctx, tx, settlements)
	if err != nil {
		return err
	}
	if err := e.noteRejections(ctx, tx, results); err != nil {
		return err
	}
	var held []int64
	for _, r := range results {
		switch {
		case r.Bare:
		case r.Invalid:
			err = e.bounced(ctx, tx, r)
		case r.State == Unconfirmed:
			held = append(held, r.Letter.ClientID)
		}
		if err != nil {
			return err
		}
	}
	if len(ended)+len(held) == 0 {
		return nil
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	if err := store.WakeEnrollments(ctx, tx, held, []string{waitsForPriority}, now); err != nil {
		return err
	}
	return e.afterEnd(ctx, tx, ended, now)
}

// bounced suppresses an address that does not exist. A client who has another one
// by now goes on; one who was erased is gone.
func (e *Engine) bounced(ctx context.Context, tx pgx.Tx, r Result) error {
	client, err := store.ClientByID(ctx, tx, r.Letter.ClientID)
	if err == nil && client.Address == r.Letter.Client.Address {
		s := &stop{engine: e, tx: tx, client: client}
		return s.suppress(ctx, endedBounced, "smtp", &r.Letter.MessageID, client.Address)
	}
	if err != nil && !isNotFound(err) {
		return err
	}
	_, err = store.Suppress(ctx, tx, store.Suppression{
		Address: r.Letter.Client.Address, Reason: endedBounced, Source: "smtp", CreatedAt: r.At,
	})
	return err
}

// afterEnd lets what waited for enrollments that have ended go on, and has the
// clients reviewed: a date to start again may be set now.
func (e *Engine) afterEnd(ctx context.Context, tx pgx.Tx, clients []int64, now time.Time) error {
	if len(clients) == 0 {
		return nil
	}
	if err := store.WakeEnrollments(ctx, tx, clients, []string{waitsForPriority}, now); err != nil {
		return err
	}
	return store.ReviewClients(ctx, tx, clients, now)
}

func (e *Engine) transmit(ctx context.Context, tx pgx.Tx, b Batch, passed map[*Letter]int64) error {
	letters := b.Wanted
	wanted := make([]store.Transmit, len(letters))
	for i, l := range letters {
		wanted[i] = store.Transmit{Content: l.Content, MessageID: l.MessageID, ChunkID: l.Chunk.ID, Fence: l.Chunk.Fence, Address: l.Client.Address}
	}
	transmissions, err := store.BeginTransmissions(ctx, tx, b.Now, letters[0].consents, wanted)
	if err != nil {
		return err
	}
	type claimed struct{ message, fence int64 }
	letter := make(map[claimed]*Letter, len(letters))
	for _, l := range letters {
		letter[claimed{l.MessageID, l.Chunk.Fence}] = l
	}
	for _, t := range transmissions {
		for _, id := range t.MessageIDs {
			passed[letter[claimed{id, t.Fence}]] = t.ID
		}
	}
	return nil
}
