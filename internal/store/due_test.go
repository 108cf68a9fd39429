package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

// takenClients takes what is due and returns the clients, in order of their ids,
// with those of stale hints left out.
func (o *office) takenClients(limit int) (clients []int64) {
	o.t.Helper()
	for _, d := range must(store.TakeDue(o.t.Context(), o.db, noon, limit))(o.t) {
		if d.ClientID != 0 {
			clients = append(clients, d.ClientID)
		}
	}
	slices.Sort(clients)
	return clients
}

func TestDueIsTakenOnceEarliestFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob", "carol", "dan", "erin")
	o.takenClients(9)
	at := func(e store.Enrollment, d time.Duration) store.Move {
		when := noon.Add(d)
		return store.Move{EnrollmentID: e.ID, NextStep: "guide", NextAt: &when}
	}
	ok(t, store.MoveEnrollments(ctx, o.db, []store.Move{
		at(list[0], -time.Minute), at(list[1], -time.Hour), at(list[2], 0), at(list[3], time.Second), at(list[4], -time.Hour),
	}))
	ok(t, store.PauseEnrollment(ctx, o.db, list[4].ID))
	if diff := cmp.Diff([]int64{list[1].ClientID}, o.takenClients(2)); diff != "" { // and erin's, who is paused
		t.Errorf("the first two (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{list[0].ClientID, list[2].ClientID}, o.takenClients(9)); diff != "" {
		t.Errorf("the others (-want +got):\n%s", diff)
	}
	if again := o.takenClients(9); again != nil {
		t.Errorf("taken twice: %v", again)
	}
	ok(t, store.ReturnDue(ctx, o.db, []int64{list[0].ID, list[4].ID}))
	if diff := cmp.Diff([]int64{list[0].ClientID}, o.takenClients(9)); diff != "" {
		t.Errorf("returned (-want +got):\n%s", diff)
	}
}

func TestEnrollmentThatWasMovedIsDueAtItsNewDateOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	e := o.enroll("ann")[0]
	tomorrow := noon.Add(24 * time.Hour)
	ok(t, store.MoveEnrollments(ctx, o.db, []store.Move{{EnrollmentID: e.ID, NextStep: "guide", NextAt: &tomorrow}}))
	if early := o.takenClients(9); early != nil {
		t.Errorf("taken before their time: %v", early)
	}
	due := must(store.TakeDue(ctx, o.db, tomorrow, 9))(t)
	if diff := cmp.Diff([]store.Due{{EnrollmentID: e.ID, ClientID: e.ClientID}}, due); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

// Whatever changes an enrollment's date, also somebody at the database's own
// prompt, the planner hears of it; and should a hint be lost, it is mended.
func TestNobodyIsForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob")
	o.takenClients(9)
	change(t, o.db, "UPDATE enrollments SET next_at = $1", noon)
	if got := o.takenClients(9); len(got) != 2 {
		t.Fatalf("%v are due after a change by hand", got)
	}
	ok(t, store.ReturnDue(ctx, o.db, []int64{list[0].ID}))
	if mended := must(store.MendDue(ctx, o.db))(t); mended != 1 {
		t.Errorf("%d forgotten enrollments were found, want bob's", mended)
	}
	if got := o.takenClients(9); len(got) != 2 {
		t.Errorf("%v are due after mending", got)
	}
	if mended := must(store.MendDue(ctx, o.db))(t); mended != 2 {
		t.Errorf("%d were found after both had been taken", mended)
	}
}
