package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestClientEntersASequenceOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann := o.enroll("ann")[0]
	bob := o.clients("bob")[0]
	entered := must(store.InsertEnrollments(ctx, o.db, []store.Enrollment{o.fresh(ann.ClientID), o.fresh(bob.ID)}))(t)
	if diff := cmp.Diff([]int64{bob.ID}, entered); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
	must(store.EndEnrollments(ctx, o.db, []int64{ann.ID}, "finished", noon))(t)
	if again := must(store.InsertEnrollments(ctx, o.db, []store.Enrollment{o.fresh(ann.ClientID)}))(t); len(again) != 1 {
		t.Error("the client cannot enter anew after the end")
	}
}

func TestEnrollmentIsReadBackWhole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	due := noon
	want := store.Enrollment{
		ClientID: o.clients("ann")[0].ID, Client: "ann", SequenceID: o.version.SequenceID, Sequence: "hello", VersionID: o.version.ID, State: "active",
		Origin: "automatic", Priority: 20, LastStep: "guide", NextStep: "case", NextAt: &due, AnchorAt: &due, StartedAt: noon,
	}
	must(store.InsertEnrollments(t.Context(), o.db, []store.Enrollment{want}))(t)
	got := must(store.OpenEnrollments(t.Context(), o.db, []int64{want.ClientID}))(t)
	if len(got) != 1 {
		t.Fatalf("%d enrollments", len(got))
	}
	want.ID = got[0].ID
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := store.EnrollmentByID(t.Context(), o.db, 4711); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an enrollment that is not there: %v", err)
	}
}

func TestDueClientsComeInOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob", "carol", "dan", "erin")
	at := func(e store.Enrollment, d time.Duration) store.Move {
		when := noon.Add(d)
		return store.Move{EnrollmentID: e.ID, NextStep: "guide", NextAt: &when, Waiting: "window", OfferName: "spring", OfferExpiresAt: &when}
	}
	ok(t, store.MoveEnrollments(ctx, o.db, []store.Move{
		at(list[0], -time.Minute), at(list[1], -time.Hour), at(list[2], 0), at(list[3], time.Second), at(list[4], -time.Hour),
	}))
	ok(t, store.PauseEnrollment(ctx, o.db, list[4].ID))
	if e := o.enrollment(list[1].ID); e.Waiting != "window" || e.OfferName != "spring" || !e.OfferExpiresAt.Equal(*e.NextAt) {
		t.Errorf("moved to %+v", e)
	}
}

func TestOpenEnrollmentsComeByDate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob", "carol", "dan")
	early := noon.Add(-time.Hour)
	ok(t, store.MoveEnrollments(ctx, o.db, []store.Move{{EnrollmentID: list[0].ID}, {EnrollmentID: list[2].ID, NextAt: &early}}))
	must(store.EndEnrollments(ctx, o.db, []int64{list[3].ID}, "manual", noon))(t)

	var open []int64
	for _, e := range must(store.OpenEnrollmentsByDate(ctx, o.db, ids(t, o.db)))(t) {
		open = append(open, e.ID)
		whole := o.enrollment(e.ID)
		whole.Client, whole.Origin, whole.StartedAt = "", "", time.Time{}
		if diff := cmp.Diff(whole, e); diff != "" {
			t.Errorf("the planner sees (-whole +seen):\n%s", diff)
		}
	}
	if diff := cmp.Diff([]int64{list[2].ID, list[1].ID, list[0].ID}, open); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
}

func TestMovesDoNotWakeTheEnded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	e := o.enroll("ann")[0]
	must(store.EndEnrollments(t.Context(), o.db, []int64{e.ID}, "manual", noon))(t)
	ok(t, store.MoveEnrollments(t.Context(), o.db, []store.Move{{EnrollmentID: e.ID, NextStep: "case", NextAt: &noon, Waiting: "window"}}))
	ok(t, store.HoldEnrollment(t.Context(), o.db, e.ID, "content"))
	if got := o.enrollment(e.ID); got.NextAt != nil || got.NextStep != "guide" || got.Waiting != "" {
		t.Errorf("moved to %+v", got)
	}
}

