package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// Claim is a chunk in a worker's hands, with all that composing its letters takes.
type Claim struct {
	Chunk   store.Chunk
	Clock   store.Clock
	Letters []*Letter
}

// Letter is one claimed letter.
type Letter struct {
	store.ClaimedLetter
	Chunk  store.Chunk
	Client *store.Client
	Rep    store.User // the client's owner; zero without one
	// Previous is who looked after the client before; nil but in a handover letter.
	Previous *store.User
	From     sequences.Sender
	// Version is the sequence as the client is going through it.
	Version *Version
	// Zone is where the client lives, as far as it is known.
	Zone *time.Location

	// Content is what the letter says, once it is composed: it is kept with T2, so
	// that it is known even if nobody lives to tell how it ended.
	Content store.Content

	// Thread are the letters before it that it answers (thread: reply), the first one
	// first; none for a letter of its own.
	Thread []store.ThreadLetter

	consents []string // the bases that allow letters
	counted  bool     // audiences go by how often a client has been touched
	heard    bool     // so do sequences that wait for it, or end by it
}

// Claim is T1: it takes a chunk for a worker. It returns nil when there is
// nothing to do: the chunk is settled, or in other hands.
func (e *Engine) Claim(ctx context.Context, chunkID int64, workerID int32) (*Claim, error) {
	var claim *Claim
	err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		chunk, err := store.ClaimChunk(ctx, tx, chunkID, workerID)
		if err != nil {
			return err
		}
		claim = &Claim{Chunk: chunk}
		if claim.Clock, err = store.ReadClock(ctx, tx); err != nil {
			return err
		}
		if reason, err := pausedBecause(ctx, tx, chunk.Sender, claim.Clock.Now); err != nil || reason != "" {
			claim = nil // the planner takes its letters back
			return errors.Join(err, store.ReleaseChunk(ctx, tx, chunk, reason))
		}
		return e.load(ctx, tx, claim)
	})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claiming chunk %d: %w", chunkID, err)
	}
	return claim, nil
}

func (e *Engine) load(ctx context.Context, tx pgx.Tx, claim *Claim) error {
	catalog, err := e.Catalog(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := store.LettersOfChunk(ctx, tx, claim.Chunk)
	if err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ClientID
	}
	clients, err := store.ClientsByID(ctx, tx, ids)
	if err != nil {
		return err
	}
	byID := make(map[int64]*store.Client, len(clients))
	for i := range clients {
		byID[clients[i].ID] = &clients[i]
	}
	users, err := store.ListUsers(ctx, tx)
	if err != nil {
		return err
	}
	reps := make(map[int64]store.User, len(users))
	for _, u := range users {
		reps[u.ID] = u
	}
	previous, err := previousReps(ctx, tx, rows)
	if err != nil {
		return err
	}
	var anew []int64
	for _, row := range rows {
		client := byID[row.ClientID]
		if client == nil {
			continue // erased at this moment
		}
		letter := &Letter{ClaimedLetter: row, Chunk: claim.Chunk, Client: client, consents: catalog.Settings.Consent.Allow, counted: catalog.countsTouches, heard: catalog.hearsTouches}
		letter.Version, err = e.Version(ctx, tx, row.VersionID)
		if errors.Is(err, errContent) {
			anew = append(anew, row.MessageID) // the planner says what the matter is
			continue
		}
		if err != nil {
			return err
		}
		if letter.Client.OwnerID != nil {
			letter.Rep = reps[*letter.Client.OwnerID]
		}
		if rep, known := reps[previous[row.MessageID]]; known {
			letter.Previous = &rep
		}
		letter.From = catalog.fromOf(letter)
		if senderKey(letter.From.Email) != senderKey(claim.Chunk.Sender) {
			anew = append(anew, row.MessageID) // he has another mailbox, and limits of its own, since it was planned
			continue
		}
		letter.Zone = catalog.ZoneOf(letter.Client)
		claim.Letters = append(claim.Letters, letter)
	}
	if err := deferAnew(ctx, tx, anew, claim.Clock.Now); err != nil {
		return err
	}
	return loadThreads(ctx, tx, claim.Letters)
}

// previousReps are the reps that handover letters name, by message.
func previousReps(ctx context.Context, tx pgx.Tx, rows []store.ClaimedLetter) (map[int64]int64, error) {
	var ids []int64
	for _, row := range rows {
		if row.Step == store.HandoverStep {
			ids = append(ids, row.MessageID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return store.PreviousReps(ctx, tx, ids)
}

// ZoneOf is the client's time zone, or the company's.
func (c *Catalog) ZoneOf(client *store.Client) *time.Location {
	if zone := zoneNamed(client.TimeZone); zone != nil {
		return zone
	}
	return c.Zone
}

// Release ends a claim. Letters that are left wait for another worker, with the
// reason why.
func (e *Engine) Release(ctx context.Context, chunk store.Chunk, waiting string) error {
	return store.Tx(ctx, e.DB, func(tx pgx.Tx) error { return store.ReleaseChunk(ctx, tx, chunk, waiting) })
}

// FreeOrphans frees chunks that the database says this worker has, and he does
// not: the answer to a claim or a release got lost. inHand is asked after the
// database: a chunk is in hand from before its claim until after its release.
func (e *Engine) FreeOrphans(ctx context.Context, workerID int32, inHand func(chunkID int64) bool) error {
	chunks, err := store.ChunksOf(ctx, e.DB, workerID)
	if err != nil {
		return err
	}
	for _, chunk := range chunks {
		if inHand(chunk.ID) {
			continue
		}
		if err := e.Release(ctx, chunk, ""); err != nil {
			return err
		}
	}
	return nil
}

// Redeliver gives chunks that were released, or whose job was lost, a new job.
func (e *Engine) Redeliver(ctx context.Context) error {
	return store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		chunks, err := store.ForgottenChunks(ctx, tx)
		if err != nil {
			return err
		}
		return e.deliver(ctx, tx, chunks)
	})
}

// Bury takes over from workers that have died: letters that may have been on the
// wire become unconfirmed, the others go to the living. It returns how many are
// unconfirmed.
func (e *Engine) Bury(ctx context.Context) (int64, error) {
	dead, err := store.DeadWorkers(ctx, e.DB)
	if err != nil {
		return 0, err
	}
	var total, unconfirmed int64
	for _, id := range dead {
		err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
			now, err := store.Now(ctx, tx)
			if err != nil {
				return err
			}
			var chunks []int64
			if chunks, unconfirmed, err = store.BuryWorker(ctx, tx, id, now); err != nil {
				return err
			}
			return e.deliver(ctx, tx, chunks)
		})
		if err != nil {
			return total, fmt.Errorf("taking over from worker %d: %w", id, err)
		}
		total += unconfirmed
	}
	return total, nil
}
