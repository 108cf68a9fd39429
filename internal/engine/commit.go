package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/inbound"
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
	results = slices.Clone(results)
	for i := range results {
		r := &results[i]
		settlements[i] = settlement(*r)
		if r.State == PutOff && settlements[i].State == Failed && r.Class != "" {
			r.State = Failed // given up
		}
		if r.condemning() {
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
		case r.condemning():
			err = e.refusedAtOnce(ctx, tx, r)
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

// refusedAtOnce suppresses an address that does not exist, or that has refused several
// letters in a row without a word why. One who was erased is gone.
func (e *Engine) refusedAtOnce(ctx context.Context, tx pgx.Tx, r Result) error {
	address := r.Letter.Client.Address
	client, err := store.ClientByID(ctx, tx, r.Letter.ClientID)
	if isNotFound(err) && r.Invalid {
		_, err = store.Suppress(ctx, tx, store.Suppression{Address: address, Reason: endedBounced, Source: fromServer, CreatedAt: r.At})
		return err
	}
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !r.Invalid {
		if condemned, err := condemns(ctx, tx, client.ID, address, r.Letter.MessageID); err != nil || !condemned {
			return err
		}
	}
	letter := &store.ToldLetter{MessageID: r.Letter.MessageID, EnrollmentID: r.Letter.EnrollmentID, ClientID: client.ID, Recipient: address, At: r.At, SentAt: &r.At}
	s := &stop{engine: e, tx: tx, client: client}
	report := Report{Source: fromServer, Event: inbound.Event{Kind: inbound.Bounced, Class: r.classOf(), Permanent: true, Diagnostic: r.Response}}
	if r.Invalid && !isDead(report.Class) {
		report.Class = inbound.ClassInvalid
	}
	b := bounceOf(&report)
	if _, err := s.tellBounce(ctx, &b, report.touch(letter, r.At, "server")); err != nil {
		return err
	}
	if err := s.condemn(ctx, letter, fromServer, r.At); err != nil {
		return err
	}
	return s.told(ctx, r.At)
}

// fromServer is the source of suppressions by what a mail server answered at once.
const fromServer = "smtp"

// classOf is why a letter was refused; unknown if a server refused it without a class.
func (r *Result) classOf() string {
	if r.Class == "" && r.Attempted {
		return classUnknown
	}
	return r.Class
}

// condemning reports whether a refusal may cost the address: it was for good, and the
// mailbox is gone, or full, or nobody knows why.
func (r *Result) condemning() bool {
	return r.Invalid || r.State == Failed && r.Attempted && !r.Bare && counts(r.classOf(), true)
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
