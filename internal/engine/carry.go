package engine

import (
	"context"

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
	step, how := passage.To(was)
	if f.Held != "" && how == sequences.Stays {
		return nil // he goes on when it has gone
	}
	if f.Waiting == waitsForLetters && how == sequences.Stays {
		more, found := passage.More(was)
		if !found && to.Sequence.OnChange != sequences.FollowSteps {
			return nil // pinned, and there is nothing new for him
		}
		if found {
			f.Waiting, f.NextAt = waitsForNothing, &p.now
			if more.ID != step.ID {
				step, how = more, sequences.Replaced
			}
		}
	}
	f.VersionID, f.Priority = to.ID, to.Sequence.Priority
	if last, there := passage.Names.In(to.Sequence, f.LastStep); there {
		f.LastStep = last
	}
	switch {
	case how == sequences.Ends:
		p.carried.removed = append(p.carried.removed, f.ID)
		return nil
	case step.ID == "":
		p.carried.done = append(p.carried.done, f.ID)
		return nil
	}
	f.NextStep = step.ID
	before, _ := from.Sequence.Step(was)
	if how != sequences.Stays || passage.Retimed(before, step) {
		if err := p.dateAnew(f, how, to, step, client); err != nil {
			return err
		}
	}
	switch ref := (store.StepRef{EnrollmentID: f.ID, Step: was}); {
	case how != sequences.Stays:
		p.carried.dropped = append(p.carried.dropped, ref)
	case was != step.ID:
		p.carried.renamed, p.carried.newNames = append(p.carried.renamed, ref), append(p.carried.newNames, step.ID)
	}
	p.carried.on = append(p.carried.on, *f)
	return nil
}

// dateAnew dates a step that waits differently now, or that took another's place: the
// time that has passed counts. Whoever was due before, and waits for something else,
// waits on for that, unless it was about a step that is gone.
func (p *planning) dateAnew(f *store.Follower, how sequences.How, to *Version, step sequences.Step, client *store.Client) error {
	dated := f.NextAt != nil && f.Waiting == waitsForNothing
	if !dated && (how == sequences.Stays || isHeld(f.Waiting) && f.Waiting != waitsForContent || f.Waiting == waitsForPriority || f.Waiting == resumed) {
		return nil
	}
	at, err := to.Due(step, f.AnchorAt, client)
	if err != nil {
		return err
	}
	if at.Before(p.now) {
		at = p.now
	}
	f.NextAt, f.Waiting, f.WaitingDetail, f.DueAt, f.Lanes = &at, waitsForNothing, "", nil, ""
	return nil
}
