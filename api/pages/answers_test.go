package pages

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/internal/store"
)

// answers are applied to Ivan's first letter.
func (s *stage) answers(t testing.TB, kind inbound.Kind, a inbound.Answer) {
	t.Helper()
	must(t, s.engine.Apply(t.Context(), engine.Report{MessageID: s.letter, Event: inbound.Event{Kind: kind, Answer: &a}}))
}

func TestRepReadsWhatTheClientWrote(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	s.answers(t, inbound.Replied, inbound.Answer{MessageID: "a", From: "boss@plant.test", Subject: "Re: <b>price</b>", Text: "Who are you?\n<script>alert(1)</script>", OptOut: inbound.LikelyOptOut})
	ann := s.loggedIn(t, "ann@levanto.test")
	const text = "From boss@plant.test:\nWho are you?\n&lt;script&gt;alert(1)&lt;/script&gt;"
	page := ann.get("/tasks").want(http.StatusOK, "Replies <span", "Answer Ivan Petrov: Re: &lt;b&gt;price", text, "Never write to this client again", "The client replied", fmt.Sprintf(`<a href="/letters/%d">The letter that was answered`, s.letter)).without("<script>alert", "<b>price")
	if strings.Index(page.body, "Replies <span") > strings.Index(page.body, "Coming <span") && strings.Contains(page.body, "Coming <span") {
		t.Error("replies are not on top")
	}
	ann.get("/clients/crm-1").want(http.StatusOK, "Replied from boss@plant.test: Re: &lt;b&gt;price", "Who are you?\n&lt;script&gt;", "Never write to this client again").without("<script>alert")
	ann.get("/").want(http.StatusOK, "Replied from boss@plant.test").without("<script>alert")

	task, done := s.taskOf(t, "crm-1", store.TaskOther)
	suppress := strings.TrimSuffix(done, "done") + "suppress"
	s.loggedIn(t, "boris@levanto.test").post(suppress, nil).want(http.StatusForbidden, "another rep")
	ann.post(suppress, nil).want(http.StatusOK, "Nothing automatic will be written to this client again.").without("Never write")
	if task, _ = s.taskOf(t, "crm-1", store.TaskOther); task.State != store.TaskDone || task.ClosedBy != "ann@levanto.test" {
		t.Errorf("the task is %+v", task)
	}
	ann.post(suppress, nil).want(http.StatusOK, "This was closed already.")
	ann.get("/clients/crm-1").want(http.StatusOK, "No automated letters", "Unsubscribed")
}

func TestClientPageSaysWhoIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	back := tuesday.AddDate(0, 0, 30)
	s.answers(t, inbound.AutoReplied, inbound.Answer{MessageID: "a", Text: "I am <away>.", Back: back, Substitute: "Olga <Kern>"})
	ann := s.loggedIn(t, "ann@levanto.test")
	ann.get("/clients/crm-1").want(http.StatusOK, "Out of the office until Thu 3 Apr 2031", "Write to Olga &lt;Kern&gt; meanwhile",
		"It waits: the client is away until Thu 3 Apr 2031", "Automatic reply, away until Thu 3 Apr 2031", "I am &lt;away&gt;.", "The client is back").without("<away>", "<Kern>")
	ann.get("/tasks").want(http.StatusOK, "Notices <span", "is away until Thu 3 Apr 2031; write to Olga &lt;Kern&gt;", "An automatic reply")
	s.loggedIn(t, "boris@levanto.test").post("/clients/crm-1/back", nil).want(http.StatusForbidden, "another rep")
	ann.post("/clients/crm-1/back", nil).want(http.StatusOK, "Back: what waited goes on").without("Out of the office until", "It waits: the client is away")
	ann.post("/clients/crm-1/back", nil).want(http.StatusOK, "was not away any more")
	s.planAll(t)
	ann.get("/tasks").want(http.StatusOK).without("is away until")
}
