package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

// A client who was erased can still say no: it holds for whoever has his address.
func TestErasedClientsWordHolds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, list := o.claimed("ann", "bob")
	settlement := sent(chunk, 0)
	settlement.Recipient = "ann@example.com"
	o.settle(settlement)
	ok(t, store.Erase(ctx, o.db, list[0].ClientID))

	if erased := must(store.IsErased(ctx, o.db, chunk.MessageIDs[0]))(t); !erased {
		t.Error("ann's letter is not known as erased")
	}
	if erased := must(store.IsErased(ctx, o.db, chunk.MessageIDs[1]))(t); erased {
		t.Error("bob's letter is known as erased")
	}
	if clients := must(store.Refuse(ctx, o.db, chunk.MessageIDs[0], "unsubscribed", "link", noon))(t); len(clients) != 0 {
		t.Errorf("clients %v have the address of somebody who was erased", clients)
	}
	if _, err := store.Refuse(ctx, o.db, 4711, "unsubscribed", "link", noon); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown letter was refused: %v", err)
	}
	ok(t, store.SuppressRefused(ctx, o.db, []string{"ann@example.com", "carol@example.com", ""}, noon))
	left := must(store.ListSuppressions(ctx, o.db, store.SuppressionFilter{Limit: 9}))(t)
	if len(left) != 1 || left[0].Address != "ann@example.com" {
		t.Errorf("suppressed are %+v, want ann's address alone", left)
	}
}

func TestRecentLettersOfClients(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, list := o.claimed("ann", "bob")
	o.settle(sent(chunk, 0))
	ids := []int64{list[0].ClientID, list[1].ClientID}

	if at := must(store.LastSent(ctx, o.db, ids[0]))(t); at == nil || !at.Equal(noon) {
		t.Errorf("the last letter to ann went at %v, want %v", at, noon)
	}
	if at := must(store.LastSent(ctx, o.db, ids[1]))(t); at != nil {
		t.Errorf("a letter to bob went at %v: it is only planned", at)
	}
	recent := must(store.LettersSince(ctx, o.db, ids, noon.Add(-time.Hour), noon))(t)
	enrollments := map[int64]int64{}
	for _, letter := range recent {
		enrollments[letter.ClientID] = letter.EnrollmentID
	}
	if diff := cmp.Diff(map[int64]int64{ids[0]: list[0].ID, ids[1]: list[1].ID}, enrollments); diff != "" {
		t.Errorf("recent letters by client (-want +got):\n%s", diff)
	}
	// One that is planned still goes, however long ago it was due.
	evening := noon.Add(6 * time.Hour)
	want := []store.OtherLetter{{ClientID: ids[1], EnrollmentID: list[1].ID, At: evening}}
	if diff := cmp.Diff(want, must(store.LettersSince(ctx, o.db, ids, noon.Add(time.Hour), evening))(t)); diff != "" {
		t.Errorf("recent letters in the evening (-want +got):\n%s", diff)
	}
}
