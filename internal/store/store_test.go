package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"seventh/internal/store"
)

func TestTransactionIsTriedAgainOnlyAfterAConflict(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	deadlock := fmt.Errorf("settling: %w", &pgconn.PgError{Code: "40P01"})
	unserializable := &pgconn.PgError{Code: "40001"}
	broken := &pgconn.PgError{Code: "23505"}
	for _, tc := range []struct {
		name  string
		fails []error // of the attempts, the last one again and again
		tries int
		want  error
	}{
		{"no conflict", []error{nil}, 1, nil},
		{"conflicts that pass", []error{deadlock, unserializable, nil}, 3, nil},
		{"a conflict that stays", []error{deadlock}, 5, deadlock},
		{"another error", []error{broken}, 1, broken},
		{"an error of ours", []error{store.ErrNotFound}, 1, store.ErrNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			err := store.Tx(t.Context(), o.db, func(pgx.Tx) error {
				tries++
				return tc.fails[min(tries, len(tc.fails))-1]
			})
			if tries != tc.tries || !errors.Is(err, tc.want) {
				t.Errorf("after %d tries: %v; want %d: %v", tries, err, tc.tries, tc.want)
			}
		})
	}
}

func TestFailedTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	err := store.Tx(t.Context(), o.db, func(tx pgx.Tx) error {
		if err := store.SaveClients(t.Context(), tx, []*store.Client{named("ann")}); err != nil {
			return err
		}
		return context.Canceled
	})
	if n := must(store.CountClients(t.Context(), o.db))(t); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d clients are left after %v", n, err)
	}
}

func TestUniqueViolationIsKnownByItsIndex(t *testing.T) {
	t.Parallel()
	violation := fmt.Errorf("saving: %w", &pgconn.PgError{Code: "23505", ConstraintName: "clients_address"})
	for _, tc := range []struct {
		err   error
		index string
		want  bool
	}{
		{violation, "clients_address", true},
		{violation, "enrollments_open", false},
		{&pgconn.PgError{Code: "23503", ConstraintName: "clients_address"}, "clients_address", false},
		{store.ErrNotFound, "clients_address", false},
		{nil, "clients_address", false},
	} {
		if got := store.IsUnique(tc.err, tc.index); got != tc.want {
			t.Errorf("%v violates %s: %v, want %v", tc.err, tc.index, got, tc.want)
		}
	}
}

// A stop that has the lock first is seen by the letter, which waited for it.
func TestStopAndLetterExcludeEachOther(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, _ := o.claimed("ann", "bob")
	stop := must(o.db.Begin(ctx))(t)
	ok(t, store.LockAddresses(ctx, stop, []string{"zoe@example.com", "ann@example.com", "", "ann@example.com"}))

	passed := make(chan []int64)
	go func() { passed <- o.transmit(chunk, "ann", "bob") }()
	o.somebodyWaits()
	must(store.Suppress(ctx, stop, store.Suppression{Address: "ann@example.com", Reason: "unsubscribed", CreatedAt: noon}))(t)
	ok(t, stop.Commit(ctx))
	if got := <-passed; len(got) != 1 || got[0] != chunk.MessageIDs[1] {
		t.Errorf("letters %v passed, want bob's only", got)
	}
}

// Whatever cannot be reached or is refused becomes an error that says what we were doing.
func TestErrorsSayWhatWasBeingDone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tc := range []struct {
		want string
		do   func() error
	}{
		{"loading client 7: ", func() error { _, err := store.ClientByID(ctx, o.db, 7); return err }},
		{"saving 1 clients: ", func() error { return store.SaveClients(ctx, o.db, []*store.Client{named("ann")}) }},
		{"finding due enrollments: ", func() error { _, err := store.TakeDue(ctx, o.db, noon, 1); return err }},
		{"planning 0 letters of me: ", func() error { _, _, err := store.InsertChunk(ctx, o.db, "me", nil); return err }},
		{"locking addresses: ", func() error { return store.LockAddresses(ctx, o.db, nil) }},
		{"notifying seventh_plan: ", func() error { return store.Notify(ctx, o.db, store.PlanChannel) }},
		{"registering the worker: ", func() error { _, err := store.RegisterWorker(ctx, o.db, "host", 1); return err }},
		{"finding owners: ", func() error { _, err := store.OwnersByEmail(ctx, o.db, nil); return err }},
		{"listing touches: ", func() error { _, err := store.ListTouches(ctx, o.db, store.TouchFilter{}); return err }},
	} {
		err := tc.do()
		if !errors.Is(err, context.Canceled) || len(err.Error()) < len(tc.want) || err.Error()[:len(tc.want)] != tc.want {
			t.Errorf("%v, want %q and why", err, tc.want)
		}
	}
}
