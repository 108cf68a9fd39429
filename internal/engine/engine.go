// Package engine is the only code that changes an enrollment: it enrolls, plans,
// lets letters through, settles them and applies what comes back.
//
// A letter's life (see messages in migrations): the planner (plan.go) writes it
// as planned, in a chunk of one sender's letters; a worker claims the chunk
// (claim.go, T1); T2 lets the letter through to the wire and T3 settles it, both
// in group commits (commit.go). Whatever stops a client takes the same lock on
// his address as T2 does (stop.go), so no letter's body starts after a stop has
// been committed.
//
// The engine never reads a clock of its own: business time is the database's.
package engine

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"seventh/internal/store"
)

// Jobs inserts River jobs in a transaction; a river.Client does.
type Jobs interface {
	InsertManyTx(ctx context.Context, tx pgx.Tx, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
}

// Engine changes enrollments. Its methods may be called from many goroutines.
type Engine struct {
	DB   store.DB
	Jobs Jobs
	Log  *slog.Logger

	content struct {
		sync.Mutex
		catalog  *Catalog
		versions map[int64]*Version
		pace     letterPace
		retimed  int64 // the publication whose times between letters all dates go by
		// business time at which promises were counted anew last
		recounted time.Time
		rejection int64 // the newest that the breakers have looked at
		// how far a pass over the people of an older version has got, by version
		passed map[int64]int64
	}
}

// DeliverArgs is the job that delivers a chunk. The chunk's row is the truth: a
// job that comes late or twice finds nothing to do.
type DeliverArgs struct {
	ChunkID int64 `json:"chunk_id"`
}

// Kind names the job in River's table.
func (DeliverArgs) Kind() string { return "deliver_chunk" }

// PacedQueue is River's queue of chunks whose letters go at a pace: they mostly wait,
// and must not keep others from going.
const PacedQueue = "paced"

// deliver queues jobs for chunks.
func (e *Engine) deliver(ctx context.Context, tx pgx.Tx, chunks []int64) error {
	if len(chunks) == 0 {
		return nil
	}
	paced, err := store.PacedChunks(ctx, tx, chunks)
	if err != nil {
		return err
	}
	jobs := make([]river.InsertManyParams, len(chunks))
	for i, id := range chunks {
		jobs[i].Args = DeliverArgs{ChunkID: id}
		if slices.Contains(paced, id) {
			jobs[i].InsertOpts = &river.InsertOpts{Queue: PacedQueue}
		}
	}
	_, err = e.Jobs.InsertManyTx(ctx, tx, jobs)
	return err
}
