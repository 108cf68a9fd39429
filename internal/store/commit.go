package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// GroupCommit is what one group commit writes: letters that were sent (T3), and
// letters that are to pass T2.
type GroupCommit struct {
	Now  time.Time // business time
	Sent []Settlement
	// Settled are transmissions all of whose letters are settled with this commit.
	Settled []int64
	// Unsure has all transmissions of WorkerID removed that are not Open.
	Unsure bool
	Open   []int64
	// Ended are clients whose enrollment ends with it: what Waited for it goes on,
	// and they are reviewed.
	Ended  []int64
	Waited []string
	// Touched are clients who are reviewed because they have been touched once more.
	Touched []int64
	// Heard are clients whose sequences may wait for that.
	Heard []int64

	WorkerID int32    // whose letters pass
	Consents []string // the bases that allow letters
	Wanted   []Transmit
}

// CommitGroup writes a group commit in one transaction and one round trip: the
// statements of a batch are one implicit transaction, and none of them needs the
// answer of another. Outcomes come first, so that the letter before on a
// connection is settled when the next one passes. The returned transmission has
// no letters if none passed.
func CommitGroup(ctx context.Context, db DB, g GroupCommit) (passed Transmission, err error) {
	for attempt := 1; ; attempt++ {
		passed, err = commitGroup(ctx, db, g)
		if err == nil || attempt == 5 || !Retryable(err) {
			return passed, err
		}
	}
}

// lockForCommit takes what the statements after it rely on, whose snapshots are later
// than these locks: the addresses against stops, the chunks against whoever takes
// them over.
const lockForCommit = `
	SELECT (SELECT count(pg_advisory_xact_lock(key)) FROM (
			SELECT DISTINCT address_key(a) AS key FROM unnest($1::text[]) AS a WHERE a <> '' ORDER BY key OFFSET 0
		) AS sorted),
		(SELECT count(*) FROM (SELECT 1 FROM chunks WHERE id = ANY($2::bigint[]) ORDER BY id FOR SHARE) AS held)`

func commitGroup(ctx context.Context, db DB, g GroupCommit) (passed Transmission, err error) {
	var b pgx.Batch
	b.Queue(lockForCommit, column(g.Wanted, func(t Transmit) string { return t.Recipient }), column(g.Sent, func(s Settlement) int64 { return s.ChunkID }))
	if len(g.Sent)+len(g.Settled) > 0 {
		b.Queue(settleSent, sentArgs(g.Sent, g.Settled))
	}
	if about := ofOffers(g.Sent); len(about) > 0 {
		b.Queue(keepOffers, about)
	}
	if g.Unsure {
		b.Queue("DELETE FROM transmissions WHERE worker_id = $1 AND id <> ALL($2::bigint[])", g.WorkerID, g.Open)
	}
	if len(g.Ended) > 0 {
		b.Queue(wakeEnrollments, g.Ended, g.Waited, g.Now)
		b.Queue(reviewClients, g.Ended, g.Now)
	}
	if len(g.Touched) > 0 {
		b.Queue(reviewClients, g.Touched, g.Now)
	}
	if len(g.Heard) > 0 {
		b.Queue(somethingHappened, g.Heard)
	}
	if len(g.Wanted) > 0 {
		b.Queue(beginTransmission, transmitArgs(g.WorkerID, g.Now, g.Consents, g.Wanted)).Query(func(rows pgx.Rows) error {
			var err error
			if passed, err = one[Transmission](rows, nil); errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		})
	}
	if err := db.SendBatch(ctx, &b).Close(); err != nil {
		return Transmission{}, fmt.Errorf("writing %d outcomes and letting %d letters through: %w", len(g.Sent), len(g.Wanted), err)
	}
	return passed, nil
}
