package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

// Letters that were sent, calls, meetings, letters by hand and replies count; what
// annotates a letter, what was not sent and what nobody did with the client does not.
func TestTouchesThatCount(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, list := o.claimed("ann", "bob", "carol")
	o.settle(sent(chunk, 0))
	touch := func(client int64, kind string, at time.Time) {
		t.Helper()
		must(store.InsertTouch(ctx, o.db, store.NewTouch{ClientID: client, Kind: kind, Channel: "other", At: at}))(t)
	}
	early, late := noon.Add(-48*time.Hour), noon.Add(48*time.Hour)
	ann, bob, carol := list[0].ClientID, list[1].ClientID, list[2].ClientID
	for _, kind := range []string{"call", "meeting", "letter", "replied"} {
		touch(ann, kind, early)
		touch(bob, kind, late)
	}
	for _, kind := range []string{"opened", "clicked", "delivered", "note", "auto_replied", "unsubscribed", "meeting_booked", "purchase"} {
		touch(ann, kind, late)
		touch(carol, kind, late)
	}
	facts := must(store.TouchFactsOf(ctx, o.db, []int64{ann, bob, carol}))(t)
	for id, f := range facts {
		for _, at := range []*time.Time{f.LastTouchAt, f.LastHumanTouchAt} {
			if at != nil {
				*at = at.UTC()
			}
		}
		facts[id] = f
	}
	want := map[int64]store.TouchFacts{
		ann: {Touches: 5, LastTouchAt: &noon, LastHumanTouchAt: &early},
		bob: {Touches: 4, LastTouchAt: &late, LastHumanTouchAt: &late},
	}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
