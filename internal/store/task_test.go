package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

func TestATaskFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann := o.enroll("ann")[0]
	late := noon.AddDate(0, 0, 14)
	call := store.Task{
		ClientID: ann.ClientID, EnrollmentID: &ann.ID, Step: "ring", Kind: store.TaskCall, Origin: "sequence", Script: "c/follow-up", DueAt: noon, LateAt: &late, CreatedAt: noon,
	}
	notice := store.Task{ClientID: ann.ClientID, Kind: store.TaskNotice, Origin: "reply", Title: "He replied", DueAt: noon, CreatedAt: noon}
	for range 2 { // a step has one task, whatever happens
		ok(t, store.InsertTasks(ctx, o.db, []store.Task{call}))
	}
	ok(t, store.InsertTasks(ctx, o.db, []store.Task{notice}))

	oldest := must(store.OldestCall(ctx, o.db, ann.ClientID))(t)
	want := call
	want.ID, want.Client, want.Sequence, want.State = oldest.ID, "ann", "hello", store.TaskOpen
	want.Name = oldest.Name
	if diff := cmp.Diff(want, oldest); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if list := must(store.ListTasks(ctx, o.db, store.TaskFilter{Client: "ann", State: store.TaskOpen, Limit: 10}))(t); len(list) != 2 {
		t.Errorf("%d open tasks: %+v", len(list), list)
	}
	if list := must(store.ListTasks(ctx, o.db, store.TaskFilter{After: &noon, AfterID: oldest.ID, Limit: 10}))(t); len(list) != 1 || list[0].Kind != store.TaskNotice {
		t.Errorf("the second page: %+v", list)
	}
	for _, first := range []bool{true, false} {
		if closed := must(store.CloseTask(ctx, o.db, oldest.ID, store.TaskDone, "rep@example.com", "spoke", noon.Add(time.Hour)))(t); closed != first {
			t.Errorf("closed: %t, want %t", closed, first)
		}
	}
	if states := must(store.TasksOfSteps(ctx, o.db, []int64{ann.ID}))(t); states[store.StepRef{EnrollmentID: ann.ID, Step: "ring"}] != store.TaskDone {
		t.Errorf("states %v", states)
	}
	if _, err := store.OldestCall(ctx, o.db, ann.ClientID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("there is a call to be made still: %v", err)
	}
	if got := must(store.TaskByID(ctx, o.db, oldest.ID))(t); got.ClosedBy != "rep@example.com" || got.Note != "spoke" || got.ClosedAt == nil {
		t.Errorf("closed is %+v", got)
	}
}

func TestTasksFollowTheOwner(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann := o.enroll("ann")[0]
	ok(t, store.InsertTasks(ctx, o.db, []store.Task{{ClientID: ann.ClientID, EnrollmentID: &ann.ID, Step: "ring", Kind: store.TaskCall, Origin: "sequence", DueAt: noon, CreatedAt: noon}}))
	owners := must(store.OwnersByEmail(ctx, o.db, []string{"olga@example.com"}))(t)
	change(t, o.db, "UPDATE clients SET owner_id = $1", owners["olga@example.com"])
	ok(t, store.HandTasksOver(ctx, o.db, []int64{ann.ClientID}))
	task := must(store.OldestCall(ctx, o.db, ann.ClientID))(t)
	if task.Owner != "olga@example.com" {
		t.Errorf("it is with %q", task.Owner)
	}
	ok(t, store.GiveUpTasks(ctx, o.db, []store.StepRef{{EnrollmentID: ann.ID, Step: "ring"}}, noon))
	if got := must(store.TaskByID(ctx, o.db, task.ID))(t); got.State != store.TaskGivenUp {
		t.Errorf("it is %s", got.State)
	}
}

func TestAStepIsDecidedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann := o.enroll("ann")[0]
	decide := func(outcome string) {
		ok(t, store.InsertDecisions(ctx, o.db, []store.Decision{{EnrollmentID: ann.ID, ClientID: ann.ClientID, Step: "test", Kind: "split", Outcome: outcome, At: noon}}))
	}
	decide("short")
	decide("long")
	list := must(store.DecisionsOf(ctx, o.db, []int64{ann.ID}))(t)
	if len(list) != 1 || list[0].Outcome != "short" {
		t.Errorf("decided is %+v", list)
	}
	must(store.EndEnrollments(ctx, o.db, []int64{ann.ID}, "finished", noon))(t)
	want := []store.BranchResult{{Step: "test", Branch: "short", People: 1, Ended: map[string]int{"finished": 1}}}
	if diff := cmp.Diff(want, must(store.BranchResults(ctx, o.db, "hello"))(t)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}
