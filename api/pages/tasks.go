package pages

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/store"
)

type tasksPage struct {
	frame
	Zone   string
	Reps   []option
	Groups []taskGroup
	Others bool // they are not the reader's own
	More   bool // there are more than are shown
}

// taskGroup are tasks that are alike in how much they press.
type taskGroup struct {
	Name  string
	Class string
	Tasks []taskPart
}

// taskPart is one thing to do.
type taskPart struct {
	ID       int64
	Kind     string // call, task or notice
	What     string
	Client   string
	Name     string // '' on the client's own page
	Company  string
	Category string
	Phone    string
	Why      string
	Due      moment
	Late     bool
	GivesUp  *moment // when its sequence goes on without it
	Last     string  // touch, in words
	LastAt   *moment
	Owner    string
	May      bool // the reader may close it
	Back     string
	Body     string // what the client wrote
	Reply    bool   // it asks for an answer
	Answered string // address of the letter that the client answered, '' for none
	OptOut   bool   // he seems to want no more letters
	Away     *awayPart
	script   content.Script
}

// Script is what to say: written by package templates, which lets no HTML of a
// client's through.
func (t taskPart) Script() template.HTML { return template.HTML(t.script.HTML) }

const (
	tasksShown  = 200
	comingShown = 14 * 24 * time.Hour // ahead
	nobodys     = "nobody"            // the rep filter's word for tasks without a rep
)

var tasksView = parse[tasksPage]("tasks.html")

// showTasks lists a rep's open tasks, those that press first.
func (s *site) showTasks(c echo.Context) error {
	ctx, f, query := c.Request().Context(), frameOf(c, "tasks", "Tasks"), queryOf(c)
	rep := strings.ToLower(query.Get("rep"))
	if rep == "" && f.User.Role == "rep" {
		rep = f.User.Email
	}
	until := f.scene.now.Add(comingShown)
	filter := store.TaskFilter{State: store.TaskOpen, DueBy: &until, Limit: tasksShown + 1}
	switch rep {
	case nobodys:
		filter.Nobody = true
	case everybody:
	default:
		filter.Owner = rep
	}
	list, err := s.openTasks(ctx, filter)
	if err != nil {
		return err
	}
	page := tasksPage{frame: f, Zone: f.scene.zone.String(), Others: rep != f.User.Email, More: len(list) > tasksShown}
	parts, err := s.taskParts(ctx, f, list[:min(len(list), tasksShown)])
	if err != nil {
		return err
	}
	back := "/tasks"
	if query.Has("rep") {
		back += "?" + url.Values{"rep": {rep}}.Encode()
	}
	for i := range parts {
		parts[i].Back = back
	}
	page.Groups = grouped(parts, f.scene)
	if page.Reps, err = s.taskReps(ctx, rep); err != nil {
		return err
	}
	return tasksView.render(c, http.StatusOK, page)
}

