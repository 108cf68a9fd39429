package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// Whatever else a group commit writes, T2 waits for a stop that is under way, and sees it.
func TestT2WaitsForAStopWhateverElseIsWritten(t *testing.T) {
	t.Parallel()
	for name, beside := range map[string]func(*store.GroupCommit, store.Settlement){
		"alone":                         func(*store.GroupCommit, store.Settlement) {},
		"beside a settled transmission": func(g *store.GroupCommit, s store.Settlement) { g.Settled = []int64{s.ContentID} },
		"beside a sent letter":          func(g *store.GroupCommit, s store.Settlement) { g.Sent = []store.Settlement{s} },
		"beside one whose chunk is gone": func(g *store.GroupCommit, s store.Settlement) {
			s.ChunkID = 4711
			g.Sent = []store.Settlement{s}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			chunk, _ := o.claimed("ann", "bob")
			o.transmit(chunk, "ann")
			content := guide
			content.Recipient = "bob@example.com"
			group := store.GroupCommit{
				Now: noon, WorkerID: value[int32](t, o.db, "SELECT worker_id FROM chunks"), Consents: []string{optIn},
				Wanted: []store.Transmit{{Content: content, MessageID: chunk.MessageIDs[1], ChunkID: chunk.ID, Fence: chunk.Fence, Sequence: "hello"}},
			}
			answered := sent(chunk, 0)
			answered.ContentRef = o.places[answered.MessageID]
			beside(&group, answered)

			stop := must(o.db.Begin(t.Context()))(t)
			ok(t, store.LockAddresses(t.Context(), stop, []string{"bob@example.com"}))
			passed := make(chan store.Transmission)
			go func() {
				p, err := store.CommitGroup(t.Context(), o.db, group)
				if err != nil {
					t.Error(err)
				}
				passed <- p
			}()
			o.somebodyWaits()
			change(t, stop, "INSERT INTO suppressions (address, reason, created_at) VALUES ('bob@example.com', 'unsubscribed', now())")
			ok(t, stop.Commit(t.Context()))
			if p := <-passed; len(p.MessageIDs) != 0 {
				t.Errorf("letters %v passed a stop", p.MessageIDs)
			}
		})
	}
}

// The server's answer comes while others take over from its worker: it counts.
func TestAnAnswerDuringABurialCounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	worker, conn := o.worker()
	chunk := must(store.ClaimChunk(t.Context(), o.db, o.plan(o.enroll("ann")...), worker))(t)
	o.transmit(chunk, "ann")
	ok(t, conn.Close(t.Context()))
	answered := sent(chunk, 0)
	answered.ContentRef = o.places[answered.MessageID]
	written := make(chan error)
	o.tx(func(tx pgx.Tx) error {
		for unconfirmed := int64(0); unconfirmed == 0; { // until the lock of the closed connection is free
			var err error
			if _, unconfirmed, err = store.BuryWorker(t.Context(), tx, worker, noon); err != nil {
				return err
			}
		}
		go func() {
			_, err := store.CommitGroup(t.Context(), o.db, store.GroupCommit{Now: noon, Sent: []store.Settlement{answered}, WorkerID: worker})
			written <- err
		}()
		o.somebodyWaits()
		return nil
	})
	ok(t, <-written)
	if m := o.message(chunk.MessageIDs[0]); m.State != "sent" {
		t.Errorf("after its 250 the letter is %s", m.State)
	}
}

func TestErasingReachesALetterOnTheWire(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, list := o.claimed("ann", "bob")
	o.transmit(chunk, "ann", "bob")
	ok(t, store.Erase(t.Context(), o.db, list[0].ClientID))
	if left := value[int](t, o.db, "SELECT count(*) FROM contents WHERE 'ann@example.com' = ANY(recipients)"); left != 0 {
		t.Error("the letter of an erased client still says what it said")
	}
	if kept := value[int](t, o.db, "SELECT count(*) FROM erased_letters"); kept != 1 {
		t.Errorf("%d letters can be unsubscribed from after their client was erased, want the one on the wire", kept)
	}
	if others := value[int](t, o.db, "SELECT count(*) FROM contents WHERE 'bob@example.com' = ANY(recipients)"); others != 1 {
		t.Error("somebody else's letter was emptied too")
	}
}
