package pages

import (
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/store"
)

const careYAML = `sequence: care
title: Care in person
window: office
priority: 30
steps:
  - id: test
    split:
      - { name: short, weight: 1, steps: [ { id: news, notify: A new client to look after } ] }
      - { name: long, weight: 0, steps: [ { id: brochure, email: c/guide } ] }
  - id: known
    if: category = C
    then: [ { id: ring, call: c/follow-up, give_up: 5bd } ]
    else: [ { id: box, task: Send the sample box, give_up: 5bd } ]
  - { id: crm, webhook: crm }
  - { id: answer, wait: { event: replied, timeout: 7d } }
  - id: interested
    if: clicked or replied
    then: [ { id: visit, after: 1d, call: c/follow-up }, { id: over, end: goal } ]
    else: [ { id: tip, email: c/case } ]
  - { id: last, after: 3d, email: c/pressure }
`

// careStage is a stage on which Zoe, who is Ann's, and Yan, who is Boris's, have come
// to the tasks of a sequence with all kinds of steps. Zoe's has waited since Monday.
func careStage(t testing.TB, change func(*Options)) *stage {
	t.Helper()
	ctx := t.Context()
	s := newStage(t, change)
	folder := make(fstest.MapFS)
	must(t, fs.WalkDir(content.BuiltIn(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(content.BuiltIn(), name)
		folder[name] = &fstest.MapFile{Data: body}
		return err
	}))
	folder["sequences/care.yaml"] = &fstest.MapFile{Data: []byte(careYAML)}
	settings := folder[content.SettingsFile]
	settings.Data = append(settings.Data, "\nwebhooks: { crm: { url: \"https://crm.example.com/hook\" } }\n"...)
	loaded, problems, err := content.Load(folder)
	must(t, err)
	if loaded == nil {
		t.Fatal(problems)
	}
	_, err = content.Publish(ctx, s.pool, loaded)
	must(t, err)
	s.client(t, "crm-4", "zoe@dairy.test", "Zoe", "Kern", "South Dairy", "C", "ann@levanto.test", "Europe/Moscow")
	s.client(t, "crm-5", "yan@print.test", "Yan", "<i>Roth</i>", "West Print", "D", "boris@levanto.test", "")
	_, err = s.pool.Exec(ctx, `UPDATE clients SET attributes = '{"phone": "+7 495 000-11-22", "compressor": "screw"}' WHERE external_id = 'crm-4'`)
	must(t, err)
	must(t, store.Tx(ctx, s.pool, func(tx pgx.Tx) error {
		_, err := s.engine.Enroll(ctx, tx, engine.EnrollRequest{Sequence: "care", Clients: []string{"crm-4", "crm-5"}})
		return err
	}))
	s.planAll(t)
	_, err = s.pool.Exec(ctx, "UPDATE tasks SET due_at = due_at - interval '1 day' WHERE kind = 'call'")
	must(t, err)
	_, err = s.pool.Exec(ctx, `
		INSERT INTO tasks (client_id, kind, origin, title, owner_id, due_at, late_at, created_at)
		SELECT id, 'call', 'cadence', '', owner_id, $1, $2, $1 FROM clients WHERE external_id = 'crm-1'`,
		tuesday.AddDate(0, 0, 3), tuesday.AddDate(0, 0, 10))
	must(t, err)
	return s
}

func (s *stage) planAll(t testing.TB) {
	t.Helper()
	for {
		planned, err := s.engine.Plan(t.Context())
		must(t, err)
		if !planned.Any() {
			return
		}
	}
}

// taskOf is a client's task of a kind, and the address that closes it.
func (s *stage) taskOf(t testing.TB, client, kind string) (store.Task, string) {
	t.Helper()
	list, err := store.ListTasks(context.Background(), s.pool, store.TaskFilter{Client: client, Kind: kind, Limit: 1})
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("%s has no %s", client, kind)
	}
	return list[0], "/tasks/" + strconv.FormatInt(list[0].ID, 10) + "/done"
}

func TestRepSeesWhatToDoAndWhy(t *testing.T) {
	t.Parallel()
	s := careStage(t, nil)
	s.loggedIn(t, "ann@levanto.test").get("/tasks").want(http.StatusOK,
		"Late <span", "Zoe Kern", "South Dairy", `<a href="tel:&#43;7%20495%20000-11-22">`, "<strong>Call</strong>", "“Care in person”, step ring", "No touch yet",
		"goes on without it", "How does your compressor (screw) behave?", "<h2>Ask</h2>",
		"Coming <span", "Ivan Petrov", "Regular call of category C", "A courtesy call", "Last touch: Clicked",
		"Notices <span", "A new client to look after", "Seen", `title="2 of yours to do now"`).without("Yan", "Send the sample box", "{{")
	s.loggedIn(t, "boris@levanto.test").get("/tasks").want(http.StatusOK, "Today <span", "Send the sample box", "Yan &lt;i&gt;Roth&lt;/i&gt;").without("Zoe", "<i>Roth")
	mary := s.loggedIn(t, "mary@levanto.test")
	mary.get("/tasks").want(http.StatusOK, "Zoe Kern", "Send the sample box")
	mary.get("/tasks?rep=boris@levanto.test").want(http.StatusOK, "Send the sample box", `value="boris@levanto.test" selected`).without("Zoe")
	mary.get("/tasks?rep=nobody").want(http.StatusOK, "Nothing to do here")
}

