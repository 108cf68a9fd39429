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
// same commit, at the latest. Outcomes other than "sent" are written in a
// transaction of their own before; once they are, they are taken out of b, so that
// b can be tried again after an error.
func (e *Engine) Commit(ctx context.Context, b *Batch) (map[*Letter]store.ContentRef, error) {
	sent, others := split(b.Results)
	if len(others) > 0 {
		if err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error { return e.settle(ctx, tx, others) }); err != nil {
			return nil, fmt.Errorf("committing %d outcomes: %w", len(others), err)
		}
		b.Results = sent
	}
	group := store.GroupCommit{
		Now: b.Now, Settled: b.Settled, Unsure: b.Unsure, Open: b.Open, Waited: []string{waitsForPriority}, WorkerID: b.WorkerID, Sent: make([]store.Settlement, len(b.Results)),
	}
	for i, r := range b.Results {
		group.Sent[i] = settlement(r)
		if group.Sent[i].EndReason != "" {
			group.Ended = append(group.Ended, r.Letter.ClientID)
		}
		if r.Letter.counted {
			group.Touched = append(group.Touched, r.Letter.ClientID)
		}
		if r.Letter.heard {
			group.Heard = append(group.Heard, r.Letter.ClientID)
		}
	}
	group.Wanted = make([]store.Transmit, len(b.Wanted))
	for i, l := range b.Wanted {
		group.Wanted[i] = store.Transmit{
			Content: l.Content, MessageID: l.MessageID, ChunkID: l.Chunk.ID, Fence: l.Chunk.Fence, Sequence: l.Version.Sequence.Name,
		}
		if i == 0 {
			group.Consents = l.consents
		} else if !slices.Equal(group.Consents, l.consents) { // claimed before and after a publication: what both allow
			group.Consents = slices.DeleteFunc(slices.Clone(group.Consents), func(basis string) bool { return !slices.Contains(l.consents, basis) })
		}
	}
	transmission, err := store.CommitGroup(ctx, e.DB, group)
	if err != nil {
		return nil, err
	}
	passed := passes(b.Wanted, transmission)
	e.forgetRefused(ctx, b.Wanted, passed, transmission.ID)
	return passed, nil
}

// forgetRefused empties what letters would have said that were refused in a commit
// where others passed.
func (e *Engine) forgetRefused(ctx context.Context, wanted []*Letter, passed map[*Letter]store.ContentRef, contentID int64) {
	if contentID == 0 || len(passed) == len(wanted) {
		return
	}
	for i, l := range wanted {
		if _, ok := passed[l]; ok {
			continue
		}
		if err := store.ForgetContent(ctx, e.DB, store.ContentRef{ContentID: contentID, Place: i + 1}); err != nil {
			e.Log.Error("a letter that did not go was not forgotten", "message_id", l.MessageID, "err", err)
		}
	}
}

// split tells letters that were sent, almost all of them, from all other outcomes.
func split(results []Result) (sent, others []Result) {
	for i, r := range results {
		if r.plain() {
			continue
		}
		sent = slices.Clone(results[:i])
		for _, r := range results[i:] {
			if r.plain() {
				sent = append(sent, r)
			} else {
				others = append(others, r)
			}
		}
		return sent, others
	}
	return results, nil
}

func (r Result) plain() bool {
	return r.State == Sent && !r.Bare && r.Content.ContentID != 0 && r.Letter.Step != store.HandoverStep
}

func passes(wanted []*Letter, t store.Transmission) map[*Letter]store.ContentRef {
	type claimed struct{ message, fence int64 }
	letter := make(map[claimed]*Letter, len(wanted))
	for _, l := range wanted {
		letter[claimed{l.MessageID, l.Chunk.Fence}] = l
	}
	passed := make(map[*Letter]store.ContentRef, len(t.MessageIDs))
	for i, id := range t.MessageIDs {
		passed[letter[claimed{id, t.Fences[i]}]] = store.ContentRef{ContentID: t.ID, Place: int(t.Places[i])}
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
	var held, heard []int64
	for i, r := range results {
		if r.State == Sent && r.Letter.heard {
			heard = append(heard, r.Letter.ClientID)
		}
		switch {
		case r.Invalid:
			err = e.bounced(ctx, tx, r)
		case r.State == Unconfirmed:
			held = append(held, r.Letter.ClientID)
		case settlements[i].State == PutOff && r.Content.ContentID != 0:
			err = store.ForgetContent(ctx, tx, r.Content)
		}
		if err != nil {
			return err
		}
	}
	if len(heard) > 0 {
		if err := store.NoteHappened(ctx, tx, heard); err != nil {
			return err
		}
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	return e.afterEnd(ctx, tx, append(held, ended...), now)
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

// afterEnd lets what waited for enrollments that have ended, or are held, go on, and
// has the clients reviewed: a date to start again may be set now, and what the
// planner is just parking behind them is found.
func (e *Engine) afterEnd(ctx context.Context, tx pgx.Tx, clients []int64, now time.Time) error {
	if len(clients) == 0 {
		return nil
	}
	if err := store.WakeEnrollments(ctx, tx, clients, []string{waitsForPriority}, now); err != nil {
		return err
	}
	return store.ReviewClients(ctx, tx, clients, now)
}
