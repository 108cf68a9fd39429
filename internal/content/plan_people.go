package content

import (
	"context"
	"maps"
	"slices"

	"seventh/internal/store"
	"seventh/sequences"
)

// outOfLetters is what people wait for (enrollments.waiting) who have had every letter.
const outOfLetters = "letters"

// people counts who is concerned by the changes of a sequence's steps.
func (p *planning) people(ctx context.Context, plan *SequencePlan, s *sequences.Sequence, h *history) error {
	standing, err := store.StandingIn(ctx, p.db, []string{s.Name})
	if err != nil {
		return err
	}
	edits := make(map[string][]*Edit) // by step
	for _, e := range plan.Changes {
		edits[e.Step] = append(edits[e.Step], e)
	}
	anew := make(map[int64]map[string]*Edit) // steps whose people are dated anew, by version
	for _, at := range standing {
		plan.People.UnderWay += at.People
		past, readable := h.byID[at.VersionID]
		if !readable {
			plan.People.Pinned += at.People
			continue
		}
		passage := sequences.NewPassage(past, s, h.past)
		if s.OnChange != sequences.FollowSteps {
			if at.Waiting == outOfLetters && passage.More(at.Step, at.Last) {
				plan.People.Moved += at.People
			} else {
				plan.People.Pinned += at.People
			}
			continue
		}
		plan.People.Moved += at.People
		to, how := passage.To(at.Step, at.Last)
		if !at.UnderWay {
			p.leaves(plan, h, edits, at, to, how)
		}
		before, _ := past.Step(at.Step)
		before, after := repeated(before, at.Last), repeated(to, at.Last)
		if dated := p.dates && !at.UnderWay && at.Waiting == "" && to.ID != ""; dated && (how != sequences.Stays || sequences.Retimed(before, after)) {
			if anew[at.VersionID] == nil {
				anew[at.VersionID] = make(map[string]*Edit)
			}
			anew[at.VersionID][at.Step] = cause(edits, at.Step, to.ID)
		}
		count(edits, passage, at, to)
	}
	for version, steps := range anew {
		if err := p.redate(ctx, plan, s, h, version, steps); err != nil {
			return err
		}
	}
	for _, e := range plan.Changes {
		plan.People.Skipped = max(plan.People.Skipped, e.Skips)
	}
	return nil
}

// repeated is a step as it waits for who has had letters of it: of a repeat, the time
// between two of them. Last is not "" for them only.
func repeated(step sequences.Step, last string) sequences.Step {
	if step.Repeat != nil && last != "" {
		step.After = step.Repeat.Every
	}
	return step
}

// leaves counts people whose step is gone.
func (p *planning) leaves(plan *SequencePlan, h *history, edits map[string][]*Edit, at store.Standing, to sequences.Step, how sequences.How) {
	if how == sequences.Stays {
		return
	}
	e := editOf(edits, at.Step, sequences.Removed)
	if e == nil { // gone before, and somebody is in an older version still
		e = &Edit{Kind: string(sequences.Removed), Step: at.Step}
		plan.Changes = append(plan.Changes, e)
		edits[at.Step] = append(edits[at.Step], e)
	}
	switch how {
	case sequences.Ends:
		e.Ends += at.People
		plan.People.Ended += at.People
		plan.People.Moved -= at.People
	case sequences.Replaced:
		e.Moves, e.GoOnAt = e.Moves+at.People, to.ID
	case sequences.Gone:
		h.stuck[at.Step] += at.People
		h.goOn[at.Step] = to
	}
}

// count adds people to the changes of steps that are, or were, ahead of them.
func count(edits map[string][]*Edit, passage *sequences.Passage, at store.Standing, to sequences.Step) {
	now := passage.New.Ahead(to.ID)
	before := passage.Old.Ahead(at.Step)
	had := func(id string) bool {
		name, there := passage.Names.In(passage.Old, id)
		return there && before[name]
	}
	for step, list := range edits {
		for _, e := range list {
			switch sequences.EditKind(e.Kind) {
			case sequences.Added:
				if now[step] {
					e.Gets += at.People
				} else {
					e.Skips += at.People
				}
			case sequences.Moved:
				if had(step) && !now[step] {
					e.Skips += at.People
				}
			case sequences.Removed:
				if had(step) && step != at.Step {
					e.Skips += at.People
				}
			}
		}
	}
}

func editOf(edits map[string][]*Edit, step string, kind sequences.EditKind) *Edit {
	for _, e := range edits[step] {
		if e.Kind == string(kind) {
			return e
		}
	}
	return nil
}

// cause is the change because of which people at a step are dated anew.
func cause(edits map[string][]*Edit, was, now string) *Edit {
	for _, e := range edits[now] {
		if e.Key == "after" {
			return e
		}
	}
	if e := editOf(edits, was, sequences.Removed); e != nil {
		return e
	}
	for _, list := range [][]*Edit{edits[now], edits[was]} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return nil
}

// redate dates everybody who stands at some steps of a version as the planner will.
func (p *planning) redate(ctx context.Context, plan *SequencePlan, s *sequences.Sequence, h *history, version int64, steps map[string]*Edit) error {
	dates, err := newDating(p.folder.Settings, s)
	if err != nil {
		return err
	}
	passage := sequences.NewPassage(h.byID[version], s, h.past)
	to := make(map[string]sequences.Step, len(steps))
	for id := range steps {
		to[id], _ = passage.To(id, "")
	}
	return store.StandersAt(ctx, p.db, version, slices.Sorted(maps.Keys(steps)), func(at *store.Stander) error {
		due, err := dates.due(repeated(to[at.Step], at.Last), at)
		if err != nil {
			return err
		}
		plan.People.Retimed++
		r := &Retimed{}
		if e := steps[at.Step]; e != nil {
			if e.Retimed == nil {
				e.Retimed = r
			}
			r = e.Retimed
		}
		r.People++
		if !due.After(p.plan.At) {
			due = p.plan.At
			r.AtOnce++
			plan.People.AtOnce++
		}
		if r.Earliest.IsZero() || due.Before(r.Earliest) {
			r.Earliest = due
		}
		if due.After(r.Latest) {
			r.Latest = due
		}
		return nil
	})
}