func TestTaskIsDoneWithANote(t *testing.T) {
	t.Parallel()
	s := careStage(t, nil)
	ann := s.loggedIn(t, "ann@levanto.test")
	_, done := s.taskOf(t, "crm-4", "call")
	ann.post(done, url.Values{"outcome": {"spoke"}, "note": {"wants a quote"}, "back": {"/tasks"}}).want(http.StatusOK, "Done.").without("step ring")
	task, _ := s.taskOf(t, "crm-4", "call")
	if task.State != store.TaskDone || task.ClosedBy != "ann@levanto.test" || task.Note != "Spoke with the client: wants a quote" {
		t.Errorf("the task is %+v", task)
	}
	ann.post(done, url.Values{"back": {"//evil.test/"}}).want(http.StatusOK, "This was closed already.")
	ann.get("/clients/crm-4").want(http.StatusOK, "Call: done", "Call: Spoke with the client: wants a quote")
	_, seen := s.taskOf(t, "crm-4", "notice")
	ann.post(seen, nil).want(http.StatusOK, "Seen.")
}

func TestTaskOfAnotherRepIsNotClosed(t *testing.T) {
	t.Parallel()
	s := careStage(t, nil)
	_, done := s.taskOf(t, "crm-5", "task")
	ann := s.loggedIn(t, "ann@levanto.test")
	ann.post(done, nil).want(http.StatusForbidden, "This is another rep")
	ann.post("/tasks/999/done", nil).want(http.StatusNotFound)
	mary := s.loggedIn(t, "mary@levanto.test")
	mary.post(done, url.Values{"outcome": {"nonsense"}}).want(http.StatusBadRequest)
	mary.post(done, nil).want(http.StatusOK, "Done.")
}

func TestClientPageShowsTheWay(t *testing.T) {
	t.Parallel()
	s := careStage(t, nil)
	ann := s.loggedIn(t, "ann@levanto.test")
	ann.get("/clients/crm-4").want(http.StatusOK,
		"To do", "What to say", "Test: branch short", "If category = C: yes → then", "Notice for the rep",
		"Step 5 of 13 · step ring", "Call by the rep", "Waits for the rep, and goes on as soon as it is done; without it on ",
		"Tell crm", "Wait for replied, at most 7d", "Depends on: clicked or replied", "if so:", "call, script c/follow-up → end: goal", "if not:", "letter c/case")
	task, _ := s.taskOf(t, "crm-4", "call")
	must(t, s.engine.CloseTask(t.Context(), task.ID, "ann@levanto.test", ""))
	s.planAll(t)
	ann.get("/clients/crm-4").want(http.StatusOK, "Call: done", "Tell crm", "Waits for: replied. Goes on without it on Tue 11 Mar 2031",
		"What other systems were told", "on its way")
	s.loggedIn(t, "mary@levanto.test").get("/sequences").want(http.StatusOK,
		"at once · if category = C", `class="depth-1"`, "task: Send the sample box", "What came of split test", `<td>short</td><td class="n">2</td>`, `<td>long</td><td class="n">0</td>`)
}

func TestLateness(t *testing.T) {
	t.Parallel()
	sc := scene{now: tuesday, zone: time.UTC}
	yesterday, week := tuesday.AddDate(0, 0, -1), tuesday.AddDate(0, 0, 7)
	for name, tc := range map[string]struct {
		task store.Task
		late bool
	}{
		"a call that a sequence asked for yesterday":     {store.Task{Kind: "call", Origin: "sequence", DueAt: yesterday, LateAt: &week}, true},
		"one of this morning":                            {store.Task{Kind: "call", Origin: "sequence", DueAt: tuesday.Add(-time.Hour)}, false},
		"a regular call that may be made for a week yet": {store.Task{Kind: "call", Origin: "cadence", DueAt: yesterday, LateAt: &week}, false},
		"a regular call whose time is over":              {store.Task{Kind: "call", Origin: "cadence", DueAt: yesterday.AddDate(0, 0, -7), LateAt: &yesterday}, true},
		"news is never late":                             {store.Task{Kind: "notice", Origin: "event", DueAt: yesterday}, false},
	} {
		if got := isLate(&tc.task, sc); got != tc.late {
			t.Errorf("%s: late is %v", name, got)
		}
	}
}

func TestBrowserRepClosesATask(t *testing.T) {
	t.Parallel()
	s := careStage(t, nil)
	b := newBrowser(t)
	b.logIn(s, "ann@levanto.test")
	_, done := s.taskOf(t, "crm-4", "call")
	form := `form[action="` + done + `"]`
	b.do(click(`nav a[href="/tasks"]`), shows("late", "Zoe Kern"), shows("task-count", "2"),
		click(".task.late .script summary"), shows("prose", "compressor (screw)"),
		chromedp.Evaluate[chromedp.Void](`window.stayed = true`),
		chromedp.SendKeys(chromedp.CSS(form+` input[name=note]`), "wants a quote"), click(form+" button"),
		shows("flash", "Done."), hides("tasks", "step ring"), chromedp.Poll[chromedp.Void](`window.stayed && document.querySelector("#task-count").textContent.trim() === "1"`),
		click(".kind-notice button"), shows("flash", "Seen."), hides("tasks", "A new client"),
		chromedp.Poll[chromedp.Void](`document.querySelector("#task-count").textContent.trim() === ""`))
	if task, _ := s.taskOf(t, "crm-4", "call"); task.Note != "wants a quote" {
		t.Errorf("the note is %q", task.Note)
	}
}
