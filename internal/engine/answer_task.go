package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"seventh/internal/store"
)

// taskToAnswer is the client's open task to answer what he wrote; a new one, if there
// is none. However much he writes, it is one.
func (s *stop) taskToAnswer(ctx context.Context, now time.Time) (int64, error) {
	open, err := store.OpenTaskAbout(ctx, s.tx, s.client.ID, store.AboutAnswer)
	if err != nil {
		return 0, err
	}
	if open != nil {
		return open.ID, nil
	}
	return store.InsertTaskAbout(ctx, s.tx, &store.Task{
		ClientID: s.client.ID, Kind: store.TaskOther, Title: "Answer " + s.name(), OwnerID: s.client.OwnerID, DueAt: now, About: store.AboutAnswer,
	})
}

// writeTask writes all that the client wrote into the task to answer it, the latest on
// top.
func (s *stop) writeTask(ctx context.Context, task int64, l *store.ToldLetter) error {
	answers, err := store.AnswersOfTask(ctx, s.tx, s.client.ID, task)
	if err != nil || len(answers) == 0 {
		return err
	}
	zone := time.UTC
	if catalog, err := s.engine.Catalog(ctx, s.tx); err == nil {
		zone = catalog.Zone
	}
	title := "Answer " + s.name()
	if subject, _ := answers[0].Data["subject"].(string); subject != "" {
		title += ": " + subject
	} else if ours, err := store.MessageByID(ctx, s.tx, l.MessageID); err != nil {
		return err
	} else if ours.Subject != "" {
		title += ": " + ours.Subject
	}
	var body strings.Builder
	optOut := false
	for i, a := range answers {
		if i > 0 {
			fmt.Fprintf(&body, "\n\n%s:\n", a.At.In(zone).Format("2 Jan 2006 15:04"))
		}
		body.WriteString(textOf(a.Data))
		optOut = optOut || a.Data["opt_out"] != nil
	}
	return store.RewriteTask(ctx, s.tx, task, title, body.String(), optOut)
}

// textOf is what an answer says, and whose it is if not the client's own.
func textOf(data map[string]any) string {
	text, _ := data["text"].(string)
	if from, _ := data["from"].(string); from != "" {
		return "From " + from + ":\n" + text
	}
	return text
}

// tell has one open task about something, with this text; the latest one counts.
func (s *stop) tell(ctx context.Context, kind, about, title, body string, now time.Time) error {
	open, err := store.OpenTaskAbout(ctx, s.tx, s.client.ID, about)
	if err != nil {
		return err
	}
	if open != nil {
		return store.RewriteTask(ctx, s.tx, open.ID, title, body, false)
	}
	_, err = store.InsertTaskAbout(ctx, s.tx, &store.Task{
		ClientID: s.client.ID, Kind: kind, Title: title, OwnerID: s.client.OwnerID, DueAt: now, Body: body, About: about,
	})
	return err
}

// WantsNoMore is the note of a task that was closed by SuppressByTask.
const WantsNoMore = "wants no more letters"

// ErrNoOptOut says that a task is about nobody who may want no more letters.
var ErrNoOptOut = errors.New("nobody asks for no more letters in this task")

// SuppressByTask keeps a client from being mailed again who seems to ask for that in
// what the task is about, because the rep says so, and closes the task. A second call
// returns ErrTaskClosed.
func (e *Engine) SuppressByTask(ctx context.Context, id int64, by string) error {
	task, err := store.TaskByID(ctx, e.DB, id)
	if err != nil {
		return err
	}
	if !task.OptOut {
		return ErrNoOptOut
	}
	err = e.stopping(ctx, task.ClientID, func(s *stop) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if err := s.closeTask(ctx, &task, by, WantsNoMore, now); err != nil {
			return err
		}
		if _, err := s.suppress(ctx, endedUnsubscribed, "rep", s.client.Address); err != nil {
			return err
		}
		_, err = s.note(ctx, store.NewTouch{ClientID: s.client.ID, Kind: endedUnsubscribed, Channel: "email", At: now, Actor: "human"}, now)
		return err
	})
	if err != nil && !errors.Is(err, ErrTaskClosed) {
		return fmt.Errorf("suppressing by task %d: %w", id, err)
	}
	return err
}
