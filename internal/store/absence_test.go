package store_test

import (
	"testing"
	"time"

	"seventh/internal/store"
)

func TestAnAbsenceIsKeptChangedAndErased(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	ann := o.clients("ann")[0]
	if a := must(store.AbsenceOf(ctx, o.db, ann.ID))(t); a != nil {
		t.Fatalf("she is away from the beginning: %+v", a)
	}
	day := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	away := &store.Absence{ClientID: ann.ID, Until: noon.AddDate(0, 0, 9), SaidUntil: &day, Substitute: "Olga", SaidAt: noon, NotedAt: noon, Told: "told"}
	ok(t, store.SaveAbsence(ctx, o.db, away))
	away.Until = noon.AddDate(0, 0, 5)
	ok(t, store.SaveAbsence(ctx, o.db, away))
	got := must(store.Absences(ctx, o.db, []int64{ann.ID}, noon))(t)[ann.ID]
	if !got.Until.Equal(away.Until) || !got.SaidUntil.Equal(day) || got.Substitute != "Olga" || got.Told != "told" {
		t.Errorf("she is %+v", got)
	}
	if len(must(store.Absences(ctx, o.db, []int64{ann.ID}, away.Until))(t)) != 0 {
		t.Error("she is away after her return")
	}
	away.EndedAt = &noon
	ok(t, store.SaveAbsence(ctx, o.db, away))
	if len(must(store.Absences(ctx, o.db, []int64{ann.ID}, noon))(t)) != 0 {
		t.Error("she is away though it has ended")
	}
	id := must(store.InsertTaskAbout(ctx, o.db, &store.Task{ClientID: ann.ID, Kind: store.TaskNotice, Title: "Ann is away", Body: "I am away", DueAt: noon, About: store.AboutAway}))(t)
	ok(t, store.RewriteTask(ctx, o.db, id, "Ann is away", "until Monday", false))
	if task := must(store.OpenTaskAbout(ctx, o.db, ann.ID, store.AboutAway))(t); task == nil || task.Body != "until Monday" {
		t.Errorf("the notice is %+v", task)
	}
	ok(t, store.Erase(ctx, o.db, ann.ID))
	var left int
	ok(t, o.db.QueryRow(ctx, "SELECT (SELECT count(*) FROM absences) + (SELECT count(*) FROM tasks)").Scan(&left))
	if left != 0 {
		t.Errorf("%d rows are left of her", left)
	}
}