func (s *site) taskReps(ctx context.Context, chosen string) ([]option, error) {
	users, err := store.ListUsers(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	reps := []option{{Value: everybody, Text: "Everybody", Chosen: chosen == everybody || chosen == ""}, {Value: nobodys, Text: "Nobody’s", Chosen: chosen == nobodys}}
	for _, u := range users {
		reps = append(reps, option{Value: u.Email, Text: orElse(u.Name, u.Email), Chosen: u.Email == chosen})
	}
	return reps, nil
}

// grouped sorts tasks by how much they press; calls stand before other tasks.
func grouped(parts []taskPart, sc scene) []taskGroup {
	groups := []taskGroup{{Name: "Replies", Class: "replies"}, {Name: "Late", Class: "late"}, {Name: "Today", Class: "today"}, {Name: "Coming", Class: "coming"}, {Name: "Notices", Class: "notices"}}
	tomorrow := startOf(sc.now, sc.zone).AddDate(0, 0, 1).Format(time.RFC3339)
	for _, t := range parts {
		at := 3
		switch {
		case t.Reply:
			at = 0
		case t.Kind == store.TaskNotice:
			at = 4
		case t.Late:
			at = 1
		case t.Due.Exact < tomorrow:
			at = 2
		}
		groups[at].Tasks = append(groups[at].Tasks, t)
	}
	for i := range groups {
		slices.SortStableFunc(groups[i].Tasks, func(a, b taskPart) int { return strings.Compare(callsFirst(a), callsFirst(b)) })
	}
	return slices.DeleteFunc(groups, func(g taskGroup) bool { return len(g.Tasks) == 0 })
}

func callsFirst(t taskPart) string {
	if t.Kind == store.TaskCall {
		return "0"
	}
	return "1"
}

// isLate tells whether a task should have been done: by its late_at, or for what a
// sequence waits for by the end of the day that it came.
func isLate(t *store.Task, sc scene) bool {
	if t.Kind == store.TaskNotice {
		return false
	}
	if t.Origin == "cadence" && t.LateAt != nil {
		return sc.now.After(*t.LateAt)
	}
	return t.DueAt.Before(startOf(sc.now, sc.zone))
}

// startOf is the beginning of a moment's day.
func startOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// taskParts adds to tasks what a rep wants to know when he picks up the phone.
func (s *site) taskParts(ctx context.Context, f frame, list []store.Task) ([]taskPart, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].ClientID
	}
	found, err := store.ClientsByID(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	clients := make(map[int64]*store.Client, len(found))
	for i := range found {
		clients[found[i].ID] = &found[i]
	}
	away, err := s.awayParts(ctx, f.scene, ids)
	if err != nil {
		return nil, err
	}
	touches, err := store.LastTouches(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	scripts, err := s.scripts(ctx, list)
	if err != nil {
		return nil, err
	}
	answered, err := s.answered(ctx, list)
	if err != nil {
		return nil, err
	}
	parts := make([]taskPart, 0, len(list))
	for i := range list {
		t := &list[i]
		client := clients[t.ClientID]
		if client == nil {
			continue // erased meanwhile
		}
		part := f.scene.task(t, client)
		part.script, part.Away = scripts[t.ID], away[client.ID]
		part.May, part.Answered = mayClose(f.User, t), answered[t.ID]
		if last, any := touches[t.ClientID]; any {
			when := at(last.At, f.scene.zone)
			part.Last, part.LastAt = kindName(last.Kind)+byActor(last.Actor), &when
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func (s *site) scripts(ctx context.Context, list []store.Task) (map[int64]content.Script, error) {
	folder, err := s.content.Folder(ctx, s.DB)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return content.FillScripts(ctx, s.DB, folder, list)
}

func (sc scene) task(t *store.Task, client *store.Client) taskPart {
	part := taskPart{
		ID: t.ID, Kind: t.Kind, What: taskName(t.Kind, t.Title), Client: client.ExternalID, Name: orElse(client.Name(), client.ExternalID),
		Company: client.Company, Category: client.Category, Phone: phoneOf(client), Why: sc.whyTask(t, client), Due: at(t.DueAt, sc.zone),
		Late: isLate(t, sc), Owner: t.Owner, Body: t.Body, Reply: isReply(t), OptOut: t.OptOut,
	}
	if t.Origin == "sequence" && t.LateAt != nil {
		ends := at(*t.LateAt, sc.zone)
		part.GivesUp = &ends
	}
	return part
}

func (sc scene) whyTask(t *store.Task, client *store.Client) string {
	switch t.Origin {
	case "sequence":
		return fmt.Sprintf("“%s”, step %s", sc.title(t.Sequence), t.Step)
	case "cadence":
		why := "Regular call of category " + client.Category
		if t.Title != "" {
			why += ": " + t.Title
		}
		return why
	case "reply":
		switch t.About {
		case store.AboutAway:
			return "An automatic reply"
		case store.AboutAutomatic:
			return fmt.Sprintf("%d automatic replies in a row", engine.OnlyMachines)
		}
		return "The client replied"
	}
	return "Something happened in the CRM"
}

// phoneOf looks for a telephone number among a client's attributes.
func phoneOf(client *store.Client) string {
	for _, name := range slices.Sorted(maps.Keys(client.Attributes)) {
		number, isText := client.Attributes[name].(string)
		if isText && (strings.Contains(strings.ToLower(name), "phone") || slices.Contains([]string{"tel", "mobile"}, strings.ToLower(name))) {
			return number
		}
	}
	return ""
}

// mayClose is the rule for closing tasks: reps do it with their own and nobody's,
// marketers and admins with all.
func mayClose(u *store.User, t *store.Task) bool {
	return u.Role != "rep" || t.OwnerID == nil || *t.OwnerID == u.ID
}

// outcomes of calls and tasks that a rep can choose from; the note says more.
var outcomes = map[string]string{"": "", "spoke": "Spoke with the client", "message": "Left a message", "no_answer": "No answer", "needless": "Not needed any more"}

// closeTask notes that a task is done, or that a notice was seen.
func (s *site) closeTask(c echo.Context) error {
	ctx, user := c.Request().Context(), frameOf(c, "", "").User
	task, err := store.TaskByID(ctx, s.DB, number(c, "id"))
	if err != nil {
		return err
	}
	if !mayClose(user, &task) {
		return problem{http.StatusForbidden, "This is another rep's task. Ask him or a marketer."}
	}
	chosen := c.FormValue("outcome")
	outcome, known := outcomes[chosen]
	note := strings.TrimSpace(storable(c.FormValue("note")))
	if !known || len(note) > 8000 {
		return problem{http.StatusBadRequest, "The note is too long. Keep it under 2,000 characters."}
	}
	if outcome != "" && note != "" {
		outcome += ": "
	}
	flash := "Done."
	if task.Kind == store.TaskNotice {
		flash = "Seen."
	}
	switch err := s.Engine.CloseTask(ctx, task.ID, engine.Closing{By: user.Email, Note: outcome + note, NotHeld: chosen != "" && chosen != "spoke"}); {
	case errors.Is(err, engine.ErrTaskClosed):
		flash = "This was closed already."
	case err != nil:
		return err
	}
	return s.backToTasks(c, flash)
}

// backToTasks says what a form about a task has done, on the page that it came from.
func (s *site) backToTasks(c echo.Context, flash string) error {
	s.sessions.Put(c.Request().Context(), sessionFlash, flash)
	back := localPath(c.FormValue("back"))
	if back == "/" {
		back = "/tasks"
	}
	return c.Redirect(http.StatusSeeOther, back)
}
