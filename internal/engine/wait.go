package engine

import (
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// wait waits for a time or an event. While it does, the enrollment's waiting says
// so; an event's deadline is in due_at.
func (s *stepping) wait(step sequences.Step) done {
	w, now := step.Wait, s.p.now
	if s.e.Waiting == waitsInStep {
		return s.decided(step, outcomeWaited, nil)
	}
	if s.e.Waiting == waitsForEvent && s.e.DueAt != nil {
		return s.await(step, *s.e.DueAt)
	}
	from := now
	if !w.For.IsZero() && s.e.Waiting != resumed && s.e.NextAt != nil {
		from = *s.e.NextAt // as a delay of the next step would count, however late the planner is
	}
	until := w.Until(from.In(s.version.zoneOf(s.client)), s.version.timing(s.client).Delayed).UTC()
	switch {
	case w.Event != nil:
		return s.await(step, until)
	case !until.After(now):
		return s.decided(step, outcomeWaited, nil)
	}
	return s.stay(until, waitsInStep, nil)
}

// await looks whether what is waited for has happened, early or by now.
func (s *stepping) await(step sequences.Step, deadline time.Time) done {
	facts, now := s.facts(), s.p.now
	switch {
	case step.Wait.Event.Match(facts, now):
		return s.decided(step, outcomeHappened, nil)
	case !deadline.After(now):
		return s.decided(step, outcomeTimedOut, nil)
	}
	look := deadline
	if turn, ok := step.Wait.Event.Changes(facts, now); ok && turn.Before(look) {
		look = turn // time alone may make it true
	}
	return s.stay(look, waitsForEvent, &deadline)
}

// ask gives the rep a call or another task, and waits until it is done (CloseTask
// goes on then) or given up.
func (s *stepping) ask(step sequences.Step) (done, error) {
	ref := store.StepRef{EnrollmentID: s.e.ID, Step: step.ID}
	state, asked := s.known.tasks[ref]
	switch {
	case asked && state == store.TaskDone:
		return s.decided(step, outcomeDone, nil), nil
	case asked && (state != store.TaskOpen || s.e.Waiting == waitsForTask):
		s.p.did.givenUp = append(s.p.did.givenUp, ref)
		return s.decided(step, outcomeGivenUp, nil), nil
	}
	zone, timing := s.version.zoneOf(s.client), s.version.timing(s.client)
	opens, _, err := timing.Opening(s.p.now.In(zone))
	if err != nil {
		return done{}, contentError(err)
	}
	if opens.After(s.p.now) {
		return s.stay(opens, waitsForWindow, nil), nil
	}
	late := timing.Delayed(step.GivesUpAfter(), s.p.now.In(zone)).UTC()
	if !asked {
		kind, script := store.TaskCall, step.Call
		if step.Task != "" {
			kind, script = store.TaskOther, step.Script
		}
		s.p.did.tasks = append(s.p.did.tasks, s.task(step, kind, step.Task, script, &late))
	}
	return s.stay(late, waitsForTask, nil), nil
}

// task is what a step gives the client's rep to do.
func (s *stepping) task(step sequences.Step, kind, title, script string, late *time.Time) store.Task {
	return store.Task{
		ClientID: s.client.ID, EnrollmentID: &s.e.ID, Step: step.ID, Kind: kind, Origin: "sequence", Title: title, Script: script,
		OwnerID: s.client.OwnerID, DueAt: s.p.now, LateAt: late, CreatedAt: s.p.now,
	}
}
