package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// Steps that send no letter are done by the planner in its one transaction: what
// they came to (decisions, tasks, other enrollments) and where the enrollment goes
// are written together or not at all, and a step of an enrollment has one decision,
// so that neither a crash nor a second planner does one twice.

// atOnce is how many steps of an enrollment one run of the planner does at most; the
// others are for the next run.
const atOnce = 50

// What is recorded of steps (decisions.outcome), beside the names of branches.
const (
	outcomeDone     = "done"
	outcomeGivenUp  = "given_up"
	outcomeWaited   = "waited"
	outcomeHappened = "happened"
	outcomeTimedOut = "timed_out"
	outcomeSet      = "set"
	outcomeNotified = "notified"
	outcomeTold     = "told"
	outcomeUsedUp   = "used_up"
)

// effects are what steps of a run come to.
type effects struct {
	decisions []store.Decision
	tasks     []store.Task
	givenUp   []store.StepRef
	enrolls   []enrollStep
	told      []Telling
	ends      map[string][]int64 // enrollments that are over, by reason
}

// stepping is an enrollment at steps that send no letter.
type stepping struct {
	p       *planning
	e       *store.Enrollment
	version *Version
	client  *store.Client
	known   *knowledge
	first   bool // no step was done in this run yet
}

// done is what doing a step came to. Without an outcome the enrollment stays at it,
// and has been moved.
type done struct {
	outcome string
	next    sequences.Step
	more    bool   // there is a next one
	end     string // why the enrollment ends
}

// perform does the steps at which an enrollment stands until there is one that
// waits, or sends a letter.
func (p *planning) perform(ctx context.Context, e *store.Enrollment, v *Version, step sequences.Step, client *store.Client, f *facts) error {
	s := &stepping{p: p, e: e, version: v, client: client, known: &f.known, first: true}
	_, away := f.pressure.away[client.ID]
	_, held := f.awaited.from(v, client)
	for range atOnce {
		if !s.performs(step) || !s.first && (away || held) {
			return nil // it has been moved there
		}
		d, err := s.do(step)
		if err != nil || d.outcome == "" {
			return err
		}
		switch {
		case d.end != "":
			p.end(e, d.end)
			return nil
		case !d.more && !v.neverRunsDry:
			p.end(e, endedFinished)
			return nil
		}
		s.moveOn(step, d.next)
		if e.NextAt == nil || e.NextAt.After(p.now) || e.NextStep == "" {
			return nil
		}
		step, s.first = d.next, false
	}
	return nil
}

// performs tells whether a step is done right here. Letters have a run of their own,
// and so have changes of the client (change.go), unless they were made before.
func (s *stepping) performs(step sequences.Step) bool {
	switch step.Kind() {
	case sequences.KindEmail:
		return false
	case sequences.KindSet:
		_, before := s.known.decided[store.StepRef{EnrollmentID: s.e.ID, Step: step.ID}]
		return before
	}
	return true
}

// moveOn is where the enrollment goes from a step that was done now. A move of the
// same run is taken back.
func (s *stepping) moveOn(from, next sequences.Step) {
	e, p := s.e, s.p
	move := s.version.onward(e, from.ID, next, s.client, p.now)
	if move.Waiting == waitsForContent {
		p.freed = append(p.freed, e.ClientID)
		p.engine.Log.Error("enrollment cannot go on", "enrollment_id", e.ID, "sequence", e.Sequence, "step", next.ID)
	}
	e.LastStep, e.NextStep, e.NextAt, e.Waiting, e.DueAt = from.ID, next.ID, move.NextAt, move.Waiting, nil
	p.takeBack(e)
	p.moves = append(p.moves, move)
}

// stay keeps the enrollment at the step where it is until a moment, or what it waits
// for; deadline is kept in due_at.
func (s *stepping) stay(until time.Time, waiting string, deadline *time.Time) done {
	until = until.UTC()
	e, p := s.e, s.p
	var anchor *time.Time
	if !s.first { // it was moved here in this run
		anchor = p.moves[len(p.moves)-1].AnchorAt
		p.moves = p.moves[:len(p.moves)-1]
	}
	m := p.moved(e, &until, waiting)
	m.DueAt, m.AnchorAt = deadline, anchor
	return done{}
}