// Three letters are under way when their enrollments stop: ann's body is on the
// wire, bob's is claimed, carol's is put off.
func stoppedMidway(t *testing.T) (*office, store.Chunk, []store.Enrollment, []int64) {
	t.Helper()
	o := newOffice(t)
	chunk, list := o.claimed("ann", "bob", "carol")
	o.transmit(chunk, "ann")
	ok(t, store.Defer(t.Context(), o.db, chunk.MessageIDs[2:], []time.Time{noon.Add(time.Hour)}, []string{"window"}))
	return o, chunk, list, []int64{list[0].ID, list[1].ID, list[2].ID}
}

func (o *office) states(c store.Chunk) []string {
	o.t.Helper()
	var states []string
	for _, id := range c.MessageIDs {
		states = append(states, o.message(id).State)
	}
	return states
}

func TestEndCancelsLettersThatAreNotOnTheWire(t *testing.T) {
	t.Parallel()
	o, chunk, list, all := stoppedMidway(t)
	ended := must(store.EndEnrollments(t.Context(), o.db, all, "replied", noon))(t)
	slices.Sort(ended)
	if diff := cmp.Diff([]int64{list[0].ClientID, list[1].ClientID, list[2].ClientID}, ended); diff != "" {
		t.Errorf("ended for (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"transmitting", "cancelled", "cancelled"}, o.states(chunk)); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	if left := value[int](t, o.db, "SELECT count(*) FROM deferred"); left != 0 {
		t.Errorf("%d cancelled letters wait for a time of their own", left)
	}
	if m := o.message(chunk.MessageIDs[1]); m.Reason != "replied" {
		t.Errorf("cancelled because of %q", m.Reason)
	}
	if passed := o.transmit(chunk, "ann", "bob", "carol"); len(passed) != 0 {
		t.Errorf("letters %v passed after the end", passed)
	}
	if again := must(store.EndEnrollments(t.Context(), o.db, all, "bounced", noon))(t); len(again) != 0 {
		t.Errorf("ended twice for %v", again)
	}
	if e := o.enrollment(list[1].ID); e.State != "ended" || *e.EndReason != "replied" || !e.EndedAt.Equal(noon) || e.NextAt != nil {
		t.Errorf("the enrollment is %+v", e)
	}
}

func TestPauseHoldsLettersAndResumeFreesThem(t *testing.T) {
	t.Parallel()
	o, chunk, list, all := stoppedMidway(t)
	ctx := t.Context()
	for _, id := range all {
		ok(t, store.PauseEnrollment(ctx, o.db, id))
	}
	if diff := cmp.Diff([]string{"transmitting", "held", "held"}, o.states(chunk)); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	if m := o.message(chunk.MessageIDs[1]); m.Reason != "paused" || m.Until != nil {
		t.Errorf("held because of %q until %v", m.Reason, m.Until)
	}
	o.settle(sent(chunk, 0))
	if e := o.enrollment(list[0].ID); e.State != "paused" || e.NextStep != "case" || e.NextAt == nil {
		t.Errorf("settled while paused, the enrollment is %+v", e)
	}
	for _, due := range must(store.TakeDue(ctx, o.db, noon.AddDate(1, 0, 0), 9))(t) {
		if due.ClientID != 0 {
			t.Errorf("paused enrollment %d is due", due.EnrollmentID)
		}
	}

	for _, id := range all {
		ok(t, store.ResumeEnrollment(ctx, o.db, id, noon))
	}
	if diff := cmp.Diff([]string{"sent", "planned", "planned"}, o.states(chunk)); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	var freed []int64
	for _, d := range must(store.TakeDeferred(ctx, o.db, noon, 9))(t) {
		freed = append(freed, d.MessageID)
	}
	if diff := cmp.Diff(chunk.MessageIDs[1:], freed); diff != "" {
		t.Errorf("due at once (-want +got):\n%s", diff)
	}
	if passed := o.transmit(chunk, "ann", "bob", "carol"); len(passed) != 0 {
		t.Errorf("letters %v passed in the chunk they were taken from", passed)
	}
	if e := o.enrollment(list[1].ID); e.State != "active" {
		t.Errorf("resumed, the enrollment is %s", e.State)
	}
}

func TestEndedEnrollmentIsNeitherPausedNorResumed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	e := o.enroll("ann")[0]
	must(store.EndEnrollments(t.Context(), o.db, []int64{e.ID}, "manual", noon))(t)
	ok(t, store.PauseEnrollment(t.Context(), o.db, e.ID))
	ok(t, store.ResumeEnrollment(t.Context(), o.db, e.ID, noon))
	if got := o.enrollment(e.ID); got.State != "ended" {
		t.Errorf("the enrollment is %s", got.State)
	}
}

