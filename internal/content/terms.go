package content

import (
	"context"
	"fmt"
	"strings"

	"seventh/internal/store"
)

// Terms are on what a folder is published. The zero Terms are none.
type Terms struct {
	// Plan is what was looked at, and no more may happen; nil for none.
	Plan *Plan
	// EndRemoved ends whoever is under way in sequences whose files are gone.
	EndRemoved bool
}

// Refusal says why a folder is not published, and what to do about it.
type Refusal []string

func (r Refusal) Error() string { return strings.Join(r, "\n") }

// check looks at who is under way now: whoever stands at a step that is gone must know
// where to go on. The caller holds the publishing lock.
func (t Terms) check(ctx context.Context, db store.DB, folder *Folder) error {
	now, err := planFor(ctx, db, folder, false)
	if err != nil {
		return err
	}
	if len(now.Refused) > 0 {
		return Refusal(now.Refused)
	}
	if t.Plan == nil {
		return nil
	}
	if stale := t.Plan.Stale(now); len(stale) > 0 {
		return Refusal(stale)
	}
	return nil
}

// tolerated is by how many more people than it said a plan may concern: they go on
// while somebody looks at it.
func tolerated(n int) int { return n + n/100 }

const planAgain = "run `seventh plan --out FILE` again, and look at it"

// Stale says why a plan must not be published any more, given what it would be now:
// the content in force or the folder is another one, or more people lose by it (one in a hundred more is
// let pass).
func (p *Plan) Stale(now *Plan) []string {
	switch {
	case p.Hash != now.Hash:
		return []string{"the folder has changed since the plan was made: " + planAgain}
	case p.Base != now.Base:
		return []string{fmt.Sprintf("publication %d has been put in force since the plan was made on publication %d: %s", now.Base, p.Base, planAgain)}
	}
	said := make(map[string]map[string]*Edit)
	people := make(map[string]People)
	for _, s := range p.Sequences {
		said[s.Name], people[s.Name] = make(map[string]*Edit), s.People
		for _, e := range s.Changes {
			said[s.Name][e.Kind+" "+e.Step] = e
		}
	}
	var stale []string
	for _, s := range now.Sequences {
		if was := people[s.Name].Ended; s.People.Ended > tolerated(was) {
			stale = append(stale, fmt.Sprintf("sequence %s: %d would end, the plan said %d: %s", s.Name, s.People.Ended, was, planAgain))
		}
		for _, e := range s.Changes {
			was := &Edit{}
			if before := said[s.Name][e.Kind+" "+e.Step]; before != nil {
				was = before
			}
			if e.Skips > tolerated(was.Skips) {
				stale = append(stale, fmt.Sprintf("sequence %s: %d would not get step %s, the plan said %d: %s", s.Name, e.Skips, e.Step, was.Skips, planAgain))
			}
		}
	}
	return stale
}
