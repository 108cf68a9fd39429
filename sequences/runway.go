package sequences

import "time"

// Position is where somebody stands in a sequence.
type Position struct {
	Step   string    // the one that is next
	Had    int       // letters of the step, if it is a repeat, that the client has had
	NextAt time.Time // when the step is due
}

// Ahead is what a sequence still has for whoever stands at a position.
type Ahead struct {
	// Fewest and Most are letters, on the shortest and on the longest way through the
	// branches.
	Fewest, Most int
	// DryAt is when the letter after the last one of the shortest way would be due:
	// from then on there is nothing to send.
	DryAt time.Time
}

// Runway is what a sequence has ahead of its positions. It keeps what it has worked
// out: ask one for all positions.
type Runway struct {
	sequence *Sequence
	ways     map[string]*way
}

// NewRunway is the runway of a sequence.
func NewRunway(s *Sequence) *Runway { return &Runway{sequence: s, ways: make(map[string]*way)} }

// way is the shortest way on from a step, that step included.
type way struct {
	step    *Step
	letters int // of this step
	fewest  int // from here on
	most    int
	next    *way // nil: the end, or a pool that is waited at
	over    bool // it comes to an end step: nothing is missing behind it
}

// Ahead is what is ahead of a position. It is false for a step that the sequence
// does not have. Windows are left out of account, and so is the time that waiting
// for events and reps takes: the date is the earliest.
func (r *Runway) Ahead(p Position, t Timing) (Ahead, bool) {
	step, found := r.sequence.Step(p.Step)
	if !found {
		return Ahead{}, false
	}
	w := r.way(&step)
	if step.Repeat != nil && p.Had > 0 {
		w = r.wayFrom(&step, p.Had)
	}
	return Ahead{Fewest: w.fewest, Most: w.most, DryAt: w.dryAt(p.NextAt, t)}, true
}

// way is wayFrom for a step that has not begun.
func (r *Runway) way(step *Step) *way {
	if step == nil {
		return nil
	}
	known := r.ways[step.ID]
	if known == nil {
		known = r.wayFrom(step, 0)
		r.ways[step.ID] = known
	}
	return known
}

func (r *Runway) wayFrom(step *Step, had int) *way {
	w := &way{step: step}
	if step.End != "" {
		w.over = true
		return w
	}
	w.letters = lettersLeft(step, had)
	w.most = w.letters
	if !step.waitsWhenUsedUp() {
		most := 0
		w.next, most = r.onwards(step)
		w.most += most
	}
	w.fewest = w.letters
	if w.next != nil {
		w.fewest += w.next.fewest
		w.over = w.next.over
	}
	return w
}

// onwards is the shortest way on behind a step, through one of its branches if it has
// any, and the letters on the longest one.
func (r *Runway) onwards(step *Step) (shortest *way, most int) {
	consider := func(next Step, more bool, first bool) {
		var w *way
		if more {
			w = r.way(&next)
		}
		if first || w.shorter(shortest) {
			shortest = w
		}
		if w != nil {
			most = max(most, w.most)
		}
	}
	names := step.branchNames()
	if len(names) == 0 {
		next, more := r.sequence.Next(step.ID)
		consider(next, more, true)
	}
	for i, name := range names {
		next, more := r.sequence.Enter(*step, name)
		consider(next, more, i == 0)
	}
	return shortest, most
}

// shorter tells whether w runs dry before other. A way to an end step is taken only
// if there is no other.
func (w *way) shorter(other *way) bool {
	over, than := w != nil && w.over, other != nil && other.over
	if over != than {
		return than
	}
	return w.ahead() < other.ahead()
}

func (w *way) ahead() int {
	if w == nil {
		return 0
	}
	return w.fewest
}

// lettersLeft are a step's letters for whoever has had some of them.
func lettersLeft(step *Step, had int) int {
	all := len(step.Email)
	if step.Repeat != nil && step.Repeat.Times > 0 {
		all = min(all, step.Repeat.Times)
	}
	return max(0, all-had)
}

// waitsWhenUsedUp tells whether nobody gets past a repeat before there are new letters.
func (s *Step) waitsWhenUsedUp() bool {
	r := s.Repeat
	return r != nil && r.UsedUp == UsedUpWait && (r.Times == 0 || r.Times > len(s.Email))
}

// branchNames are the ways that lead on from an if or a split which somebody may take.
func (s *Step) branchNames() (names []string) {
	if s.Kind() == KindIf {
		return []string{BranchThen, BranchElse}
	}
	for _, b := range s.Split {
		if b.Weight > 0 {
			names = append(names, b.Name)
		}
	}
	return names
}

// dryAt follows the way from the moment its first step is due.
func (w *way) dryAt(at time.Time, t Timing) time.Time {
	left := w.fewest
	for {
		if w.letters > 0 {
			pace := w.pace(t)
			for range w.letters - 1 {
				at = t.Delayed(w.step.Repeat.Every, at)
			}
			if left -= w.letters; left <= 0 {
				return t.Delayed(pace, at)
			}
		}
		if left <= 0 || w.next == nil {
			return at
		}
		if w.step.Wait != nil && w.step.Wait.Event == nil {
			at = w.step.Wait.Until(at, t.Delayed)
		}
		w = w.next
		at = t.Delayed(w.step.After, at)
	}
}

// pace is how long after a letter of this step the next one would be due, if there
// were one: that of a repeat, or of the client's category, or as long as this letter
// took.
func (w *way) pace(t Timing) Duration {
	switch {
	case w.step.Repeat != nil:
		return w.step.Repeat.Every
	case !t.Cadence.IsZero():
		return Duration{1, Cadence}
	}
	return w.step.After
}
