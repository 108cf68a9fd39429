package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

// What happened since the start of an enrollment, to its letters and its client.
func TestHistoryOfAnEnrollment(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, enrollments := o.claimed("ann", "bob")
	ann := enrollments[0]
	o.transmit(chunk, "ann", "bob")
	o.settle(sent(chunk, 0))
	letter := chunk.MessageIDs[0]
	start := value[time.Time](t, o.db, "SELECT started_at FROM enrollments WHERE id = $1", ann.ID)
	hour := start.Add(time.Hour)
	hit := store.Hit{MessageID: letter, Purpose: "clicked", At: hour}
	ok(t, store.RecordHits(ctx, o.db, []store.Hit{hit}))
	for kind, at := range map[string]time.Time{"call": hour, "meeting": hour, "note": hour, "replied": start.Add(-time.Hour)} {
		must(store.InsertTouch(ctx, o.db, store.NewTouch{ClientID: ann.ClientID, Kind: kind, Channel: "call", At: at, Actor: "rep"}))(t)
	}
	must(store.InsertEvent(ctx, o.db, store.Event{ID: "1", ClientID: ann.ClientID, Type: "deal_won", At: hour}))(t)
	must(store.InsertEvent(ctx, o.db, store.Event{ID: "2", ClientID: ann.ClientID, Type: "custom:webinar", At: start.Add(-time.Hour)}))(t)
	ok(t, store.InsertDecisions(ctx, o.db, []store.Decision{{EnrollmentID: ann.ID, ClientID: ann.ClientID, Step: "ring", Kind: "call", Outcome: "done", At: hour}}))

	var got []string
	for _, h := range must(store.HistoryOf(ctx, o.db, []int64{ann.ID}))(t) {
		got = append(got, fmt.Sprintf("%s(%s) %t", h.Kind, h.Step, h.Human))
	}
	slices.Sort(got)
	want := []string{"called() false", "clicked(guide) false", "deal_won() false", "done(ring) false", "met() false", "purchased() false", "sent(guide) false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Hints are written only about clients in a version that listens.
func TestHintsForSequencesThatListen(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, enrollments := o.claimed("ann", "bob")
	o.transmit(chunk, "ann", "bob")
	o.settle(sent(chunk, 0))
	ann, bob := enrollments[0].ClientID, enrollments[1].ClientID
	hit := store.Hit{MessageID: chunk.MessageIDs[0], Purpose: "opened", Link: -1, At: noon}
	hints := func(want ...int64) {
		t.Helper()
		got := must(store.TakeHappened(ctx, o.db, 100))(t)
		slices.Sort(got)
		if diff := cmp.Diff(want, slices.Compact(got)); len(want)+len(got) > 0 && diff != "" {
			t.Errorf("hints (-want +got):\n%s", diff)
		}
	}
	ok(t, store.NoteHappened(ctx, o.db, []int64{ann, bob}))
	verdict := store.TouchVerdict{MessageID: hit.MessageID, Kind: "opened", Link: -1, Actor: "machine", At: noon}
	judge := func() {
		t.Helper()
		ok(t, store.JudgeTouches(ctx, o.db, []store.TouchVerdict{verdict}))
	}
	ok(t, store.RecordHits(ctx, o.db, []store.Hit{hit}))
	judge()
	hints()
	change(t, o.db, "UPDATE sequence_versions SET listens = true")
	ok(t, store.RecordHits(ctx, o.db, []store.Hit{hit, hit}))
	hints() // nobody knows whose they are
	judge()
	hints() // as it was
	verdict.Actor = "human"
	judge()
	hints(ann)
	hit.Purpose, hit.Link = "clicked", 2
	ok(t, store.RecordHits(ctx, o.db, []store.Hit{hit, hit}))
	verdict.Kind, verdict.Link, verdict.Actor, verdict.First = "clicked", 2, "unknown", true
	judge() // some authors go by any click
	ok(t, store.NoteHappened(ctx, o.db, []int64{bob, 4711}))
	hints(ann, bob)
	must(store.EndEnrollments(ctx, o.db, []int64{enrollments[1].ID}, "finished", noon))(t)
	ok(t, store.NoteHappened(ctx, o.db, []int64{bob}))
	hints()
}

// A letter of a pool that the client has had is left out, and does not keep others.
func TestAPoolsLetterGoesOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann, bob := o.enroll("ann")[0], o.enroll("bob")[0]
	tip := func(e store.Enrollment, occurrence int) store.Planned {
		return store.Planned{EnrollmentID: e.ID, ClientID: e.ClientID, Step: "monthly", Occurrence: occurrence, Pooled: true, Template: "c/tip", DueAt: noon, NotAfter: noon.Add(time.Hour)}
	}
	if _, carried, err := store.InsertChunk(ctx, o.db, "team@example.com", []store.Planned{tip(ann, 1)}); err != nil || carried != 1 {
		t.Fatal(carried, err)
	}
	both := []store.Planned{tip(ann, 2), tip(bob, 1)}
	if _, carried, err := store.InsertChunk(ctx, o.db, "team@example.com", both); err != nil || carried != 1 {
		t.Fatal(carried, err)
	}
	change(t, o.db, "UPDATE enrollments SET next_step = 'monthly', next_at = NULL")
	ok(t, store.LookAtMissed(ctx, o.db, both, noon))
	if again := value[int64](t, o.db, "SELECT id FROM enrollments WHERE next_at = $1", noon); again != ann.ID {
		t.Errorf("enrollment %d is decided anew", again)
	}
	letters := must(store.PoolLetters(ctx, o.db, []int64{ann.ClientID, bob.ClientID}, []string{"c/tip", "c/other"}))(t)
	if len(letters) != 2 || !letters[0].Had || !letters[1].Had {
		t.Errorf("they have had %+v", letters)
	}
	must(store.EndEnrollments(ctx, o.db, []int64{ann.ID}, "manual", noon))(t)
	letters = must(store.PoolLetters(ctx, o.db, []int64{ann.ClientID}, []string{"c/tip"}))(t)
	if len(letters) != 1 || letters[0].Had {
		t.Errorf("of a letter that was cancelled: %+v", letters)
	}
	if counts := must(store.Occurrences(ctx, o.db, []int64{ann.ID}))(t); counts[store.StepRef{EnrollmentID: ann.ID, Step: "monthly"}] != 1 {
		t.Errorf("letters so far: %v", counts)
	}
}

func TestLocksThatNobodyHas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann, bob := o.clients("ann")[0], o.clients("bob")[0]
	stop := must(o.db.Begin(ctx))(t)
	ok(t, store.LockAddresses(ctx, stop, []string{ann.Address}))
	must(store.LockClients(ctx, stop, []int64{ann.ID}))(t)
	other := must(o.db.Begin(ctx))(t)
	if got := must(store.TryLockAddresses(ctx, other, []string{ann.Address, bob.Address, ""}))(t); len(got) != 1 || !got[bob.Address] {
		t.Errorf("locked %v", got)
	}
	if got := must(store.TryLockClients(ctx, other, []int64{ann.ID, bob.ID}))(t); len(got) != 1 || got[0].ID != bob.ID {
		t.Errorf("locked %+v", got)
	}
	ok(t, stop.Rollback(ctx))
	ok(t, other.Rollback(ctx))
}
