package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// longAgo makes every worker's registration old enough for it to be taken for dead.
func longAgo(t *testing.T, o *office) {
	t.Helper()
	change(t, o.db, "UPDATE workers SET started_at = now() - interval '1 minute'")
}

// gone waits until PostgreSQL has noticed that a connection was closed: its locks are free then.
func gone(t *testing.T, o *office, conn *pgx.Conn) {
	t.Helper()
	pid := conn.PgConn().PID()
	ok(t, conn.Close(t.Context()))
	for value[bool](t, o.db, "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = $1)", pid) {
		ok(t, t.Context().Err())
	}
}

func TestWorkerIsDeadWhenItsConnectionEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	dying, conn := o.worker()
	o.worker()
	if dead := must(store.DeadWorkers(t.Context(), o.db))(t); len(dead) != 0 {
		t.Errorf("workers %v are dead while they start", dead)
	}
	longAgo(t, o)
	if dead := must(store.DeadWorkers(t.Context(), o.db))(t); len(dead) != 0 {
		t.Errorf("workers %v are dead while connected", dead)
	}
	gone(t, o, conn)
	if diff := cmp.Diff([]int32{dying}, must(store.DeadWorkers(t.Context(), o.db))(t)); diff != "" {
		t.Errorf("dead workers (-want +got):\n%s", diff)
	}
}

// One letter was on the wire, one claimed, one sent when the worker died. The one
// on the wire is in doubt until the server's answer comes after all.
func TestDeathOfAWorkerAndTheLateAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, conn := o.worker()
	enrollments := o.enroll("ann", "bob", "carol")
	chunk := must(store.ClaimChunk(ctx, o.db, o.plan(enrollments...), worker))(t)
	o.transmit(chunk, "ann", "bob")
	o.settle(sent(chunk, 1))

	gone(t, o, conn)
	chunks, unconfirmed := o.bury(worker, conn)
	if !cmp.Equal(chunks, []int64{chunk.ID}) || unconfirmed != 1 {
		t.Errorf("chunks %v are free again and %d letters unconfirmed", chunks, unconfirmed)
	}
	for i, want := range []string{"unconfirmed", "sent", "planned"} {
		if m := o.message(chunk.MessageIDs[i]); m.State != want || (m.Subject == guide.Subject) != (want != "planned") {
			t.Errorf("%s's letter %q is %s, want %s with its content", m.Client, m.Subject, m.State, want)
		}
	}
	if e := o.enrollment(enrollments[0].ID); e.Waiting != "unconfirmed" || e.State != "active" {
		t.Errorf("ann's enrollment is %s and waits for %q", e.State, e.Waiting)
	}
	if passed := o.transmit(chunk, "ann", "bob", "carol"); len(passed) != 0 {
		t.Errorf("letters %v passed for the dead", passed)
	}

	heir, _ := o.worker()
	inherited := must(store.ClaimChunk(ctx, o.db, chunk.ID, heir))(t)
	left := must(store.LettersOfChunk(ctx, o.db, inherited))(t)
	if len(left) != 1 || left[0].MessageID != chunk.MessageIDs[2] {
		t.Errorf("the heir has letters %+v, want carol's only", left)
	}

	o.settle(sent(chunk, 0)) // a 2xx, under the fence of the dead
	if m := o.message(chunk.MessageIDs[0]); m.State != "sent" || m.Reason != "" || m.Attempts != 1 {
		t.Errorf("after the late answer ann's letter is %s (%s) after %d attempts", m.State, m.Reason, m.Attempts)
	}
	if e := o.enrollment(enrollments[0].ID); e.Waiting != "" || e.NextStep != "case" {
		t.Errorf("ann's enrollment waits for %q before %q", e.Waiting, e.NextStep)
	}
	o.settle(sent(chunk, 2))
	if m := o.message(chunk.MessageIDs[2]); m.State != "claimed" {
		t.Errorf("the dead settled carol's letter, which the heir has: %s", m.State)
	}
}

