package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// ErrTaskClosed says that a task was done, given up or cancelled before.
var ErrTaskClosed = errors.New("this task is closed already")

// Closing is how a task was closed.
type Closing struct {
	By   string // the rep's address, or who else
	Note string // what came of it
	// NotHeld says that a call did not come about: nobody answered, or it was not needed.
	NotHeld bool
}

// CloseTask notes that a rep has done a task. A call becomes a touch of the client,
// which counts only if it was held, and the sequence that waits for the task goes on:
// the next step's delay counts from now. A second call changes nothing and returns
// ErrTaskClosed.
func (e *Engine) CloseTask(ctx context.Context, id int64, c Closing) error {
	task, err := store.TaskByID(ctx, e.DB, id)
	if err != nil {
		return err
	}
	err = e.stopping(ctx, task.ClientID, func(s *stop) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if task, err = store.TaskByID(ctx, s.tx, id); err != nil { // its step may have another name by now
			return err
		}
		if err := s.closeTask(ctx, &task, c.By, c.Note, now); err != nil || task.Kind != store.TaskCall {
			return err
		}
		rep, err := repOf(ctx, s.tx, c.By)
		if err != nil {
			return err
		}
		data := map[string]any{"task": task.ID}
		if c.Note != "" {
			data["note"] = c.Note
		}
		kind := "call"
		if c.NotHeld {
			kind = "note"
		}
		_, err = s.note(ctx, store.NewTouch{
			ClientID: task.ClientID, Kind: kind, Channel: "call", At: now, Actor: "rep", EnrollmentID: task.EnrollmentID, RepID: rep, Data: data,
		}, now)
		return err
	})
	if err != nil && !errors.Is(err, ErrTaskClosed) {
		return fmt.Errorf("closing task %d: %w", id, err)
	}
	return err
}

// repOf is the user with an address; nil if it is nobody's.
func repOf(ctx context.Context, db store.DB, by string) (*int64, error) {
	user, err := store.UserByEmail(ctx, db, by)
	if isNotFound(err) {
		return nil, nil
	}
	return &user.ID, err
}

// closeTask marks a task done and lets its sequence go on. The client is locked, so
// that the planner cannot give it up at the same moment.
func (s *stop) closeTask(ctx context.Context, task *store.Task, by, note string, now time.Time) error {
	open, err := store.CloseTask(ctx, s.tx, task.ID, store.TaskDone, by, note, now)
	if err != nil {
		return err
	}
	if !open {
		return ErrTaskClosed
	}
	if task.EnrollmentID != nil && task.Kind != store.TaskNotice {
		if err := s.taskDone(ctx, task, now); err != nil {
			return err
		}
	}
	if task.About == store.AboutAnswer {
		if err := s.engine.isAnswered(ctx, s.tx, &s.client, now); err != nil {
			return err
		}
	}
	if err := s.engine.happened(ctx, s.tx, []int64{s.client.ID}, false, now); err != nil {
		return err
	}
	return store.Notify(ctx, s.tx, store.PlanChannel)
}

// taskDone moves an enrollment on from its task's step, also one that is paused.
func (s *stop) taskDone(ctx context.Context, task *store.Task, now time.Time) error {
	enrollment, err := store.EnrollmentByID(ctx, s.tx, *task.EnrollmentID)
	if err != nil || enrollment.State == "ended" || enrollment.NextStep != task.Step {
		return err
	}
	version, err := s.engine.Version(ctx, s.tx, enrollment.VersionID)
	if err != nil {
		return err
	}
	err = store.InsertDecisions(ctx, s.tx, []store.Decision{{
		EnrollmentID: enrollment.ID, ClientID: s.client.ID, Step: task.Step, Kind: task.Kind, Outcome: outcomeDone, At: now,
	}})
	if err != nil {
		return err
	}
	next, more := version.Sequence.Next(task.Step)
	if !more && !version.neverRunsDry {
		return s.end(ctx, endedFinished, func(other store.Enrollment, _ *Version) bool { return other.ID == enrollment.ID })
	}
	move := version.onward(&enrollment, task.Step, next, &s.client, now)
	return store.MoveEnrollments(ctx, s.tx, []store.Move{move})
}

// onward is the move to the step after one that was done at a moment. If the step
// cannot be dated the enrollment waits for better content; the zero step is the end
// of a chain that never runs dry, which the planner looks at.
func (v *Version) onward(e *store.Enrollment, done string, next sequences.Step, client *store.Client, at time.Time) store.Move {
	move := store.Move{
		EnrollmentID: e.ID, LastStep: done, NextStep: next.ID, NextAt: &at, AnchorAt: &at, OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt,
	}
	if next.ID == "" {
		return move
	}
	due, err := v.Due(next, at, client)
	if err != nil {
		move.NextAt, move.Waiting = nil, waitsForContent
		return move
	}
	move.NextAt = &due
	return move
}

// NoteTouch writes down what a person did: a rep's call, a meeting, a client's
// reply. A call is what a sequence may wait for: it closes the oldest task for one.
// It returns the touch's id in the ledger.
func (e *Engine) NoteTouch(ctx context.Context, t store.NewTouch) (id string, err error) {
	err = e.stopping(ctx, t.ClientID, func(s *stop) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if t.Kind == "call" && t.EnrollmentID == nil {
			if err := s.answerCall(ctx, &t, now); err != nil {
				return err
			}
		}
		if id, err = s.note(ctx, t, now); err != nil {
			return err
		}
		if t.Kind == "replied" {
			return s.end(ctx, endedReplied, exitingOn("reply"))
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("writing down a touch: %w", err)
	}
	return id, nil
}

// answerCall closes the oldest task for a call that a sequence waits for: whoever
// calls on his own has called.
func (s *stop) answerCall(ctx context.Context, t *store.NewTouch, now time.Time) error {
	task, err := store.OldestCall(ctx, s.tx, s.client.ID)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	t.EnrollmentID = task.EnrollmentID
	by, err := s.repOf(ctx, t)
	if err != nil {
		return err
	}
	note, _ := t.Data["note"].(string)
	return s.closeTask(ctx, &task, by, note, now)
}

// repOf is the address of the rep who touched the client: his own one, if no other is
// named.
func (s *stop) repOf(ctx context.Context, t *store.NewTouch) (string, error) {
	if t.RepID == nil {
		return s.client.Owner, nil
	}
	rep, err := store.UserByID(ctx, s.tx, *t.RepID)
	return rep.Email, err
}

// note writes a touch, and what follows from there being one more.
func (s *stop) note(ctx context.Context, t store.NewTouch, now time.Time) (string, error) {
	id, err := s.write(ctx, t, now)
	if err != nil {
		return "", err
	}
	if err := s.engine.happened(ctx, s.tx, []int64{s.client.ID}, true, now); err != nil {
		return "", err
	}
	return id, store.Notify(ctx, s.tx, store.PlanChannel)
}
