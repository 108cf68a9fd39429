package store_test

import (
	"testing"
	"time"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestTheSameEvidenceIsKeptOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	first := store.Evidence{Source: store.FromHook, Origin: "ses", DedupeKey: "1", Raw: []byte(`{"n":1}`), ReceivedAt: at}
	other := first
	other.Origin = "sendgrid"
	ids, err := store.InsertEvidence(t.Context(), db, []store.Evidence{first, first, other})
	if err != nil || len(ids) != 2 {
		t.Fatalf("InsertEvidence = %v, %v, want two ids", ids, err)
	}
	again, err := store.InsertEvidence(t.Context(), db, []store.Evidence{first})
	if err != nil || len(again) != 0 {
		t.Fatalf("the same again = %v, %v, want nothing", again, err)
	}
	e, err := store.EvidenceByID(t.Context(), db, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	e.State, e.Note = store.EvidenceIgnored, "nothing"
	if err := store.SettleEvidence(t.Context(), db, e); err != nil {
		t.Fatal(err)
	}
	e, err = store.EvidenceByID(t.Context(), db, ids[0])
	if err != nil || e.State != store.EvidenceIgnored || e.Attempts != 1 || string(e.Raw) != `{"n":1}` || e.MessageID != nil {
		t.Errorf("settled = %+v, %v", e, err)
	}
}
