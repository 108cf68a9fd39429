package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// Batch is a group commit: outcomes of letters, and letters that want to pass T2,
// of all connections of a process.
type Batch struct {
	Results []Result
	Wanted  []*Letter
	// Settled are transmissions all of whose letters are settled with Results.
	Settled []int64
	// Unsure says that transmissions may exist that nobody knows of, because the
	// answer to their commit was lost. Those that are not Open go.
	Unsure bool
	Open   []int64
	// Now is business time, for what Wanted is checked against.
	Now time.Time
	// WorkerID is the worker in whose hands Wanted must be.
	WorkerID int32
}

// Commit writes a batch and returns where the content of each letter that passed is kept: one that
// was claimed twice passes under the fence in force only. Outcomes are written
// first: a letter that passes on a connection has the one before it settled in the
// same commit, at the latest. Outcomes that more follows from than a date are
// written in a transaction of their own before; once they are, they are taken out
// of b, so that b can be tried again after an error.
func (e *Engine) Commit(ctx context.Context, b *Batch) (map[*Letter]store.ContentRef, error) {
	plain, momentous := split(b.Results)
	if len(momentous) > 0 {
		if err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error { return e.settle(ctx, tx, momentous) }); err != nil {
			return nil, fmt.Errorf("committing %d outcomes: %w", len(momentous), err)
		}
		b.Results = plain
	}
	group := store.GroupCommit{
		Now: b.Now, Settled: b.Settled, Unsure: b.Unsure, Open: b.Open, Waited: []string{waitsForPriority}, WorkerID: b.WorkerID, Settlements: make([]store.Settlement, len(b.Results)),
	}
	for i, r := range b.Results {
		s := settlement(r)
		group.Settlements[i] = s
		if s.EndReason != "" {
			group.Ended = append(group.Ended, r.Letter.ClientID)
		}
		if s.State == PutOff && r.Content.ContentID != 0 {
			group.Untaken = append(group.Untaken, r.Content)
		}
	}
	group.Wanted = make([]store.Transmit, len(b.Wanted))
	for i, l := range b.Wanted {
		group.Wanted[i] = store.Transmit{
			Content: l.Content, MessageID: l.MessageID, ChunkID: l.Chunk.ID, Fence: l.Chunk.Fence, Sequence: l.Version.Sequence.Name,
		}
		group.Consents = l.consents
	}
	transmission, err := store.CommitGroup(ctx, e.DB, group)
	if err != nil {
		return nil, err
	}
	return passes(b.Wanted, transmission), nil
}

// split tells outcomes that only date the next step, or end the chain, from those
// that say something about the client, the sender or the sequence.
func split(results []Result) (plain, momentous []Result) {
	for i, r := range results {
		if !r.momentous() {
			continue
		}
		plain = slices.Clone(results[:i])
		for _, r := range results[i:] {
			if r.momentous() {
				momentous = append(momentous, r)
			} else {
				plain = append(plain, r)
			}
		}
		return plain, momentous
	}
	return results, nil
}

func (r Result) momentous() bool { return !r.Bare && (r.State == Unconfirmed || r.rejected()) }

func passes(wanted []*Letter, t store.Transmission) map[*Letter]store.ContentRef {
	type claimed struct{ message, fence int64 }
	letter := make(map[claimed]*Letter, len(wanted))
	for _, l := range wanted {
		letter[claimed{l.MessageID, l.Chunk.Fence}] = l
	}
	passed := make(map[*Letter]store.ContentRef, len(t.MessageIDs))
	for i, id := range t.MessageIDs {
		passed[letter[claimed{id, t.Fences[i]}]] = store.ContentRef{ContentID: t.ID, Place: i + 1}
	}
	return passed
}

// settle writes outcomes with what follows from them.
func (e *Engine) settle(ctx context.Context, tx pgx.Tx, results []Result) error {
	var addresses []string
	settlements := make([]store.Settlement, len(results))
	for i, r := range results {
		settlements[i] = settlement(r)
		if r.Invalid {
			addresses = append(addresses, r.Letter.Client.Address)
		}
	}
	if err := store.LockAddresses(ctx, tx, addresses); err != nil {
		return err
	}
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
		case r.Invalid:
			err = e.bounced(ctx, tx, r)
		case r.State == Unconfirmed:
			held = append(held, r.Letter.ClientID)
		case r.State == PutOff && r.Content.ContentID != 0:
			err = store.ForgetContent(ctx, tx, r.Content)
		}
		if err != nil {
			return err
		}
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
