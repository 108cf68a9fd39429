package store_test

import (
	"testing"
	"time"

	"seventh/internal/store"
)

func (o *office) nextCall(client int64, due time.Duration) store.NextCall {
	at := noon.Add(due)
	return store.NextCall{ClientID: client, Category: "C", Every: "1mo", GivenAt: noon, DueAt: &at, LateAt: at.AddDate(0, 0, 1)}
}

func TestTasksAreMadeOfCallsThatAreDue(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob", "carol", "dan")
	o.takenClients(9)
	_, err := o.db.Exec(ctx, "UPDATE clients SET review_at = NULL")
	ok(t, err)
	due := make([]store.NextCall, len(list))
	for i, after := range []time.Duration{-time.Hour, 0, time.Second, -2 * time.Hour} {
		due[i] = o.nextCall(list[i].ClientID, after)
	}
	ok(t, store.SaveNextCalls(ctx, o.db, due))
	next := must(store.NextDue(ctx, o.db))(t)
	last := must(store.LastDue(ctx, o.db, noon.Add(time.Minute)))(t)
	if next == nil || !next.Equal(noon.Add(-2*time.Hour)) || last == nil || !last.Equal(noon.Add(time.Second)) {
		t.Errorf("the clock sees what is due from %v to %v", next, last)
	}
	ok(t, store.ReviewClients(ctx, o.db, []int64{list[3].ClientID}, noon.Add(-time.Minute))) // he may have changed
	if n := must(store.CountDue(ctx, o.db, noon))(t); n != 4 {
		t.Errorf("%d are due, want three calls and a review", n)
	}
	for range 2 {
		if n := must(store.CallsDue(ctx, o.db, noon, 1))(t); n != 1 {
			t.Errorf("made %d tasks of at most one", n)
		}
	}
	if n := must(store.CallsDue(ctx, o.db, noon, 9))(t); n != 0 {
		t.Errorf("made %d tasks more", n)
	}
	tasks := must(store.ListTasks(ctx, o.db, store.TaskFilter{Limit: 9}))(t)
	if len(tasks) != 2 || tasks[0].Client != "ann" || tasks[1].Client != "bob" || tasks[0].Origin != "cadence" || !tasks[0].DueAt.Equal(noon.Add(-time.Hour)) {
		t.Errorf("tasks %+v", tasks)
	}
	for i, want := range []time.Duration{-time.Hour, 0, time.Second} {
		if at := must(store.NextCallAt(ctx, o.db, list[i].ClientID))(t); at == nil || !at.Equal(noon.Add(want)) {
			t.Errorf("%s is called on %v", list[i].Client, at)
		}
	}
	ok(t, store.DropNextCalls(ctx, o.db, []int64{list[2].ClientID}))
	if at := must(store.NextCallAt(ctx, o.db, list[2].ClientID))(t); at != nil {
		t.Errorf("carol is called on %v", at)
	}
}

func TestForgottenCallsAreFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob")
	_, err := o.db.Exec(ctx, "UPDATE clients SET review_at = NULL")
	ok(t, err)
	ok(t, store.SaveNextCalls(ctx, o.db, []store.NextCall{o.nextCall(list[0].ClientID, 0), o.nextCall(list[1].ClientID, time.Hour)}))
	must(store.CallsDue(ctx, o.db, noon, 9))(t)
	if n := must(store.MendCalls(ctx, o.db, noon))(t); n != 0 {
		t.Errorf("%d are forgotten", n)
	}
	task := must(store.ListTasks(ctx, o.db, store.TaskFilter{Limit: 9}))(t)[0]
	must(store.CloseTask(ctx, o.db, task.ID, store.TaskDone, "ann", "", noon))(t) // past the engine
	if n := must(store.MendCalls(ctx, o.db, noon))(t); n != 1 {
		t.Errorf("%d are forgotten, want ann", n)
	}
	if ids := must(store.ClientsForReview(ctx, o.db, noon, 9))(t); len(ids) != 1 || ids[0] != list[0].ClientID {
		t.Errorf("reviewed are %v", ids)
	}
}

func TestErasingAClientForgetsHisCalls(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	client := o.enroll("ann")[0].ClientID
	ok(t, store.SaveNextCalls(t.Context(), o.db, []store.NextCall{o.nextCall(client, -time.Hour)}))
	ok(t, store.Erase(t.Context(), o.db, client))
	if at := must(store.LastDue(t.Context(), o.db, noon.Add(-time.Minute)))(t); at != nil {
		t.Error("his call is still due")
	}
}
