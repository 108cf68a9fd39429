package sequences

// checkEdits holds what a file says about how it was before: what steps were called
// and which step takes the place of one that is gone.
func (s *Sequence) checkEdits(d *decoder) {
	before := map[string]string{} // old id → the step that has it
	for step := range s.All() {
		old := step.RenamedFrom
		if old == "" {
			continue
		}
		at := d.renamedAt(old)
		_, stillThere := s.Step(old)
		other, twice := before[old]
		switch {
		case stillThere:
			d.problem(at, "step %s was renamed from %s, but there still is a step %s: remove renamed_from, or the other step", quoted(step.ID), quoted(old), quoted(old))
		case twice:
			d.problem(at, "%s and %s cannot both be renamed from %s: keep it at one of them", quoted(other), quoted(step.ID), quoted(old))
		}
		before[old] = step.ID
	}
	for _, gone := range names(s.Replace) {
		at, target := d.keys["replace_with."+gone], s.Replace[gone]
		if _, stillThere := s.Step(gone); stillThere {
			d.problem(at, "the step %s is still there: replace_with is for steps that are gone, so remove this line or the step", quoted(gone))
			continue
		}
		if _, found := s.Step(target); !found && target != ReplaceEnd && target != "" {
			d.problem(d.spotOf("replace_with."+gone), "%s", unknown("step", target, append(s.ids(), ReplaceEnd)))
		}
	}
}

// renamedAt is where renamed_from says an id last.
func (d *decoder) renamedAt(old string) spot {
	if at, ok := d.renames[old]; ok {
		return at
	}
	return spot{1, 1}
}

// ids are the ids of all steps, in order.
func (s *Sequence) ids() []string {
	var ids []string
	for step := range s.All() {
		ids = append(ids, step.ID)
	}
	return ids
}
