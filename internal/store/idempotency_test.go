package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// begin is a request with a key, up to its commit.
func begin(t *testing.T, o *office, caller, key, request string, answer *store.Answer) (*store.Answer, error) {
	t.Helper()
	var replayed *store.Answer
	err := store.Tx(t.Context(), o.db, func(tx pgx.Tx) error {
		var err error
		replayed, err = store.BeginIdempotent(t.Context(), tx, caller, key, []byte(request))
		if err != nil || replayed != nil {
			return err
		}
		return store.EndIdempotent(t.Context(), tx, caller, key, *answer)
	})
	return replayed, err
}

func TestRepeatedRequestGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first := &store.Answer{Status: 201, Body: []byte(`{"enrolled":1}`)}
	if replayed := must(begin(t, o, "crm", "k", "request", first))(t); replayed != nil {
		t.Errorf("the first request was answered with %+v", replayed)
	}
	if diff := cmp.Diff(first, must(begin(t, o, "crm", "k", "request", nil))(t)); diff != "" {
		t.Errorf("replayed (-want +got):\n%s", diff)
	}
	if _, err := begin(t, o, "crm", "k", "another request", nil); !errors.Is(err, store.ErrKeyReused) {
		t.Errorf("the key with another request: %v", err)
	}
	second := &store.Answer{Status: 200}
	if replayed := must(begin(t, o, "other", "k", "another request", second))(t); replayed != nil {
		t.Errorf("another caller with the same key was answered with %+v", replayed)
	}
}

func TestAnswerIsForgottenAfterADay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	must(begin(t, o, "crm", "k", "request", &store.Answer{Status: 201}))(t)
	change(t, o.db, "UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
	if replayed := must(begin(t, o, "crm", "k", "another request", &store.Answer{Status: 200}))(t); replayed != nil {
		t.Errorf("answered with %+v", replayed)
	}
}

func TestSameRequestAtTheSameTimeWaits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		finish func(pgx.Tx) error
		want   *store.Answer // of the second
	}{
		{"and gets the answer of the first", func(tx pgx.Tx) error { return tx.Commit(t.Context()) }, &store.Answer{Status: 201, Body: []byte("first")}},
		{"and goes ahead if the first failed", func(tx pgx.Tx) error { return tx.Rollback(t.Context()) }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			ctx := t.Context()
			first := must(o.db.Begin(ctx))(t)
			must(store.BeginIdempotent(ctx, first, "crm", "k", []byte("request")))(t)

			type result struct {
				answer *store.Answer
				err    error
			}
			second := make(chan result)
			go func() {
				answer, err := begin(t, o, "crm", "k", "request", &store.Answer{Status: 202})
				second <- result{answer, err}
			}()
			o.somebodyWaits()
			ok(t, store.EndIdempotent(ctx, first, "crm", "k", store.Answer{Status: 201, Body: []byte("first")}))
			ok(t, tc.finish(first))
			got := <-second
			ok(t, got.err)
			if diff := cmp.Diff(tc.want, got.answer); diff != "" {
				t.Errorf("replayed (-want +got):\n%s", diff)
			}
		})
	}
}
