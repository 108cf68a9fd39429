package engine

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// review enrolls clients in the automatic sequences they belong in, lifts holds
// that no longer hold, and notes when time alone may change the answer.
func (e *Engine) review(ctx context.Context, tx pgx.Tx, catalog *Catalog, ids []int64, now time.Time) error {
	clients, err := store.ClientsByID(ctx, tx, ids)
	if err != nil {
		return err
	}
	suppressed, err := suppressionsOf(ctx, tx, clients)
	if err != nil {
		return err
	}
	touches, err := catalog.touchesOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	history, err := historyOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	var fresh []store.Enrollment
	var free []int64 // clients who may be mailed
	at := make([]*time.Time, len(clients))
	for i := range clients {
		client := &clients[i]
		known := client.Facts()
		touches[client.ID].Fill(&known)
		mailable := catalog.holdOf(client, suppressed.cover(client.Address, "")) == waitsForNothing
		if mailable {
			free = append(free, client.ID)
		}
		for _, version := range catalog.current {
			if version.Sequence.Enroll != sequences.Automatic {
				continue
			}
			if turn, ok := version.Sequence.Audience.Changes(known, now); ok {
				at[i] = earlier(at[i], turn)
			}
			left := suppressed.cover(client.Address, version.Sequence.Name)
			if !mailable || left || !version.suits(client) || !version.Sequence.Audience.Match(known, now) || history.open(client.ID, version.SequenceID) {
				continue
			}
			enrollment, again, err := version.begin(client, history.last(client.ID, version.SequenceID), "automatic", now)
			if err != nil {
				e.Log.Error("client cannot be enrolled", "client_id", client.ID, "sequence", version.Sequence.Name, "err", err)
				continue
			}
			if again != nil {
				at[i] = earlier(at[i], *again)
			}
			if enrollment != nil {
				fresh = append(fresh, *enrollment)
			}
		}
		ids[i] = client.ID // in the order of at
	}
	if err := e.keepPace(ctx, tx, catalog, history, clients, fresh); err != nil {
		return err
	}
	if len(fresh) > 0 {
		if _, err := store.InsertEnrollments(ctx, tx, fresh); err != nil {
			return err
		}
	}
	if err := store.LookAgain(ctx, tx, free, changeable, now); err != nil {
		return err
	}
	if err := store.WakeEnrollments(ctx, tx, free, mendable, now); err != nil {
		return err
	}
	if err := store.WakeEnrollments(ctx, tx, ids[:len(clients)], []string{waitsForPriority}, now); err != nil {
		return err
	}
	if err := e.dateCalls(ctx, tx, catalog, ids[:len(clients)], now, ""); err != nil {
		return err
	}
	return store.SetReviews(ctx, tx, ids[:len(clients)], at)
}

// begin decides whether a client whom a sequence is meant for may start it: at
// its first step, or where a change of category broke it off. If re-entry is not
// due yet it returns when it will be.
func (v *Version) begin(client *store.Client, last *store.Enrollment, origin string, now time.Time) (*store.Enrollment, *time.Time, error) {
	after := ""
	step, _ := v.Sequence.Next("")
	if last != nil {
		brokenOff := *last.EndReason == categoryChanged
		if resumed, more := v.next(last); brokenOff && (more || v.neverRunsDry && last.LastStep != "") {
			after, step = v.StepNamed(last.LastStep), resumed // no step: he waits for new letters, as before
		} else if again, ever := v.Reentry(last, client, origin); !ever {
			return nil, nil, nil
		} else if again.After(now) {
			return nil, &again, nil
		}
	}
	at, err := v.Due(step, now, client)
	if err != nil {
		return nil, nil, err
	}
	return &store.Enrollment{
		ClientID: client.ID, SequenceID: v.SequenceID, VersionID: v.ID, Origin: origin, Priority: v.Sequence.Priority,
		LastStep: after, NextStep: step.ID, NextAt: &at, StartedAt: now,
	}, nil, nil
}

// next is where an enrollment goes on that was broken off.
func (v *Version) next(last *store.Enrollment) (sequences.Step, bool) {
	named := *last // as this version calls the steps
	named.LastStep, named.NextStep = v.StepNamed(last.LastStep), v.StepNamed(last.NextStep)
	last = &named
	step, found := v.Sequence.Step(last.NextStep)
	if !found || step.ID == last.LastStep && step.Repeat == nil {
		return v.Sequence.Next(last.LastStep)
	}
	return repeated(last, step), true
}

// Reentry is when a client may start again after an enrollment has ended, if ever.
// What a person ended only a person, or the CRM, begins again.
func (v *Version) Reentry(last *store.Enrollment, client *store.Client, origin string) (time.Time, bool) {
	if *last.EndReason == endedManual {
		return *last.EndedAt, origin == "api"
	}
	switch v.Sequence.Reentry.Mode {
	case sequences.ReentryAlways:
		if origin != "api" {
			// A chain whose goal holds already, or without delays, would start and end
			// without end.
			return last.EndedAt.Add(24 * time.Hour), true
		}
		return *last.EndedAt, true
	case sequences.ReentryAfter:
		return v.Sequence.Reentry.After.Add(last.EndedAt.In(v.zoneOf(client)), v.Calendar).UTC(), true
	}
	return time.Time{}, false
}

// history is what clients went through before.
type history struct {
	opened map[[2]int64]bool // client, sequence
	ended  map[[2]int64]*store.Enrollment
}

func (h history) open(client, sequence int64) bool { return h.opened[[2]int64{client, sequence}] }

func (h history) last(client, sequence int64) *store.Enrollment {
	return h.ended[[2]int64{client, sequence}]
}

func historyOf(ctx context.Context, db store.DB, clientIDs []int64) (history, error) {
	h := history{opened: make(map[[2]int64]bool), ended: make(map[[2]int64]*store.Enrollment)}
	open, err := store.OpenEnrollments(ctx, db, clientIDs)
	if err != nil {
		return h, err
	}
	for _, e := range open {
		h.opened[[2]int64{e.ClientID, e.SequenceID}] = true
	}
	ended, err := store.LastEnded(ctx, db, clientIDs)
	if err != nil {
		return h, err
	}
	for i := range ended {
		h.ended[[2]int64{ended[i].ClientID, ended[i].SequenceID}] = &ended[i]
	}
	return h, nil
}
