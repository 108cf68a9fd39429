package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// RegisterWorker adds a row for this process and takes its session lock on the
// connection given, which must live as long as the worker: when it ends, others
// take the worker for dead. Row and lock appear together. Without a row a worker
// gets no chunk (ClaimChunk), so whoever keeps one from registering stops him.
func RegisterWorker(ctx context.Context, conn DB, host string, pid int) (int32, error) {
	var id int32
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "INSERT INTO workers (host, pid) VALUES ($1, $2) RETURNING id", host, pid).Scan(&id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", workerLock, id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("registering the worker: %w", err)
	}
	return id, nil
}

// DeadWorkers returns the workers whose lock is free: by their rows, and by what
// is in their hands.
func DeadWorkers(ctx context.Context, db DB) ([]int32, error) {
	rows, err := db.Query(ctx, `
		SELECT w.id FROM (
			SELECT id FROM workers UNION SELECT worker_id FROM chunks WHERE worker_id IS NOT NULL UNION SELECT worker_id FROM transmissions
		) AS w
		WHERE NOT EXISTS (
			SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
			  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			  AND l.classid = $1::int::oid AND l.objid = w.id::oid)`, workerLock)
	if err != nil {
		return nil, fmt.Errorf("looking for dead workers: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, fmt.Errorf("looking for dead workers: %w", err)
	}
	return ids, nil
}

// BuryWorker takes over from a dead worker, in one transaction: letters of his
// that may be on the wire become unconfirmed and hold their enrollments, the rest
// of his chunks is free again. It returns the chunks that need a job, or nothing
// if the worker lives or somebody else was faster.
func BuryWorker(ctx context.Context, tx pgx.Tx, id int32, now time.Time) (chunks []int64, unconfirmed int64, err error) {
	if err := boundWait(ctx, tx); err != nil {
		return nil, 0, err
	}
	var dead bool
	err = tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1, $2)", workerLock, id).Scan(&dead)
	if err != nil || !dead {
		return nil, 0, err
	}
	return takeOver(ctx, tx, id, now)
}

// takeOver frees what a worker has, whether he lives or not: his fences are stale
// from then on.
func takeOver(ctx context.Context, tx pgx.Tx, id int32, now time.Time) (chunks []int64, unconfirmed int64, err error) {
	// A claim under his name that is about to be committed is waited for.
	if _, err := tx.Exec(ctx, "SELECT 1 FROM workers WHERE id = $1 FOR UPDATE", id); err != nil {
		return nil, 0, fmt.Errorf("locking worker %d: %w", id, err)
	}
	// First the fence, so that nothing of his passes T2 any more; then, in a later
	// statement, what had passed it.
	rows, err := tx.Query(ctx, `
		UPDATE chunks SET worker_id = NULL, fence = fence + 1, waiting = '' WHERE worker_id = $1 RETURNING id`, id)
	if err != nil {
		return nil, 0, fmt.Errorf("freeing chunks of worker %d: %w", id, err)
	}
	chunks, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, 0, fmt.Errorf("freeing chunks of worker %d: %w", id, err)
	}
	// A job of his may be over a chunk that he has not claimed yet: it is gone with him.
	// A second job for a chunk finds nothing to do.
	if _, err := tx.Exec(ctx, "UPDATE chunks SET retry_at = now() WHERE worker_id IS NULL AND waiting = '' AND retry_at > now()"); err != nil {
		return nil, 0, fmt.Errorf("freeing chunks that worker %d was about to claim: %w", id, err)
	}
	rows, err = tx.Query(ctx, `
		WITH doubtful AS (
			UPDATE messages m SET state = 'unconfirmed', fence = l.fence, sent_at = $2, attempts = m.attempts + 1,
				reason = 'the worker died while this letter was on the wire', content_id = t.id, content_place = l.place
			FROM transmissions t, unnest(t.message_ids, t.chunk_ids, t.fences, t.places) AS l(message_id, chunk_id, fence, place)
			WHERE t.worker_id = $1 AND m.id = l.message_id AND m.chunk_id = l.chunk_id AND m.state = 'planned'
			RETURNING m.id, m.enrollment_id, m.step, $2::timestamptz AS at, $2::timestamptz AS look_at
		), listed AS (`+noteUnconfirmed+`)
		UPDATE enrollments e SET waiting = CASE WHEN e.state = 'ended' THEN '' ELSE 'unconfirmed' END, next_at = NULL
		FROM doubtful d WHERE e.id = d.enrollment_id AND d.step <> 'handover' RETURNING e.client_id`, id, now)
	if err != nil {
		return nil, 0, fmt.Errorf("marking letters of worker %d: %w", id, err)
	}
	clients, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, 0, fmt.Errorf("marking letters of worker %d: %w", id, err)
	}
	if err := keepDoubtfulOffers(ctx, tx, id); err != nil {
		return nil, 0, err
	}
	if err := WakeEnrollments(ctx, tx, clients, []string{"priority"}, now); err != nil {
		return nil, 0, err
	}
	if err := ReviewClients(ctx, tx, clients, now); err != nil { // what the planner is just parking behind them
		return nil, 0, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM transmissions WHERE worker_id = $1", id); err != nil {
		return nil, 0, fmt.Errorf("clearing transmissions of worker %d: %w", id, err)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM workers WHERE id = $1", id); err != nil {
		return nil, 0, fmt.Errorf("removing worker %d: %w", id, err)
	}
	return chunks, int64(len(clients)), nil
}

