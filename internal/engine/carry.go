package engine

import (
	"context"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// carry takes somebody from the steps of the version he is in to those of another.
func (p *planning) carry(ctx context.Context, f *store.Follower, to *Version, client *store.Client) error {
	from, err := p.engine.Version(ctx, p.tx, f.VersionID)
	if err != nil {
		return err
	}
	passage := to.passageFrom(from)
	was := f.NextStep
	before, _ := from.Sequence.Step(was)
	before = repeated(&f.Enrollment, before)
	step, how := passage.To(was, f.LastStep)
	if f.Held != "" && how == sequences.Stays {
		return nil // he goes on when it has gone
	}
	if f.Waiting == waitsForLetters {
		switch more := passage.More(was, f.LastStep); {
		case more:
			f.Waiting, f.WaitingDetail, f.NextAt = waitsForNothing, "", &p.now
		case to.Sequence.OnChange != sequences.FollowSteps:
			return nil // pinned, and there is nothing new for him
		}
	}
	f.VersionID, f.Priority, f.Edited = to.ID, to.Sequence.Priority, true
	if last, there := passage.Last(f.LastStep); there {
		f.LastStep = last
	}
	switch {
	case how == sequences.Ends:
		p.carried.removed = append(p.carried.removed, f.ID)
		return nil
	case step.ID == "" && !to.neverRunsDry:
		p.carried.done = append(p.carried.done, f.ID)
		return nil
	case step.ID == "" && was != "":
		f.NextAt, f.Waiting, f.WaitingDetail, f.DueAt, f.Lanes = &p.now, waitsForNothing, "", nil, "" // it is decided what comes at the end
	}
	f.NextStep = step.ID
	step = repeated(&f.Enrollment, step)
	if how == sequences.Stays && before.Kind() != step.Kind() && inStep(f.Waiting) {
		how = sequences.Replaced // by another step of that name
	}
	if step.ID != "" {
		if err := p.dateAnew(f, how, to, before, step, client); err != nil {
			return err
		}
	}
	switch ref := (store.StepRef{EnrollmentID: f.ID, Step: was}); {
	case was == "":
	case how != sequences.Stays:
		p.carried.dropped = append(p.carried.dropped, ref)
	case was != step.ID:
		p.carried.renamed, p.carried.newNames = append(p.carried.renamed, ref), append(p.carried.newNames, step.ID)
	}
	p.carried.on = append(p.carried.on, *f)
	return nil
}

// inStep tells whether an enrollment is in the middle of a step.
func inStep(waiting string) bool {
	return waiting == waitsInStep || waiting == waitsForEvent || waiting == waitsForTask
}

// dateAnew dates a step that waits differently now, or that took another's place: the
// time that has passed counts. Whoever was due before, and waits for something else,
// waits on for that, unless it was about a step that is gone. A task that the rep has
// been given keeps its date.
func (p *planning) dateAnew(f *store.Follower, how sequences.How, to *Version, before, step sequences.Step, client *store.Client) error {
	dated := f.NextAt != nil && f.Waiting == waitsForNothing
	apart := isHeld(f.Waiting) && f.Waiting != waitsForContent || f.Waiting == waitsForPriority || f.Waiting == resumed
	switch {
	case how != sequences.Stays && apart && !dated:
		return nil
	case how != sequences.Stays, dated && sequences.Retimed(before, step):
		at, err := to.Due(step, f.Since, client)
		if err != nil {
			return err
		}
		p.redate(f, at, waitsForNothing)
		f.DueAt = nil
	case f.Waiting == waitsInStep && step.Wait != nil && !before.Wait.Same(step.Wait):
		p.redate(f, to.waitEnds(step, f.Since, client), waitsInStep)
	case f.Waiting == waitsForEvent && step.Wait != nil && !before.Wait.Same(step.Wait):
		deadline := to.waitEnds(step, f.Since, client)
		p.redate(f, p.now, waitsForEvent) // what is waited for may have happened
		f.DueAt = &deadline
	}
	return nil
}

// redate gives somebody a date, now if it is past.
func (p *planning) redate(f *store.Follower, at time.Time, waiting string) {
	if at.Before(p.now) {
		at = p.now
	}
	f.NextAt, f.Waiting, f.WaitingDetail, f.Lanes = &at, waiting, "", ""
}

// waitEnds is when a wait is over for somebody who has waited since the step before.
func (v *Version) waitEnds(step sequences.Step, since time.Time, client *store.Client) time.Time {
	timing, zone := v.timing(client), v.zoneOf(client)
	return step.Wait.Until(timing.Delayed(step.After, since.In(zone)), timing.Delayed).UTC()
}
