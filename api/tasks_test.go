package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// task gives a client of ann's something to do, and returns its id.
func (k *kit) task(client, kind, origin, title, script string, due time.Time) int64 {
	k.t.Helper()
	var id int64
	err := k.db.QueryRow(k.t.Context(), `
		INSERT INTO tasks (client_id, kind, origin, title, script, owner_id, due_at, created_at)
		SELECT id, $2, $3, $4, $5, owner_id, $6, $6 FROM clients WHERE external_id = $1 RETURNING id`, client, kind, origin, title, script, due).Scan(&id)
	if err != nil {
		k.t.Fatal(err)
	}
	return id
}

func tasksKit(t *testing.T) *kit {
	k := newKit(t)
	k.client("ivan", map[string]any{"owner": "ann@levanto.test", "first_name": "Ivan", "category": "C"})
	k.client("olga", map[string]any{"owner": "boris@levanto.test"})
	k.client("nobodys", nil)
	k.task("ivan", "call", "cadence", "", "", monday.AddDate(0, 0, 1))
	k.task("ivan", "task", "sequence", "Send the sample box", "", monday)
	k.task("olga", "notice", "event", "Olga has read the case", "", monday.AddDate(0, 0, 2))
	k.task("nobodys", "call", "reply", "", "", monday.AddDate(0, 0, 3))
	return k
}

// titles are what a list of tasks says to do for whom, in its order.
func titles(a *answer) []string {
	var list []string
	for _, item := range a.is(200).items() {
		list = append(list, fmt.Sprint(item["kind"], " ", item["client"]))
	}
	return list
}

func TestTasksByRepStateKindAndOrigin(t *testing.T) {
	t.Parallel()
	k := tasksKit(t)
	for query, want := range map[string][]string{
		"":                             {"task ivan", "call ivan", "notice olga", "call nobodys"},
		"order=latest":                 {"call nobodys", "notice olga", "call ivan", "task ivan"},
		"rep=Ann@levanto.test":         {"task ivan", "call ivan"},
		"client=olga":                  {"notice olga"},
		"kind=call":                    {"call ivan", "call nobodys"},
		"origin=cadence":               {"call ivan"},
		"state=open&rep=no@levanto.de": nil,
		"state=done":                   nil,
	} {
		if diff := cmp.Diff(want, titles(k.send("GET", "/api/v1/tasks?"+query, nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	k.send("GET", "/api/v1/tasks?state=forgotten&kind=tea", nil).is(422).names("query.state", "query.kind")
	k.send("GET", "/api/v1/tasks?cursor=bWVzc2FnZXM6MQ", nil).is(422).names("query.cursor")

	for _, order := range []string{"earliest", "latest"} {
		var paged []string
		next := ""
		for range 4 {
			a := k.send("GET", "/api/v1/tasks?limit=1&order="+order+"&cursor="+next, nil)
			paged = append(paged, titles(a)...)
			next = fmt.Sprint(a.json()["next_cursor"])
		}
		if diff := cmp.Diff(titles(k.send("GET", "/api/v1/tasks?order="+order, nil)), paged); diff != "" || next != "" {
			t.Errorf("%s, page by page (-want +got):\n%s", order, diff)
		}
	}
}

func TestTaskHasItsScriptFilled(t *testing.T) {
	t.Parallel()
	k := tasksKit(t)
	item := k.send("GET", "/api/v1/tasks?origin=cadence", nil).is(200).items()[0]
	script := fmt.Sprint(item["script"])
	if !strings.Contains(script, "as usual for category C") || strings.Contains(script, "{{") || item["script_name"] != "" {
		t.Errorf("script %v: %s", item["script_name"], script)
	}
	delete(item, "script")
	want := map[string]any{
		"id": 1.0, "client": "ivan", "rep": "ann@levanto.test", "kind": "call", "origin": "cadence", "title": "", "script_name": "", "sequence": "",
		"step": "", "state": "open", "due_at": monday.AddDate(0, 0, 1).UTC().Format(time.RFC3339), "late_at": nil,
		"created_at": monday.AddDate(0, 0, 1).UTC().Format(time.RFC3339), "closed_at": nil, "closed_by": "", "note": "",
		"text": "", "about": "", "opt_out": false,
	}
	if diff := cmp.Diff(want, item); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTaskIsDoneOnce(t *testing.T) {
	t.Parallel()
	k := tasksKit(t)
	const done = "/api/v1/tasks/1/done"
	first := k.send("POST", done, map[string]any{"note": " He calls back in May. "}).is(200)
	if got := first.json(); got["state"] != "done" || got["closed_by"] != "ann@levanto.test" || got["note"] != "He calls back in May." || got["closed_at"] == nil {
		t.Errorf("done: %v", got)
	}
	again := k.send("POST", done, map[string]any{"note": "He calls back in May.", "by": "Ann@levanto.test"}).is(200)
	if diff := cmp.Diff(first.Body, again.Body); diff != "" {
		t.Errorf("the same said again (-first +second):\n%s", diff)
	}
	for _, other := range []map[string]any{{"note": "No answer"}, {"note": "He calls back in May.", "by": "boris@levanto.test"}} {
		if detail := fmt.Sprint(k.send("POST", done, other).is(409).json()["detail"]); !strings.HasPrefix(detail, "this task was done already, by ann@levanto.test on ") {
			t.Errorf("%v: %s", other, detail)
		}
	}
	if n := k.count("SELECT count(*) FROM tasks WHERE state = 'done'"); n != 1 {
		t.Errorf("%d tasks are done", n)
	}
}

func TestTaskThatCannotBeDone(t *testing.T) {
	t.Parallel()
	k := tasksKit(t)
	k.send("POST", "/api/v1/tasks/99/done", map[string]any{}).is(404)
	k.send("POST", "/api/v1/tasks/1/done", map[string]any{"by": "stranger@levanto.test"}).is(422).names("body.by")
	k.send("POST", "/api/v1/tasks/4/done", map[string]any{}).is(422).names("body.by")
	k.send("POST", "/api/v1/tasks/1/done", map[string]any{"note": strings.Repeat("ж", 2001)}).is(422).names("body.note")
	k.send("POST", "/api/v1/tasks/4/done", map[string]any{"by": "ann@levanto.test"}).is(200)
	k.exec("UPDATE tasks SET state = 'given_up', closed_by = 'seventh', closed_at = $1 WHERE id = 2", monday)
	if detail := k.send("POST", "/api/v1/tasks/2/done", map[string]any{}).is(409).json()["detail"]; detail != "this task was given up already, by seventh on "+monday.UTC().Format("2 Jan 2006 15:04 MST") {
		t.Errorf("given up: %v", detail)
	}
}
