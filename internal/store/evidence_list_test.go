package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

// came writes that something came from a provider.
func came(t *testing.T, db *pgxpool.Pool, key string, at time.Time) store.Evidence {
	t.Helper()
	e := store.Evidence{Source: store.FromHook, Origin: "ses", DedupeKey: key, Raw: []byte(`{"to":"ivan@example.com"}`), ReceivedAt: at}
	ids, err := store.InsertEvidence(t.Context(), db, []store.Evidence{e})
	if err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	e.ID = ids[0]
	return e
}

func TestEvidenceByStateAndOrigin(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	first, second := came(t, db, "1", at), came(t, db, "2", at)
	second.State, second.Note = store.EvidenceQuarantined, "it cannot be read"
	ok(t, store.SettleEvidence(t.Context(), db, second))
	for _, tc := range []struct {
		filter store.EvidenceFilter
		want   []int64
	}{
		{store.EvidenceFilter{}, []int64{second.ID, first.ID}},
		{store.EvidenceFilter{State: store.EvidenceQuarantined, Source: store.FromHook, Origin: "ses"}, []int64{second.ID}},
		{store.EvidenceFilter{Before: second.ID}, []int64{first.ID}},
		{store.EvidenceFilter{Source: store.FromMailbox}, nil},
		{store.EvidenceFilter{MessageID: 7}, nil},
	} {
		tc.filter.Limit = 10
		list, err := store.ListEvidence(t.Context(), db, tc.filter)
		ok(t, err)
		var got []int64
		for _, e := range list {
			got = append(got, e.ID)
			if len(e.Raw) > 0 {
				t.Errorf("a list holds what came: %s", e.Raw)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%+v: %v, want %v", tc.filter, got, tc.want)
		}
	}
	again, err := store.ReopenEvidence(t.Context(), db, second.ID)
	if err != nil || again.State != store.EvidenceWaiting || again.Note != "it cannot be read" {
		t.Errorf("reopened: %+v, %v", again, err)
	}
	if _, err := store.ReopenEvidence(t.Context(), db, 99); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
}

func TestOldEvidenceIsForgottenInBatches(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	for i := range 5 {
		came(t, db, fmt.Sprint("old", i), now.AddDate(0, 0, -91))
	}
	young := came(t, db, "young", now.AddDate(0, 0, -89))
	for _, want := range []int{3, 2, 0} {
		n, err := store.ForgetEvidence(t.Context(), db, now.AddDate(0, 0, -90), 3)
		if err != nil || n != want {
			t.Errorf("forgot %d, %v; want %d", n, err, want)
		}
	}
	if _, err := store.EvidenceByID(t.Context(), db, young.ID); err != nil {
		t.Error(err)
	}
}

func TestErasingAClientTakesWhatCameBackOfHim(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, list := o.claimed("ann", "bob")
	o.settle(sent(chunk, 0))
	applied, early, late := came(t, o.db, "applied", noon), came(t, o.db, "early", noon), came(t, o.db, "late", noon)
	bobs := came(t, o.db, "bob's", noon)
	about := func(e store.Evidence, message int64) {
		t.Helper()
		e.State, e.MessageID, e.Note = store.EvidenceApplied, &message, "delivered"
		ok(t, store.SettleEvidence(ctx, o.db, e))
	}
	about(applied, chunk.MessageIDs[0])
	about(bobs, chunk.MessageIDs[1])

	// One is being settled while the client is erased: neither leaves anything behind.
	tx, err := o.db.Begin(ctx)
	ok(t, err)
	ok(t, store.Erase(ctx, tx, list[0].ClientID))
	settled := make(chan error)
	go func() {
		early.State, early.MessageID, early.Note = store.EvidenceApplied, &chunk.MessageIDs[0], "delivered"
		settled <- store.SettleEvidence(context.Background(), o.db, early)
	}()
	ok(t, tx.Commit(ctx))
	ok(t, <-settled)
	about(late, chunk.MessageIDs[0])

	if _, err := store.EvidenceByID(ctx, o.db, applied.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what came of the erased client is there: %v", err)
	}
	for _, e := range []store.Evidence{early, late} {
		got := must(store.EvidenceByID(ctx, o.db, e.ID))(t)
		if got.State != store.EvidenceIgnored || len(got.Raw) > 0 || got.MessageID != nil || got.Note != "there is no such letter any more" {
			t.Errorf("what came for the erased client is kept: %+v", got)
		}
		if _, err := store.ReopenEvidence(ctx, o.db, e.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("it can be read again: %v", err)
		}
	}
	if got := must(store.EvidenceByID(ctx, o.db, bobs.ID))(t); got.State != store.EvidenceApplied || len(got.Raw) == 0 {
		t.Errorf("what came of another: %+v", got)
	}
}
