package engine

import (
	"context"
	"slices"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// Runway is how long a sequence's letters last.
type Runway struct {
	Sequence string
	Title    string
	Category string     // whose chain it is; '' for none
	Lasting  bool       // it should never come to its end: a category's chain, or one with a pool that is waited at
	Clients  int        // under way
	Waiting  int        // of them, who have had all letters
	DryAt    *time.Time // when the first of the others is to get a letter that does not exist; nil: there are none
	Letters  int        // that those have still ahead at the least
	// How many of the others run dry within so many days.
	Within30, Within60, Within90 int
}

// Runway looks how long the letters of the published sequences last for those who are
// under way, whichever version they are in.
func (e *Engine) Runway(ctx context.Context, db store.DB, now time.Time) ([]Runway, error) {
	catalog, err := e.Catalog(ctx, db)
	if err != nil {
		return nil, err
	}
	places, err := store.CountPlaces(ctx, db, now)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]*Runway)
	list := make([]Runway, len(catalog.current))
	for i, v := range catalog.current {
		category, isChain := catalog.Settings.ChainOf(v.Sequence.Name)
		list[i] = Runway{Sequence: v.Sequence.Name, Title: v.Sequence.Title, Category: category, Lasting: isChain || waitsForPool(v.Sequence)}
		byName[v.Sequence.Name] = &list[i]
	}
	runways := make(map[int64]*sequences.Runway)
	for _, place := range places {
		version, err := e.Version(ctx, db, place.VersionID)
		if err != nil {
			return nil, err
		}
		r := byName[version.Sequence.Name]
		if r == nil {
			continue // retired: nobody writes letters for it
		}
		r.Clients += place.People
		if place.Waiting == waitsForLetters {
			r.Waiting += place.People
			continue
		}
		if runways[place.VersionID] == nil {
			runways[place.VersionID] = sequences.NewRunway(version.Sequence)
		}
		timing := sequences.Timing{Calendar: version.Calendar, Cadence: version.cadence.of(place.Category)}
		ahead, found := runways[place.VersionID].Ahead(sequences.Position{Step: place.Step, Had: place.Had, NextAt: place.Day}, timing)
		if found {
			r.add(ahead, place.People, now)
		}
	}
	return list, nil
}

func (r *Runway) add(ahead sequences.Ahead, people int, now time.Time) {
	if r.DryAt == nil || ahead.DryAt.Before(*r.DryAt) {
		r.DryAt, r.Letters = &ahead.DryAt, ahead.Fewest
	}
	for days, count := range map[int]*int{30: &r.Within30, 60: &r.Within60, 90: &r.Within90} {
		if ahead.DryAt.Before(now.AddDate(0, 0, days)) {
			*count += people
		}
	}
}

func waitsForPool(s *sequences.Sequence) bool {
	return slices.ContainsFunc(slices.Collect(s.All()), func(step *sequences.Step) bool {
		return step.Repeat != nil && step.Repeat.UsedUp == sequences.UsedUpWait
	})
}