func TestLateAnswerCountsAfterTheChunkIsGone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, conn := o.worker()
	chunk := must(store.ClaimChunk(ctx, o.db, o.plan(o.enroll("ann")...), worker))(t)
	o.transmit(chunk, "ann")
	gone(t, o, conn)
	o.bury(worker, conn)
	heir, _ := o.worker()
	ok(t, store.ReleaseChunk(ctx, o.db, must(store.ClaimChunk(ctx, o.db, chunk.ID, heir))(t), ""))

	o.settle(sent(chunk, 0))
	if m := o.message(chunk.MessageIDs[0]); m.State != "sent" {
		t.Errorf("the letter is %s", m.State)
	}
}

// A worker that dies with a job in hand has not always claimed its chunk yet: those
// that nobody has get a job when he is buried, but for those that wait for a reason.
func TestChunkThatTheDeadWasAboutToClaimGetsAJob(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	refused, _ := o.claimed("ann")
	ok(t, store.ReleaseChunk(ctx, o.db, refused, "the mail server is down"))
	worker, conn := o.worker()
	fetched := o.plan(o.enroll("bob")...)
	if forgotten := must(store.ForgottenChunks(ctx, o.db))(t); len(forgotten) != 0 {
		t.Errorf("chunks %v got a second job while everybody lives", forgotten)
	}
	gone(t, o, conn)
	o.bury(worker, conn)
	if diff := cmp.Diff([]int64{fetched}, must(store.ForgottenChunks(ctx, o.db))(t)); diff != "" {
		t.Errorf("chunks that need a job (-want +got):\n%s", diff)
	}
}

func TestLivingWorkerIsNotBuried(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	worker, _ := o.worker()
	chunk := must(store.ClaimChunk(t.Context(), o.db, o.plan(o.enroll("ann")...), worker))(t)
	o.tx(func(tx pgx.Tx) error {
		chunks, unconfirmed, err := store.BuryWorker(t.Context(), tx, worker, noon)
		if len(chunks) != 0 || unconfirmed != 0 {
			t.Errorf("chunks %v and %d letters were taken from the living", chunks, unconfirmed)
		}
		return err
	})
	if passed := o.transmit(chunk, "ann"); len(passed) != 1 {
		t.Error("the living cannot go on")
	}
}

func TestWorkerSignsOffWithEmptyHands(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, _ := o.worker()
	chunk := must(store.ClaimChunk(ctx, o.db, o.plan(o.enroll("ann")...), worker))(t)
	workers := func() int { return value[int](t, o.db, "SELECT count(*) FROM workers") }

	ok(t, store.RemoveWorker(ctx, o.db, worker))
	if workers() != 1 {
		t.Error("signed off with a chunk in hand")
	}
	o.transmit(chunk, "ann")
	change(t, o.db, "UPDATE chunks SET worker_id = NULL")
	ok(t, store.RemoveWorker(ctx, o.db, worker))
	if workers() != 1 {
		t.Error("signed off with a letter on the wire")
	}
	o.settle(sent(chunk, 0))
	must(store.CommitGroup(ctx, o.db, store.GroupCommit{Settled: []int64{o.places[chunk.MessageIDs[0]].ContentID}}))(t)
	change(t, o.db, "UPDATE chunks SET worker_id = $1", worker)
	ok(t, store.ReleaseChunk(ctx, o.db, chunk, ""))
	ok(t, store.RemoveWorker(ctx, o.db, worker))
	if workers() != 0 {
		t.Error("could not sign off")
	}
}

func TestOnePlannerAtATime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	lock := func(tx pgx.Tx) bool { return must(store.LockPlanner(t.Context(), tx))(t) }
	o.tx(func(first pgx.Tx) error {
		if !lock(first) {
			t.Error("nobody plans, and yet the lock is taken")
		}
		o.tx(func(second pgx.Tx) error {
			if lock(second) {
				t.Error("two planners at once")
			}
			return nil
		})
		return nil
	})
	o.tx(func(tx pgx.Tx) error {
		if !lock(tx) {
			t.Error("the planner has ended and holds the lock")
		}
		return nil
	})
	ok(t, store.AwaitPlanner(t.Context(), o.db))
}