// HungWorkers returns workers other than self whose connection is open and who have
// not been heard of for longer than the lease.
func HungWorkers(ctx context.Context, db DB, self int32, lease time.Duration) ([]int32, error) {
	rows, err := db.Query(ctx, "SELECT id FROM workers WHERE id <> $1 AND heartbeat_at < now() - $2::interval", self, lease)
	if err != nil {
		return nil, fmt.Errorf("looking for hung workers: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return nil, fmt.Errorf("looking for hung workers: %w", err)
	}
	return ids, nil
}

// boundWait keeps who takes over from waiting for transactions of a process that
// cannot end them: PostgreSQL does so after a while (idle_in_transaction_session_timeout),
// and he comes again.
func boundWait(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '2s'"); err != nil {
		return fmt.Errorf("bounding the wait for locks: %w", err)
	}
	return nil
}

// sessionOf is the connection that holds a worker's lock ($1 and $2).
const sessionOf = `
	SELECT a.pid, a.application_name, a.usesysid, a.client_addr FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
	WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND a.datname = current_database()
	  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
	  AND l.classid = $1::int::oid AND l.objid = $2::int::oid AND pg_has_role(a.usesysid, 'USAGE')`

// BuryHung takes over from a worker who hangs, as BuryWorker from a dead one, if he
// still does. His connections are ended where this role may do so; what keeps him from
// settling or sending is the fence.
func BuryHung(ctx context.Context, tx pgx.Tx, id int32, lease time.Duration, now time.Time) (chunks []int64, unconfirmed int64, err error) {
	if err := boundWait(ctx, tx); err != nil {
		return nil, 0, err
	}
	var hangs bool
	err = tx.QueryRow(ctx, "SELECT heartbeat_at < now() - $2::interval FROM workers WHERE id = $1", id, lease).Scan(&hangs)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !hangs {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("looking at worker %d: %w", id, err)
	}
	// He may hang in the middle of a transaction, whose locks are in the way. No
	// healthy process leaves one idle for as long.
	_, err = tx.Exec(ctx, `
		WITH session AS (`+sessionOf+`)
		SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN session s USING (application_name, usesysid)
		WHERE a.datname = current_database() AND a.client_addr IS NOT DISTINCT FROM s.client_addr
		  AND a.state LIKE 'idle in transaction%' AND a.state_change < clock_timestamp() - $3::interval / 2`, workerLock, id, lease)
	if err != nil {
		return nil, 0, fmt.Errorf("ending the transactions of worker %d: %w", id, err)
	}
	err = tx.QueryRow(ctx, "SELECT heartbeat_at < now() - $2::interval FROM workers WHERE id = $1 FOR UPDATE", id, lease).Scan(&hangs)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !hangs {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("locking worker %d: %w", id, err)
	}
	if chunks, unconfirmed, err = takeOver(ctx, tx, id, now); err != nil {
		return nil, 0, err
	}
	if _, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM ("+sessionOf+") AS session", workerLock, id); err != nil {
		return nil, 0, fmt.Errorf("ending the connection of worker %d: %w", id, err)
	}
	return chunks, unconfirmed, nil
}

// Beat says that a worker lives, and counts it in the guard. ErrNotFound: he was
// taken for dead.
func Beat(ctx context.Context, db DB, id int32) (Mark, error) {
	var m Mark
	err := db.QueryRow(ctx, `
		WITH counted AS (
			UPDATE guard SET beat = beat + 1, beat_at = now() WHERE EXISTS (SELECT 1 FROM workers WHERE id = $1)
			RETURNING coalesce(installation::text, '') AS installation, beat, beat_at
		)
		UPDATE workers w SET heartbeat_at = now() FROM counted c WHERE w.id = $1 RETURNING c.installation, c.beat, c.beat_at`, id).
		Scan(&m.Installation, &m.Beat, &m.At)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return m, fmt.Errorf("renewing the lease of worker %d: %w", id, err)
	}
	return m, nil
}

// LockPlanner makes this transaction the only planner, if none is at work and the
// restore guard does not keep letters back.
func LockPlanner(ctx context.Context, tx pgx.Tx) (bool, error) {
	var locked bool
	if err := tx.QueryRow(ctx, `
		SELECT pg_try_advisory_xact_lock($1, 0) AND NOT EXISTS (SELECT 1 FROM guard WHERE tripped_at IS NOT NULL AND confirmed_at IS NULL)`, plannerLock).Scan(&locked); err != nil {
		return false, fmt.Errorf("locking the planner: %w", err)
	}
	return locked, nil
}

// RemoveWorker signs a worker off, if nothing is in its hands; what is, is found
// by those who bury it.
func RemoveWorker(ctx context.Context, db DB, id int32) error {
	_, err := db.Exec(ctx, `
		DELETE FROM workers WHERE id = $1
		AND NOT EXISTS (SELECT 1 FROM chunks WHERE worker_id = $1) AND NOT EXISTS (SELECT 1 FROM transmissions WHERE worker_id = $1)`, id)
	if err != nil {
		return fmt.Errorf("signing worker %d off: %w", id, err)
	}
	return nil
}
