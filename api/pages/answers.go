package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// awayPart says until when a client is out of the office.
type awayPart struct {
	Until      string // the day that he states, or when letters go again
	Substitute string // whom he names instead, '' for nobody
	Said       bool   // he states a day
	At         moment // when he said it
}

// awayParts are those of the clients who are away now, by id.
func (s *site) awayParts(ctx context.Context, sc scene, clientIDs []int64) (map[int64]*awayPart, error) {
	absences, err := store.Absences(ctx, s.DB, clientIDs, sc.now)
	if err != nil {
		return nil, err
	}
	parts := make(map[int64]*awayPart, len(absences))
	for id, a := range absences {
		part := &awayPart{Until: a.Until.In(sc.zone).Format("Mon 2 Jan 2006"), Substitute: a.Substitute, At: at(a.SaidAt, sc.zone)}
		if a.SaidUntil != nil {
			part.Until, part.Said = a.SaidUntil.UTC().Format("Mon 2 Jan 2006"), true
		}
		parts[id] = part
	}
	return parts, nil
}

// isReply tells whether a task asks for an answer, or for a look at who answers.
func isReply(t *store.Task) bool { return t.Origin == "reply" && t.Kind != store.TaskNotice }

// answered are the addresses of the letters that clients answered, by task.
func (s *site) answered(ctx context.Context, list []store.Task) (map[int64]string, error) {
	var clients, tasks []int64
	for i := range list {
		if isReply(&list[i]) {
			clients, tasks = append(clients, list[i].ClientID), append(tasks, list[i].ID)
		}
	}
	if len(tasks) == 0 {
		return nil, nil
	}
	letters, err := store.LettersAnswered(ctx, s.DB, clients, tasks)
	if err != nil {
		return nil, err
	}
	addresses := make(map[int64]string, len(letters))
	for task, letter := range letters {
		addresses[task] = fmt.Sprintf("/letters/%d", letter)
	}
	return addresses, nil
}

// openTasks are those that a page shows, what clients wrote in front.
func (s *site) openTasks(ctx context.Context, filter store.TaskFilter) ([]store.Task, error) {
	all, err := store.ListTasks(ctx, s.DB, filter)
	if err != nil || len(all) < filter.Limit {
		return all, err
	}
	filter.Origin = "reply" // they may be due behind all that are shown
	list, err := store.ListTasks(ctx, s.DB, filter)
	for i := range all {
		if all[i].Origin != "reply" {
			list = append(list, all[i])
		}
	}
	return list, err
}

// suppressByTask is the click that keeps a client from being written again who seems to
// ask for that.
func (s *site) suppressByTask(c echo.Context) error {
	ctx, user := c.Request().Context(), frameOf(c, "", "").User
	task, err := store.TaskByID(ctx, s.DB, number(c, "id"))
	if err != nil {
		return err
	}
	if !mayClose(user, &task) {
		return problem{http.StatusForbidden, "This is another rep's task. Ask him or a marketer."}
	}
	flash := "Nothing automatic will be written to this client again."
	switch err := s.Engine.SuppressByTask(ctx, task.ID, user.Email); {
	case errors.Is(err, engine.ErrTaskClosed):
		flash = "This was closed already."
	case errors.Is(err, engine.ErrNoOptOut):
		return problem{http.StatusConflict, "Nobody asks for no more letters here. Use the list of suppressions."}
	case err != nil:
		return err
	}
	return s.backToTasks(c, flash)
}

// endAbsence is that somebody knows a client is back.
func (s *site) endAbsence(c echo.Context) error {
	ctx := c.Request().Context()
	client, err := store.ClientByExternalID(ctx, s.DB, param(c, "client"))
	if err != nil {
		return err
	}
	if !maySteer(frameOf(c, "", "").User, &client) {
		return problem{http.StatusForbidden, "This is another rep's client. Ask the owner or a marketer."}
	}
	was, err := s.Engine.EndAbsence(ctx, client.ID)
	if err != nil {
		return err
	}
	flash := "Back: what waited goes on at its next opening."
	if !was {
		flash = "This client was not away any more."
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, fmt.Sprintf("/clients/%s", url.PathEscape(client.ExternalID)))
}

// wrote is what a client wrote, of a touch that is an answer.
func wrote(r store.Touch) string {
	if r.Kind != "replied" && r.Kind != "auto_replied" {
		return ""
	}
	text, _ := r.Data["text"].(string)
	return text
}

// answered says what an answer is about, without its text.
func answered(r store.Touch) string {
	text := kindName(r.Kind)
	if from, _ := r.Data["from"].(string); from != "" {
		text += " from " + from
	}
	if back, _ := r.Data["back"].(string); back != "" {
		text += ", away until " + day(back)
	}
	return withDetail(text, detail(r.Data, "subject"))
}
