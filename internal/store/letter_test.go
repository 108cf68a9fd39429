package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestStateOfALetterFollowsItsWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	id := o.plan(o.enroll("ann")...)
	message := value[int64](t, o.db, "SELECT id FROM messages")
	want := func(state string) {
		t.Helper()
		if got := o.message(message).State; got != state {
			t.Errorf("the letter is %s, want %s", got, state)
		}
		if listed := must(store.ListMessages(ctx, o.db, store.MessageFilter{State: state, Limit: 9}))(t); len(listed) != 1 {
			t.Errorf("%d letters are listed as %s", len(listed), state)
		}
	}
	want("planned")
	worker, _ := o.worker()
	chunk := must(store.ClaimChunk(ctx, o.db, id, worker))(t)
	want("claimed")
	o.transmit(chunk, "ann")
	want("transmitting")
	o.settle(sent(chunk, 0))
	want("sent")
	if _, err := store.MessageByID(ctx, o.db, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a letter that is not there: %v", err)
	}
}

func TestLettersAreListedByPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann", "bob", "carol")
	o.settle(sent(chunk, 0))
	after := noon.Add(time.Second)
	for _, tc := range []struct {
		filter store.MessageFilter
		want   []string
	}{
		{store.MessageFilter{Limit: 9}, []string{"carol", "bob", "ann"}},
		{store.MessageFilter{Limit: 2}, []string{"carol", "bob"}},
		{store.MessageFilter{Limit: 2, Before: chunk.MessageIDs[1]}, []string{"ann"}},
		{store.MessageFilter{Limit: 9, Client: "bob"}, []string{"bob"}},
		{store.MessageFilter{Limit: 9, Sequence: "hello", State: "sent"}, []string{"ann"}},
		{store.MessageFilter{Limit: 9, Sequence: "other"}, nil},
		{store.MessageFilter{Limit: 9, Sender: "team@example.com", State: "claimed"}, []string{"carol", "bob"}},
		{store.MessageFilter{Limit: 9, Sender: "ann@example.com"}, nil},
		{store.MessageFilter{Limit: 9, Since: &noon}, []string{"carol", "bob", "ann"}},
		{store.MessageFilter{Limit: 9, Since: &after}, nil},
	} {
		var got []string
		for _, m := range must(store.ListMessages(t.Context(), o.db, tc.filter))(t) {
			got = append(got, m.Client)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tc.filter, diff)
		}
	}
}

func TestSentLetterCanBeRebuiltAndItsLinksFollowed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	letter := store.Letter{
		Hash: []byte("hash"), Template: "c/guide", Locale: "en", Fixed: []byte("fixed"), Destinations: []string{"https://example.com/a", "", ""},
	}
	ok(t, store.SaveLetter(ctx, o.db, letter))
	letter.Fixed = []byte("other bytes under the same hash")
	ok(t, store.SaveLetter(ctx, o.db, letter))

	chunk, _ := o.claimed("ann", "bob")
	content := guide
	content.Recipient, content.Destinations = "ann@example.com", []string{"", "https://example.com/b?client=ann", ""}
	o.pass(chunk, store.Transmit{Content: content, MessageID: chunk.MessageIDs[0], ChunkID: chunk.ID, Fence: chunk.Fence})
	o.settle(sent(chunk, 0))
	if diff := cmp.Diff(store.Source{Fixed: []byte("fixed"), Personal: []byte("personal")}, must(store.MessageSource(ctx, o.db, chunk.MessageIDs[0]))(t)); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	if _, err := store.MessageSource(ctx, o.db, chunk.MessageIDs[1]); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the source of a letter that never went out: %v", err)
	}
	for link, want := range map[int]string{0: "https://example.com/a", 1: "https://example.com/b?client=ann", 2: "", 3: "", -1: ""} {
		got, err := store.DestinationOf(ctx, o.db, chunk.MessageIDs[0], link)
		if got.URL != want || (want == "") != errors.Is(err, store.ErrNotFound) {
			t.Errorf("link %d leads to %q (%v), want %q", link, got.URL, err, want)
		}
	}
	if _, err := store.DestinationOf(ctx, o.db, chunk.MessageIDs[1], 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a link of a letter that never went out: %v", err)
	}
}

func TestLettersNameTheirSenders(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann")
	senders := must(store.SendersOf(t.Context(), o.db, []int64{chunk.MessageIDs[0], 4711}))(t)
	if diff := cmp.Diff(map[int64]string{chunk.MessageIDs[0]: "team@example.com"}, senders); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLetterWithoutPersonalLinksUsesTheCommonOnes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ok(t, store.SaveLetter(t.Context(), o.db, store.Letter{Hash: []byte("hash"), Fixed: []byte("fixed"), Destinations: []string{"https://example.com/a"}}))
	chunk, _ := o.claimed("ann")
	o.transmit(chunk, "ann")
	o.settle(sent(chunk, 0))
	if got := must(store.DestinationOf(t.Context(), o.db, chunk.MessageIDs[0], 0))(t).URL; got != "https://example.com/a" {
		t.Errorf("the link leads to %q", got)
	}
}
