package engine

import (
	"cmp"
	"context"
	"slices"

	"seventh/internal/store"
	"seventh/sequences"
)

// passageFrom leads from an older version to this one.
func (v *Version) passageFrom(from *Version) *sequences.Passage {
	return sequences.NewPassage(sequences.Past{Number: from.Number, Sequence: from.Sequence}, v.Sequence, v.past)
}

// readPast reads what the versions up to this one say about names.
func (v *Version) readPast(ctx context.Context, db store.DB, row store.SequenceVersion) error {
	rows, err := store.VersionsThatEdit(ctx, db, row.SequenceID, row.Number)
	if err != nil {
		return err
	}
	var all []*sequences.Sequence
	for _, row := range rows {
		sequence, err := parse(row)
		if err != nil {
			return err
		}
		v.past = append(v.past, sequences.Past{Number: row.Number, Sequence: sequence})
		all = append(all, sequence)
	}
	v.names = sequences.NamesOf(all...)
	return nil
}

// StepNamed is the id that a step has in this version, whatever it was called when
// something happened at it.
func (v *Version) StepNamed(then string) string {
	if now, found := v.names.In(v.Sequence, then); found {
		return now
	}
	return then
}

// byItsNames is what has happened by the names that steps have in this version.
func (v *Version) byItsNames(history []sequences.Happening) []sequences.Happening {
	named := slices.Clone(history)
	for i := range named {
		named[i].Step = v.StepNamed(named[i].Step)
	}
	return named
}

// passOver moves an enrollment on that has come to a letter which it had before; false
// if it has not. Other steps pass by themselves (step.go).
func (p *planning) passOver(e *store.Enrollment, v *Version, step sequences.Step, client *store.Client, by map[int64]map[string]bool) bool {
	if !v.isDone(step, by[e.ID]) {
		return false
	}
	next, more := v.Sequence.Next(step.ID)
	if !more && !v.neverRunsDry {
		p.skipped.finished = append(p.skipped.finished, e.ID)
		return true
	}
	p.moves = append(p.moves, v.onward(e, step.ID, next, client, p.now))
	return true
}

// isDone reports whether an enrollment has a step behind it, under any of its names. A
// repeat in the middle of its letters is not done.
func (v *Version) isDone(step sequences.Step, done map[string]bool) bool {
	if step.Repeat != nil {
		return false
	}
	for _, name := range v.names.All(step.ID) {
		if done[name] {
			return true
		}
	}
	return false
}

// doneBy are the steps that edited enrollments have behind them.
func doneBy(ctx context.Context, db store.DB, due []*store.Enrollment) (map[int64]map[string]bool, error) {
	var ids []int64
	for _, e := range due {
		if e.Edited {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	refs, err := store.DoneSteps(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	by := make(map[int64]map[string]bool, len(ids))
	for _, id := range ids {
		by[id] = make(map[string]bool)
	}
	for _, ref := range refs {
		by[ref.EnrollmentID][ref.Step] = true
	}
	return by, nil
}

// callAsNow has what was learned about enrollments that were edited on their way go by
// the names that their versions have for steps.
func (k *knowledge) callAsNow(edited map[int64]*Version) {
	if len(edited) == 0 {
		return
	}
	k.decided, k.tasks, k.pools.letters = byNewNames(k.decided, edited), byNewNames(k.tasks, edited), byNewNames(k.pools.letters, edited)
	for id, version := range edited {
		for i := range k.history[id] {
			h := &k.history[id][i]
			h.Step = version.StepNamed(h.Step)
		}
	}
}

// byNewNames is facts about steps by their names now; the greatest, if there are
// several about one.
func byNewNames[V cmp.Ordered](facts map[store.StepRef]V, edited map[int64]*Version) map[store.StepRef]V {
	named := make(map[store.StepRef]V, len(facts))
	for ref, fact := range facts {
		if version := edited[ref.EnrollmentID]; version != nil {
			ref.Step = version.StepNamed(ref.Step)
		}
		named[ref] = max(named[ref], fact)
	}
	return named
}
