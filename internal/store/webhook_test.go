package store_test

import (
	"errors"
	"testing"
	"time"

	"seventh/internal/store"
)

func TestWhatIsToldIsWrittenOnceAndSettled(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	enrollment := o.enroll("ann")[0]
	ctx := t.Context()
	told := []store.WebhookDelivery{{Webhook: "crm", ClientID: enrollment.ClientID, EnrollmentID: enrollment.ID, Step: "tell", Body: "{}", CreatedAt: noon}}
	ids := must(store.InsertWebhookDeliveries(ctx, o.db, told))(t)
	if again := must(store.InsertWebhookDeliveries(ctx, o.db, told))(t); len(ids) != 1 || len(again) != 0 {
		t.Fatalf("written %v, then %v", ids, again)
	}
	d := must(store.WebhookDeliveryByID(ctx, o.db, ids[0]))(t)
	if d.State != store.WebhookWaiting || d.Client != "ann" || d.Sequence != "hello" || len(d.EventID) != 36 {
		t.Errorf("written %+v", d)
	}
	later := noon.Add(time.Hour)
	d.State, d.Status, d.Response, d.TriedAt = store.WebhookDelivered, 200, "ok", &later
	ok(t, store.SettleWebhook(ctx, o.db, d))
	d.State = store.WebhookFailed // by somebody who had the same job
	ok(t, store.SettleWebhook(ctx, o.db, d))
	list := must(store.ListWebhookDeliveries(ctx, o.db, store.WebhookFilter{Client: "ann", Webhook: "crm", State: "delivered", Limit: 9}))(t)
	if len(list) != 1 || list[0].Attempts != 1 || list[0].Status != 200 || !list[0].TriedAt.Equal(later) {
		t.Errorf("settled %+v", list)
	}
	if err := store.Erase(ctx, o.db, enrollment.ClientID); err != nil {
		t.Fatal(err)
	}
	if _, err := store.WebhookDeliveryByID(ctx, o.db, ids[0]); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after the client was erased: %v", err)
	}
}

func TestTasksOfARepAreCountedAndLastTouchesFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	people := o.clients("ann", "ben")
	ann, ben := people[0], people[1]
	rep := must(store.SaveUser(ctx, o.db, store.User{Email: "rep@firm.example", Name: "Rep", Role: "rep"}))(t)
	ok(t, store.InsertTasks(ctx, o.db, []store.Task{
		{ClientID: ann.ID, Kind: "call", Origin: "reply", OwnerID: &rep, DueAt: noon, CreatedAt: noon},
		{ClientID: ben.ID, Kind: "call", Origin: "reply", OwnerID: &rep, DueAt: noon.Add(time.Hour), CreatedAt: noon},
		{ClientID: ben.ID, Kind: "task", Origin: "event", DueAt: noon, CreatedAt: noon},
	}))
	if n := must(store.CountTasks(ctx, o.db, rep, noon))(t); n != 1 {
		t.Errorf("%d tasks are due, want 1", n)
	}
	if list := must(store.ListTasks(ctx, o.db, store.TaskFilter{Nobody: true, Origin: "event", Limit: 9}))(t); len(list) != 1 || list[0].Kind != "task" {
		t.Errorf("nobody's: %+v", list)
	}
	for i, kind := range []string{"call", "meeting"} {
		must(store.InsertTouch(ctx, o.db, store.NewTouch{ClientID: ann.ID, Kind: kind, Channel: "call", At: noon.Add(time.Duration(i) * time.Hour), Actor: "rep"}))(t)
	}
	last := must(store.LastTouches(ctx, o.db, []int64{ann.ID, ben.ID}))(t)
	if len(last) != 1 || last[ann.ID].Kind != "meeting" || !last[ann.ID].At.Equal(noon.Add(time.Hour)) {
		t.Errorf("last touches %+v", last)
	}
	if users := must(store.UsersByID(ctx, o.db, []int64{rep, 99}))(t); len(users) != 1 || users[0].Name != "Rep" {
		t.Errorf("users %+v", users)
	}
}
