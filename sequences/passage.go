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

// To is where somebody goes on whose next step was id, and whose last one was last; id
// is "" for who had all of them. Without a step (it has no id) he is at the end.
func (p *Passage) To(id, last string) (Step, How) {
	if id == "" {
		step, _ := p.behind(last)
		return step, Stays
	}
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

// behind is what follows the step that somebody has done last, or the one before it
// that is left.
func (p *Passage) behind(last string) (Step, bool) {
	id, found := p.Last(last)
	if !found {
		return Step{}, false
	}
	return p.New.Next(id)
}

// Last is the new version's name of the step that was done last, or of the nearest one
// before it that is left.
func (p *Passage) Last(id string) (string, bool) {
	left, found := "", false
	for step := range p.Old.All() {
		if name, there := p.Names.In(p.New, step.ID); there {
			left, found = name, true
		}
		if step.ID == id {
			break
		}
	}
	return left, found && id != ""
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

// More tells whether there is something new for somebody who had all letters, and
// would stand as in To: steps behind his last one, or letters of the repeat at which he
// waits.
func (p *Passage) More(id, last string) bool {
	if id == "" {
		_, more := p.behind(last)
		return more
	}
	step, found := p.find(id)
	if !found {
		return true // how he goes on is for To to say
	}
	before, _ := p.Old.Step(id)
	return step.Repeat == nil || step.Repeat.UsedUp != UsedUpWait || slices.ContainsFunc(step.Email, func(letter string) bool {
		return !slices.Contains(before.Email, letter)
	})
}

// Retimed tells whether a step waits differently than it did: then whoever stands
// there is dated anew.
func Retimed(before, after Step) bool {
	return before.After != after.After || before.Waits() != after.Waits()
}

// Same tells whether two waits are for the same.
func (w *Wait) Same(other *Wait) bool {
	return w != nil && other != nil && written(w) == written(other)
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
