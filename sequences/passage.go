package sequences

import "slices"

// Past is an earlier version of a sequence.
type Past struct {
	Number int
	*Sequence
}

// Passage takes people from the steps of an older version to those of a newer one.
type Passage struct {
	Old, New *Sequence
	Names    Names
	replaced []replacing // of the versions after Old, the newest first
}

// NewPassage leads from version number from to to. Past are the versions that rename
// or replace steps, by number; older ones and others do no harm.
func NewPassage(from Past, to *Sequence, past []Past) *Passage {
	all := []*Sequence{from.Sequence}
	p := &Passage{Old: from.Sequence, New: to, replaced: []replacing{to.Replace}}
	for i := len(past) - 1; i >= 0; i-- {
		all = append(all, past[i].Sequence)
		if past[i].Number > from.Number {
			p.replaced = append(p.replaced, past[i].Replace)
		}
	}
	p.Names = NamesOf(append(all, to)...)
	return p
}

// How somebody comes to stand where he stands after an edit.
type How string

// The ways of coming there.
const (
	Stays    How = "stays"    // at the same step, wherever that stands now
	Replaced How = "replaced" // his step is gone, and replace_with names this one
	Ends     How = "ends"     // his step is gone, and replace_with says end
	Gone     How = "gone"     // his step is gone, and nothing is said: it is the one behind it that is left
)

// To is where somebody goes on whose next step was id. Without a step (it has no id)
// he is at the end.
func (p *Passage) To(id string) (Step, How) {
	if step, found := p.find(id); found {
		return step, Stays
	}
	at := id
	for range len(p.replaced) { // what takes a step's place may be gone itself by now
		target, said := p.replacement(at)
		if !said {
			break
		}
		if target == ReplaceEnd {
			return Step{}, Ends
		}
		if step, found := p.find(target); found {
			return step, Replaced
		}
		at = target
	}
	for next, more := p.Old.Next(id); more; next, more = p.Old.Next(next.ID) {
		if step, found := p.find(next.ID); found {
			return step, Gone
		}
	}
	return Step{}, Gone
}

// replacement is what the newest version that says so puts in a step's place.
func (p *Passage) replacement(id string) (string, bool) {
	for _, replaced := range p.replaced {
		for _, name := range p.Names.All(id) {
			if target, said := replaced[name]; said {
				return target, true
			}
		}
	}
	return "", false
}

func (p *Passage) find(id string) (Step, bool) {
	name, found := p.Names.In(p.New, id)
	if !found {
		return Step{}, false
	}
	return p.New.Step(name)
}

// More is where somebody goes on who had all letters up to the step with that id: at
// the same repeat, if it has new ones, or at what follows it now.
func (p *Passage) More(id string) (Step, bool) {
	step, found := p.find(id)
	if !found {
		return Step{}, false
	}
	before, _ := p.Old.Step(id)
	for _, letter := range step.Email {
		if !slices.Contains(before.Email, letter) {
			return step, true
		}
	}
	return p.New.Next(step.ID)
}

// Retimed tells whether a step waits differently than it did: then whoever stands
// there is dated anew.
func (p *Passage) Retimed(before, after Step) bool {
	return before.After != after.After || before.Waits() != after.Waits()
}

// Ahead are the steps that somebody who stands at from may still come to, that one
// included.
func (s *Sequence) Ahead(from string) map[string]bool {
	ahead := map[string]bool{}
	step, found := s.Step(from)
	if !found {
		return ahead
	}
	open := []Step{step}
	for len(open) > 0 {
		step, open = open[len(open)-1], open[:len(open)-1]
		if ahead[step.ID] {
			continue
		}
		ahead[step.ID] = true
		open = append(open, s.after(step)...)
	}
	return ahead
}

// after are the steps that may come next.
func (s *Sequence) after(step Step) []Step {
	var ways []string
	switch step.Kind() {
	case KindEnd:
		return nil
	case KindIf:
		ways = []string{BranchThen, BranchElse}
	case KindSplit:
		for i := range step.Split {
			ways = append(ways, step.Split[i].Name)
		}
	default:
		if next, more := s.Next(step.ID); more {
			return []Step{next}
		}
		return nil
	}
	var next []Step
	for _, way := range ways {
		if step, more := s.Enter(step, way); more {
			next = append(next, step)
		}
	}
	return next
}