func TestWakeReachesOnlyWhoWaitsForThat(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob", "carol", "dan")
	o.plan(list[1])
	ok(t, store.HoldEnrollment(ctx, o.db, list[0].ID, "no_consent"))
	ok(t, store.StopMessages(ctx, o.db, []int64{list[1].ID}, "held", "no_consent"))
	ok(t, store.HoldEnrollment(ctx, o.db, list[1].ID, "no_consent"))
	ok(t, store.HoldEnrollment(ctx, o.db, list[2].ID, "unconfirmed"))

	later := noon.Add(time.Hour)
	ok(t, store.WakeEnrollments(ctx, o.db, ids(t, o.db), []string{"no_consent", "no_email"}, later))
	for i, want := range []store.Move{
		{NextAt: &later, Waiting: "resumed"},
		{NextAt: nil, Waiting: "resumed"}, // his letter is there, and has a date
		{NextAt: nil, Waiting: "unconfirmed"},
		{NextAt: &noon},
	} {
		e := o.enrollment(list[i].ID)
		if diff := cmp.Diff(want, store.Move{NextAt: e.NextAt, Waiting: e.Waiting}); diff != "" {
			t.Errorf("%s's enrollment (-want +got):\n%s", e.Client, diff)
		}
	}
	if freed := must(store.TakeDeferred(ctx, o.db, later, 9))(t); len(freed) != 1 || freed[0].EnrollmentID != list[1].ID {
		t.Errorf("freed letters %+v, want bob's", freed)
	}
}

func TestEnrollmentsAreListedByPage(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob", "carol")
	must(store.EndEnrollments(ctx, o.db, []int64{list[1].ID}, "finished", noon))(t)
	names := func(f store.EnrollmentFilter) (names []string) {
		for _, e := range must(store.ListEnrollments(ctx, o.db, f))(t) {
			names = append(names, e.Client)
		}
		return names
	}
	for _, tc := range []struct {
		filter store.EnrollmentFilter
		want   []string
	}{
		{store.EnrollmentFilter{Limit: 9}, []string{"carol", "bob", "ann"}},
		{store.EnrollmentFilter{Limit: 2}, []string{"carol", "bob"}},
		{store.EnrollmentFilter{Limit: 2, Before: list[1].ID}, []string{"ann"}},
		{store.EnrollmentFilter{Limit: 9, Client: "ann"}, []string{"ann"}},
		{store.EnrollmentFilter{Limit: 9, State: "ended"}, []string{"bob"}},
		{store.EnrollmentFilter{Limit: 9, Sequence: "hello", State: "active"}, []string{"carol", "ann"}},
		{store.EnrollmentFilter{Limit: 9, Sequence: "other"}, nil},
	} {
		if diff := cmp.Diff(tc.want, names(tc.filter)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tc.filter, diff)
		}
	}
}

func TestLastEndedIsTheLatestOfEachSequence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	first := o.enroll("ann")[0]
	must(store.EndEnrollments(ctx, o.db, []int64{first.ID}, "finished", noon.Add(time.Hour)))(t)
	must(store.InsertEnrollments(ctx, o.db, []store.Enrollment{o.fresh(first.ClientID)}))(t)
	second := must(store.OpenEnrollments(ctx, o.db, []int64{first.ClientID}))(t)[0]
	must(store.EndEnrollments(ctx, o.db, []int64{second.ID}, "replied", noon))(t)
	must(store.InsertEnrollments(ctx, o.db, []store.Enrollment{o.fresh(first.ClientID)}))(t)

	last := must(store.LastEnded(ctx, o.db, []int64{first.ClientID}))(t)
	if len(last) != 1 || last[0].ID != first.ID {
		t.Errorf("ended last: %+v, want enrollment %d", last, first.ID)
	}
}
