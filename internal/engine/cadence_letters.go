package engine

import (
	"context"
	"maps"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// letterPace is the time between letters by category, as the settings in force have
// it. It is not a version's: whoever is under way goes by a new one at once.
type letterPace struct {
	categories atomic.Pointer[map[string]sequences.Category]
}

func (p *letterPace) set(s *sequences.Settings) { p.categories.Store(&s.Categories) }

func (p *letterPace) of(category string) sequences.Duration {
	if p == nil || p.categories.Load() == nil {
		return sequences.Pace(nil, category)
	}
	return sequences.Pace(*p.categories.Load(), category)
}

// keepPace puts off first letters of chains of categories until the category's time
// between letters has passed since the last letter of whatever chain: a change of
// category brings no burst.
func (e *Engine) keepPace(ctx context.Context, tx pgx.Tx, catalog *Catalog, past history, clients []store.Client, fresh []store.Enrollment) error {
	had := make(map[int64]*store.Client)
	for key := range past.ended {
		had[key[0]] = nil
	}
	for key := range past.opened { // such as the chain whose own step has changed the category
		had[key[0]] = nil
	}
	var ids []int64
	for i := range clients {
		c := &clients[i]
		if _, ok := had[c.ID]; ok {
			had[c.ID], ids = c, append(ids, c.ID)
		}
	}
	if len(ids) == 0 || len(fresh) == 0 {
		return nil
	}
	last, err := store.LastLetters(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i := range fresh {
		f := &fresh[i]
		at, wrote := last[f.ClientID]
		client := had[f.ClientID]
		if !wrote || client == nil || f.NextStep == "" {
			continue
		}
		version, err := e.Version(ctx, tx, f.VersionID)
		if err != nil {
			return err
		}
		if catalog.Settings.Categories[client.Category].Chain != version.Sequence.Name {
			continue
		}
		step, _ := version.Sequence.Step(f.NextStep)
		step.After = sequences.Duration{N: 1, Unit: sequences.Cadence}
		earliest, err := version.Due(step, at, client)
		if err != nil {
			return err
		}
		if earliest.After(*f.NextAt) {
			f.NextAt = &earliest
		}
	}
	return nil
}

// retimeCadence works a changed time between letters into the dates of those who wait
// for a letter after it: the time that has passed counts. It looks at a batch of
// enrollments and returns how many that were; 0 when all dates are as they should be.
func (e *Engine) retimeCadence(ctx context.Context, tx pgx.Tx, catalog *Catalog, now time.Time) (int, error) {
	if e.retimedFor(catalog.Publication, false) {
		return 0, nil
	}
	want := make(map[string]string)
	for name, category := range catalog.Settings.Categories {
		want[name] = category.Letters.String()
	}
	state, err := store.CadenceInForce(ctx, tx)
	switch {
	case isNotFound(err):
		state = store.Cadence{Letters: want} // the first publication: nobody waits yet
	case err != nil:
		return 0, err
	case !maps.Equal(state.Letters, want):
		state = store.Cadence{Letters: want, After: new(int64)}
	case state.After == nil:
		e.retimedFor(catalog.Publication, true)
		return 0, nil
	}
	looked := 0
	if state.After != nil {
		waiting, err := store.WaitingAfter(ctx, tx, *state.After, now, planLimit)
		if err != nil {
			return 0, err
		}
		if err := e.retime(ctx, tx, waiting, now); err != nil {
			return 0, err
		}
		if looked = len(waiting); looked == planLimit {
			state.After = &waiting[looked-1].ID
		} else {
			state.After = nil
		}
	}
	return looked, store.SaveCadence(ctx, tx, state)
}

// retimedFor reports whether all dates go by a publication, or notes that they do.
func (e *Engine) retimedFor(publication int64, done bool) bool {
	e.content.Lock()
	defer e.content.Unlock()
	if done {
		e.content.retimed = publication
	}
	return e.content.retimed == publication
}

// retimeClients dates what clients wait for by the pace of a category that they have
// got just now, for chains that go on through a change of category.
func (e *Engine) retimeClients(ctx context.Context, tx pgx.Tx, clientIDs []int64) error {
	if len(clientIDs) == 0 {
		return nil
	}
	now, err := store.Now(ctx, tx)
	if err != nil {
		return err
	}
	waiting, err := store.WaitingOf(ctx, tx, clientIDs, now)
	if err != nil {
		return err
	}
	return e.retime(ctx, tx, waiting, now)
}

func (e *Engine) retime(ctx context.Context, tx pgx.Tx, waiting []store.Waiting, now time.Time) error {
	var changed []store.Redated
	for _, w := range waiting {
		version, err := e.Version(ctx, tx, w.VersionID)
		if isContent(err) {
			continue // told when its step is due
		}
		if err != nil {
			return err
		}
		step, found := version.Sequence.Step(w.NextStep)
		if found && w.LastStep == w.NextStep && step.Repeat != nil {
			step.After = step.Repeat.Every
		}
		if !found || step.After.Unit != sequences.Cadence {
			continue
		}
		client := store.Client{ID: w.ClientID, Category: w.Category, TimeZone: w.TimeZone, Owner: w.Owner}
		at, err := version.Due(step, w.AnchorAt, &client)
		if err == nil && at.Before(now) {
			step.After = sequences.Duration{}
			at, err = version.Due(step, now, &client)
		}
		if err != nil {
			e.Log.Error("enrollment cannot be dated anew", "enrollment_id", w.ID, "sequence", version.Sequence.Name, "err", err)
			continue
		}
		if !at.Equal(w.NextAt) {
			changed = append(changed, store.Redated{ID: w.ID, Was: w.NextAt, At: at})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return store.Redate(ctx, tx, changed)
}
