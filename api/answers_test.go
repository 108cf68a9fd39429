package api

import (
	"fmt"
	"strings"
	"testing"
)

func TestAwayIsShownAndEnded(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ivan", map[string]any{"first_name": "Ivan"})
	if _, there := k.send("GET", "/api/v1/clients/ivan", nil).is(200).json()["away"]; there {
		t.Error("ivan is away from the beginning")
	}
	k.exec(`INSERT INTO absences (client_id, until, said_until, substitute, said_at, noted_at)
		SELECT id, '2099-03-03 21:00Z', '2099-03-03', 'Olga', business_now(), business_now() FROM clients`)
	away, _ := k.send("GET", "/api/v1/clients/ivan", nil).is(200).json()["away"].(map[string]any)
	if away["substitute"] != "Olga" || away["said_until"] != "2099-03-03" {
		t.Errorf("he is %v", away)
	}
	k.client("ivan", map[string]any{"first_name": "Iwan"}) // the CRM knows nothing of it
	if _, there := k.send("GET", "/api/v1/clients/ivan", nil).is(200).json()["away"]; !there {
		t.Error("a change by the CRM ended the absence")
	}
	for range 2 {
		k.send("DELETE", "/api/v1/clients/ivan/absence", nil).is(204)
	}
	if _, there := k.send("GET", "/api/v1/clients/ivan", nil).is(200).json()["away"]; there {
		t.Error("ivan is away still")
	}
	k.send("DELETE", "/api/v1/clients/nobody/absence", nil).is(404)
}

func TestATaskSuppressesWhoAsksForIt(t *testing.T) {
	t.Parallel()
	k := tasksKit(t)
	tasks := k.send("GET", "/api/v1/tasks?client=ivan&kind=task", nil).is(200).items()
	path := "/api/v1/tasks/" + fmt.Sprint(tasks[0]["id"]) + "/suppress"
	k.send("POST", path, nil).is(409)
	k.exec("UPDATE tasks SET origin = 'reply', about = 'answer', opt_out = true, body = 'Stop it' WHERE kind = 'task'")
	task := k.send("GET", "/api/v1/tasks?client=ivan&origin=reply", nil).is(200).items()[0]
	if task["text"] != "Stop it" || task["about"] != "answer" || task["opt_out"] != true {
		t.Errorf("the task is %v", task)
	}
	k.send("POST", path, map[string]any{"by": "nobody@levanto.test"}).is(422)
	for range 2 {
		if got := k.send("POST", path, nil).is(200).json(); got["state"] != "done" || got["closed_by"] != "ann@levanto.test" {
			t.Errorf("the task is %v", got)
		}
	}
	list := k.send("GET", "/api/v1/suppressions", nil).is(200).items()
	if len(list) != 1 || list[0]["source"] != "rep" || list[0]["reason"] != "unsubscribed" || !strings.HasPrefix(fmt.Sprint(list[0]["email"]), "ivan@") {
		t.Errorf("suppressed are %v", list)
	}
}