// decided is a step that was done, and what follows it.
func (s *stepping) decided(step sequences.Step, outcome string, data map[string]any) done {
	s.p.did.decisions = append(s.p.did.decisions, store.Decision{
		EnrollmentID: s.e.ID, ClientID: s.e.ClientID, Step: step.ID, Kind: string(step.Kind()), Outcome: outcome, At: s.p.now, Data: data,
	})
	d := done{outcome: outcome}
	if step.If != nil || len(step.Split) > 0 {
		d.next, d.more = s.version.Sequence.Enter(step, outcome)
	} else {
		d.next, d.more = s.version.Sequence.Next(step.ID)
	}
	return d
}

// do does a step. One that was done before in this enrollment, to which an edit of
// the sequence has brought it back, is passed by the way it went then.
func (s *stepping) do(step sequences.Step) (done, error) {
	if outcome, before := s.known.decided[store.StepRef{EnrollmentID: s.e.ID, Step: step.ID}]; before {
		return s.decided(step, outcome, nil), nil
	}
	switch step.Kind() {
	case sequences.KindIf:
		return s.choose(step), nil
	case sequences.KindSplit:
		return s.share(step), nil
	case sequences.KindWait:
		return s.wait(step), nil
	case sequences.KindCall, sequences.KindTask:
		return s.ask(step)
	case sequences.KindNotify:
		s.p.did.tasks = append(s.p.did.tasks, s.task(step, store.TaskNotice, step.Notify, "", nil))
		return s.decided(step, outcomeNotified, nil), nil
	case sequences.KindEnroll:
		return s.enroll(step), nil
	case sequences.KindWebhook:
		s.p.did.told = append(s.p.did.told, Telling{Enrollment: s.e, Client: s.client, Step: step})
		return s.decided(step, outcomeTold, map[string]any{"webhook": step.Webhook}), nil
	case sequences.KindEnd:
		d := s.decided(step, step.End, nil)
		d.end = step.End
		return d, nil
	}
	return done{}, fmt.Errorf("%w: step %q of version %d of %s does nothing", errContent, step.ID, s.version.Number, s.version.Sequence.Name)
}

// end ends an enrollment no letter of which is under way.
func (p *planning) end(e *store.Enrollment, reason string) {
	p.takeBack(e)
	if p.did.ends == nil {
		p.did.ends = make(map[string][]int64)
	}
	p.did.ends[reason] = append(p.did.ends[reason], e.ID)
}

// takeBack forgets the move that the run has just made of an enrollment.
func (p *planning) takeBack(e *store.Enrollment) {
	if n := len(p.moves); n > 0 && p.moves[n-1].EnrollmentID == e.ID {
		p.moves = p.moves[:n-1]
	}
}

// write stores what steps came to.
func (d *effects) write(ctx context.Context, p *planning) error {
	if err := p.enrollAll(ctx, d.enrolls); err != nil {
		return err
	}
	if len(d.decisions) > 0 {
		if err := store.InsertDecisions(ctx, p.tx, d.decisions); err != nil {
			return err
		}
	}
	if len(d.tasks) > 0 {
		if err := store.InsertTasks(ctx, p.tx, d.tasks); err != nil {
			return err
		}
	}
	if len(d.givenUp) > 0 {
		if err := store.GiveUpTasks(ctx, p.tx, d.givenUp, p.now); err != nil {
			return err
		}
	}
	if err := p.engine.Tell(ctx, p.tx, p.now, d.told); err != nil {
		return err
	}
	for reason, ids := range d.ends {
		if err := p.endAll(ctx, ids, reason); err != nil {
			return err
		}
	}
	return nil
}

// isContent reports whether an error is the content's fault.
func isContent(err error) bool { return errors.Is(err, errContent) }
