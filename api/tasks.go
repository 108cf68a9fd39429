package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/store"
)

// taskJSON is something that a rep should do.
type taskJSON struct {
	ID         int64      `json:"id"`
	Client     string     `json:"client"`
	Rep        string     `json:"rep" doc:"Whose it is; empty for whoever takes it."`
	Kind       string     `json:"kind" enum:"call,task,notice" doc:"notice: news, to be seen and no more."`
	Origin     string     `json:"origin" enum:"sequence,cadence,event,reply" doc:"cadence: the regular call of the client's category."`
	Title      string     `json:"title"`
	Script     string     `json:"script" doc:"What helps with it, filled for the client, as plain text; empty without one."`
	ScriptName string     `json:"script_name" doc:"The file in scripts/ that its step names, without .md. Regular calls of a category have scripts/regular.md, if there is one."`
	Sequence   string     `json:"sequence" doc:"The sequence that waits for it; empty for none."`
	Step       string     `json:"step"`
	State      string     `json:"state" enum:"open,done,given_up,cancelled"`
	DueAt      time.Time  `json:"due_at"`
	LateAt     *time.Time `json:"late_at" doc:"When it should be done at the latest; null for no such moment."`
	CreatedAt  time.Time  `json:"created_at"`
	ClosedAt   *time.Time `json:"closed_at"`
	ClosedBy   string     `json:"closed_by" doc:"A rep's e-mail address, or seventh."`
	Note       string     `json:"note"`
	Text       string     `json:"text" doc:"What the client wrote, the latest first; empty for nothing."`
	About      string     `json:"about" enum:",answer,opt_out,away,automatic" doc:"Of origin reply: answer: a person wrote, and chains with stop_on wait until this is done; opt_out: the client wanted no more letters and gets none; away: he is out of the office; automatic: only machines answer."`
	OptOut     bool       `json:"opt_out" doc:"The client seems to want no more letters: POST /api/v1/tasks/{id}/suppress believes it."`
}

func showTask(t *store.Task, scripts map[int64]string) taskJSON {
	return taskJSON{
		ID: t.ID, Client: t.Client, Rep: t.Owner, Kind: t.Kind, Origin: t.Origin, Title: t.Title, Script: scripts[t.ID], ScriptName: t.Script,
		Sequence: t.Sequence, Step: t.Step, State: t.State, DueAt: t.DueAt.UTC(), LateAt: utc(t.LateAt), CreatedAt: t.CreatedAt.UTC(),
		ClosedAt: utc(t.ClosedAt), ClosedBy: t.ClosedBy, Note: t.Note,
		Text: t.Body, About: t.About, OptOut: t.OptOut,
	}
}

// tasks lists what reps should do.
func (s *server) tasks(ctx context.Context, in *struct {
	Paging
	Rep    string `query:"rep" doc:"E-mail address."`
	Client string `query:"client"`
	State  string `query:"state" enum:"open,done,given_up,cancelled"`
	Kind   string `query:"kind" enum:"call,task,notice"`
	Origin string `query:"origin" enum:"sequence,cadence,event,reply"`
	Order  string `query:"order" enum:"earliest,latest" default:"earliest" doc:"What comes first, by when it is due."`
}) (*list[taskJSON], error) {
	after, last, err := lastTime("tasks", in.Cursor)
	if err != nil {
		return nil, err
	}
	var lastID int64
	if after != nil {
		if lastID, err = strconv.ParseInt(last, 10, 64); err != nil {
			return nil, errCursor
		}
	}
	rows, err := store.ListTasks(ctx, s.DB, store.TaskFilter{
		Client: in.Client, Owner: strings.ToLower(in.Rep), Kind: in.Kind, Origin: in.Origin, State: in.State, Latest: in.Order == "latest",
		After: after, AfterID: lastID, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	scripts, err := s.scripts(ctx, rows)
	if err != nil {
		return nil, err
	}
	show := func(t *store.Task) taskJSON { return showTask(t, scripts) }
	return pageOf(rows, in.Limit, show, func(t *store.Task) string { return timeCursor("tasks", t.DueAt, strconv.FormatInt(t.ID, 10)) }), nil
}

// scripts fills the scripts of tasks, by the tasks' ids.
func (s *server) scripts(ctx context.Context, tasks []store.Task) (map[int64]string, error) {
	if len(tasks) == 0 {
		return nil, nil
	}
	folder, err := s.content.Folder(ctx, s.DB)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil // nothing is published yet
	}
	if err != nil {
		return nil, err
	}
	filled, err := content.FillScripts(ctx, s.DB, folder, tasks)
	if err != nil {
		return nil, err
	}
	texts := make(map[int64]string, len(filled))
	for id, script := range filled {
		texts[id] = script.Text
	}
	return texts, nil
}

type taskAnswer struct{ Body taskJSON }

// taskDone closes a task. Saying the same twice is answered as the first time.
func (s *server) taskDone(ctx context.Context, in *struct {
	ID   int64 `path:"id"`
	Body struct {
		Note string `json:"note,omitempty" maxLength:"2000" doc:"What came of it."`
		Held *bool  `json:"held,omitempty" doc:"Of a call: false if it did not come about; then it does not count as a touch. True if left out."`
		By   string `json:"by,omitempty" doc:"The e-mail address of the rep who did it; the task's rep if left out."`
	}
}) (*taskAnswer, error) {
	task, err := store.TaskByID(ctx, s.DB, in.ID)
	if err != nil {
		return nil, err
	}
	by, note := strings.ToLower(in.Body.By), strings.TrimSpace(in.Body.Note)
	if by == "" {
		by = task.Owner
	}
	check := (&rules{}).check()
	if by == "" {
		check.add("body.by", "is required: nobody owns this task", nil)
	} else {
		_, err := store.UserByEmail(ctx, s.DB, by)
		if err := check.known("body.by", err); err != nil {
			return nil, err
		}
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	closing := s.Engine.CloseTask(ctx, in.ID, engine.Closing{By: by, Note: note, NotHeld: in.Body.Held != nil && !*in.Body.Held})
	if closing != nil && !errors.Is(closing, engine.ErrTaskClosed) {
		return nil, closing
	}
	if task, err = store.TaskByID(ctx, s.DB, in.ID); err != nil {
		return nil, err
	}
	if closing != nil && (task.State != store.TaskDone || task.ClosedBy != by || task.Note != note) {
		return nil, huma.NewError(http.StatusConflict, closedBefore(&task))
	}
	scripts, err := s.scripts(ctx, []store.Task{task})
	return &taskAnswer{Body: showTask(&task, scripts)}, err
}

func closedBefore(t *store.Task) string {
	what := map[string]string{store.TaskDone: "done", store.TaskGivenUp: "given up", store.TaskCancelled: "cancelled"}[t.State]
	return fmt.Sprintf("this task was %s already, by %s on %s", what, t.ClosedBy, t.ClosedAt.UTC().Format("2 Jan 2006 15:04 MST"))
}
