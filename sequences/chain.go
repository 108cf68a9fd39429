package sequences

import "iter"

// A chain is a tree: steps stand one after another, and an if or a split has
// branches of steps of its own. Whoever is through with a branch goes on behind the
// step that it belongs to.

// Step is the step with that id, wherever it stands.
func (s *Sequence) Step(id string) (Step, bool) {
	step, _ := find(s.Steps, id, nil)
	if step == nil {
		return Step{}, false
	}
	return *step, true
}

// Next is the step after the one with the id after, or the first one for "". It
// is false at the end, and for an id the sequence does not have. What a step's
// branches hold is not next, but see Enter.
func (s *Sequence) Next(after string) (Step, bool) {
	if after == "" {
		return first(s.Steps, nil)
	}
	_, next := find(s.Steps, after, nil)
	if next == nil {
		return Step{}, false
	}
	return *next, true
}

// Enter is the first step of a branch of step, or what follows step if that has none.
func (s *Sequence) Enter(step Step, branch string) (Step, bool) {
	_, next := find(s.Steps, step.ID, nil)
	return first(step.Branch(branch), next)
}

// Follow is what follows once step was done for the occurrence-th time, counted from
// 1: the next step, or the same one again with the time between two letters as its
// delay.
func (s *Sequence) Follow(step Step, occurrence int) (Step, bool) {
	if step.Again(occurrence) {
		step.After = step.Repeat.Every
		return step, true
	}
	return s.Next(step.ID)
}

// Again tells whether a repeat goes on after its occurrence-th letter, as far as can
// be said without knowing the client.
func (s *Step) Again(occurrence int) bool {
	r := s.Repeat
	switch {
	case r == nil, r.Times > 0 && occurrence >= r.Times:
		return false
	case r.UsedUp == UsedUpWait:
		return true
	}
	return occurrence < len(s.Email)
}

// All are the steps in the order of the file, branches behind the step they belong to.
func (s *Sequence) All() iter.Seq[*Step] {
	return func(yield func(*Step) bool) { each(s.Steps, yield) }
}

func each(steps []Step, yield func(*Step) bool) bool {
	for i := range steps {
		if !yield(&steps[i]) {
			return false
		}
		for _, branch := range steps[i].branches() {
			if !each(branch, yield) {
				return false
			}
		}
	}
	return true
}

// find is the step with an id and what follows it once it is done, both nil if there
// is none; follow is what comes behind steps.
func find(steps []Step, id string, follow *Step) (step, next *Step) {
	for i := range steps {
		next = follow
		if i+1 < len(steps) {
			next = &steps[i+1]
		}
		if steps[i].ID == id {
			return &steps[i], next
		}
		for _, branch := range steps[i].branches() {
			if inner, behind := find(branch, id, next); inner != nil {
				return inner, behind
			}
		}
	}
	return nil, nil
}

// first is the first of steps or else follow.
func first(steps []Step, follow *Step) (Step, bool) {
	switch {
	case len(steps) > 0:
		return steps[0], true
	case follow != nil:
		return *follow, true
	}
	return Step{}, false
}
