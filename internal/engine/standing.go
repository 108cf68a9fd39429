package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// Standing is how a sender does today.
type Standing struct {
	Name   string // in seventh.yaml; '' for an address that is not there
	Email  string
	Pause  *store.Pause // nil unless it is paused now
	Sent   int          // letters that went on this day of the company's zone
	Limit  int          // most letters today; 0 for any number
	Rate   string       // as in seventh.yaml; '' for none
	Sender sequences.Sender
}

// Standings are the senders of seventh.yaml by name, and whoever else is paused.
func (e *Engine) Standings(ctx context.Context, db store.DB) ([]Standing, error) {
	catalog, err := e.Catalog(ctx, db)
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx, db)
	if err != nil {
		return nil, err
	}
	today := sequences.DateOf(now.In(catalog.Zone))
	sent, err := store.SentBySender(ctx, db, today.Start(catalog.Zone))
	if err != nil {
		return nil, err
	}
	pauses, err := e.Pauses(ctx, db, store.PausedSender, now)
	if err != nil {
		return nil, err
	}
	var list []Standing
	for name, s := range catalog.Settings.Senders {
		list = append(list, Standing{
			Name: name, Email: s.Email, Limit: s.LimitOn(midnight(today)), Rate: s.Rate.String(), Sender: s,
			Sent: sent[senderKey(s.Email)], Pause: pauses[senderKey(s.Email)],
		})
		delete(pauses, senderKey(s.Email))
	}
	for address, pause := range pauses {
		list = append(list, Standing{Email: address, Pause: pause, Sent: sent[address]})
	}
	slices.SortFunc(list, func(a, b Standing) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Email, b.Email)) })
	return list, nil
}

// Pauses are those of a kind (store.PausedSender, store.PausedSequence) that hold at
// a moment, by name.
func (e *Engine) Pauses(ctx context.Context, db store.DB, kind string, now time.Time) (map[string]*store.Pause, error) {
	all, err := store.ListPauses(ctx, db)
	if err != nil {
		return nil, err
	}
	pauses := make(map[string]*store.Pause)
	for i := range all {
		if p := &all[i]; p.Kind == kind && p.Holds(now) {
			pauses[p.Name] = p
		}
	}
	return pauses, nil
}
