package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"seventh/internal/store"
)

// trip trips the guard.
func (o *office) trip(reason string) {
	o.t.Helper()
	o.tx(func(tx pgx.Tx) error { return store.TripGuard(o.t.Context(), tx, reason, noon) })
}

// Once the guard has tripped nobody plans, claims or passes T2, and what was on the
// wire is in doubt; a confirmation ends that, in another life.
func TestTrippedGuardTakesEverythingFromTheLiving(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, conn := o.worker()
	mark := must(store.MarkPlace(ctx, o.db, must(store.ReadPlace(ctx, o.db))(t)))(t)
	chunk := must(store.ClaimChunk(ctx, o.db, o.plan(o.enroll("ann", "bob", "carol")...), worker))(t)
	o.transmit(chunk, "ann")
	o.trip("a test")

	if passed := o.transmit(chunk, "ann", "bob", "carol"); len(passed) != 0 {
		t.Errorf("letters %v passed", passed)
	}
	if _, err := store.ClaimChunk(ctx, o.db, chunk.ID, worker); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("claiming: %v", err)
	}
	if _, err := store.Beat(ctx, conn, worker); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("renewing the lease: %v", err)
	}
	plans := func() (locked bool) {
		o.tx(func(tx pgx.Tx) (err error) { locked, err = store.LockPlanner(ctx, tx); return err })
		return locked
	}
	if plans() {
		t.Error("somebody plans")
	}
	if m := o.message(chunk.MessageIDs[0]); m.State != "unconfirmed" {
		t.Errorf("the letter on the wire is %s", m.State)
	}
	guard := must(store.ReadGuard(ctx, o.db))(t)
	if !guard.Stops() || guard.Reason != "a test" || guard.RestoredTo == nil || !guard.RestoredTo.Equal(mark.At) {
		t.Errorf("the guard is %+v", guard)
	}

	o.tx(func(tx pgx.Tx) error { return store.ConfirmGuard(ctx, tx, "ann", guard.Place) })
	confirmed := must(store.ReadGuard(ctx, o.db))(t)
	if confirmed.Stops() || confirmed.ConfirmedBy != "ann" || confirmed.Installation == guard.Installation {
		t.Errorf("after the confirmation the guard is %+v", confirmed)
	}
	if !plans() {
		t.Error("nobody can plan")
	}
	again, _ := o.worker()
	if must(store.ClaimChunk(ctx, o.db, chunk.ID, again))(t).Fence <= chunk.Fence {
		t.Error("the fence is not above that of before")
	}
}

func TestBeatsAreCountedAndPlacesKnown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, conn := o.worker()
	place := must(store.ReadPlace(ctx, o.db))(t)
	if place.System == 0 || place.Timeline != 1 || place.Database == 0 || place.Table == 0 {
		t.Errorf("the database is at %+v", place)
	}
	first := must(store.MarkPlace(ctx, o.db, place))(t)
	second := must(store.Beat(ctx, conn, worker))(t)
	if first.Installation == "" || second.Installation != first.Installation || first.Beat != 1 || second.Beat != 2 || !second.At.After(first.At) {
		t.Errorf("beats %+v and %+v", first, second)
	}
	if again := must(store.MarkPlace(ctx, o.db, place))(t); again.Installation != first.Installation {
		t.Error("the database began another life by itself")
	}
	if guard := must(store.ReadGuard(ctx, o.db))(t); guard.Place != place {
		t.Errorf("noted %+v, is at %+v", guard.Place, place)
	}
}

// A worker that hangs has an open connection and has not been heard of. His late
// answer counts, but he gets nothing more through.
func TestHungWorkerIsBuriedAfterItsLease(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	hung, conn := o.worker()
	self, _ := o.worker()
	chunk := must(store.ClaimChunk(ctx, o.db, o.plan(o.enroll("ann", "bob")...), hung))(t)
	o.transmit(chunk, "ann")
	lease := time.Minute
	hanging := func() []int32 { return must(store.HungWorkers(ctx, o.db, self, lease))(t) }
	bury := func() (chunks []int64, unconfirmed int64) {
		o.tx(func(tx pgx.Tx) (err error) {
			chunks, unconfirmed, err = store.BuryHung(ctx, tx, hung, lease, noon)
			return err
		})
		return chunks, unconfirmed
	}
	if ids := hanging(); len(ids) != 0 {
		t.Errorf("workers %v hang", ids)
	}
	if chunks, unconfirmed := bury(); len(chunks) != 0 || unconfirmed != 0 {
		t.Error("a worker that was heard of was buried")
	}
	change(t, o.db, "UPDATE workers SET heartbeat_at = now() - interval '2 minutes'")
	// He hangs in the middle of a transaction that has his chunk locked.
	middle := must(pgx.ConnectConfig(ctx, o.db.Config().ConnConfig))(t)
	t.Cleanup(func() { middle.Close(context.Background()) })
	must(middle.Exec(ctx, "BEGIN"))(t)
	must(middle.Exec(ctx, "SELECT 1 FROM chunks FOR SHARE"))(t)
	lease = 50 * time.Millisecond
	for !value[bool](t, o.db, "SELECT state_change < clock_timestamp() - interval '25 milliseconds' FROM pg_stat_activity WHERE pid = $1", middle.PgConn().PID()) {
		ok(t, ctx.Err())
	}
	if ids := hanging(); len(ids) != 1 || ids[0] != hung {
		t.Errorf("workers %v hang, want %d and not the one who asks", ids, hung)
	}
	if chunks, unconfirmed := bury(); len(chunks) != 1 || unconfirmed != 1 {
		t.Errorf("chunks %v are free and %d letters unconfirmed", chunks, unconfirmed)
	}
	if err := conn.Ping(ctx); err == nil {
		t.Error("his connection is still there")
	}
	if passed := o.transmit(chunk, "bob"); len(passed) != 0 {
		t.Error("he got a letter through")
	}
	o.settle(sent(chunk, 1))
	if m := o.message(chunk.MessageIDs[1]); m.State != "planned" {
		t.Errorf("he settled what was not his any more: %s", m.State)
	}
	o.settle(sent(chunk, 0))
	if m := o.message(chunk.MessageIDs[0]); m.State != "sent" {
		t.Errorf("his late answer does not count: %s", m.State)
	}
	if chunks, _ := bury(); len(chunks) != 0 {
		t.Error("he was buried twice")
	}
}

func TestTroubleIsInWordsForAnybody(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"the database is read-only":            store.ErrReadOnly,
		"the database's disk is full":          &pgconn.PgError{Code: "53100"},
		"the database is stopping or starting": &pgconn.PgError{Code: "57P03"},
		"the database cannot be reached":       io.ErrUnexpectedEOF,
		"the database does not answer in time": context.DeadlineExceeded,
		"":                                     errors.New("the secret of the house"),
		"the database has no connection left: raise its max_connections or close other programs": &pgconn.PgError{Code: "53300"},
	} {
		if got := store.Trouble(fmt.Errorf("doing something: %w", err)); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}
