package engine

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// write writes a touch. If one of ours spoke or wrote to the client, his next call is
// dated from it, and a task that asked for a call is done.
func (s *stop) write(ctx context.Context, t store.NewTouch, now time.Time) (string, error) {
	id, err := store.InsertTouch(ctx, s.tx, t)
	if err != nil || !store.IsHumanTouch(t) {
		return id, err
	}
	catalog, err := s.engine.Catalog(ctx, s.tx)
	if isNotFound(err) {
		return id, nil // nothing is published yet
	}
	if err != nil {
		return "", err
	}
	by := t.Actor
	if t.Actor == "rep" {
		if by, err = s.repOf(ctx, &t); err != nil {
			return "", err
		}
		by = cmp.Or(by, t.Actor)
	}
	return id, s.engine.dateCalls(ctx, s.tx, catalog, []int64{s.client.ID}, now, by)
}

// dateCalls decides when clients, whom the caller has locked, are to be called: from
// the last time somebody of ours spoke to them, or else from when they got their
// category. Whoever may be called has a date or an open task, always. by is who has
// just spoken to them, "" for nobody.
func (e *Engine) dateCalls(ctx context.Context, tx pgx.Tx, catalog *Catalog, clientIDs []int64, now time.Time, by string) error {
	facts, err := store.CallFactsOf(ctx, tx, clientIDs)
	if err != nil {
		return err
	}
	c := calling{settings: catalog.Settings, now: now, by: by,
		dates: sequences.Calls{Hours: catalog.Settings.CallHours(), Calendar: catalog.Calendar, Zone: catalog.Zone}}
	for i := range facts {
		c.decide(&facts[i])
	}
	if len(c.dropped) > 0 {
		if err := store.DropNextCalls(ctx, tx, c.dropped); err != nil {
			return err
		}
	}
	if len(c.tasks) > 0 {
		if err := store.ChangeCadenceTasks(ctx, tx, c.tasks, now); err != nil {
			return err
		}
	}
	if len(c.dated) == 0 {
		return nil
	}
	return store.SaveNextCalls(ctx, tx, c.dated)
}

// calling is dateCalls at work.
type calling struct {
	settings *sequences.Settings
	dates    sequences.Calls
	now      time.Time
	by       string

	dropped []int64
	dated   []store.NextCall
	tasks   []store.CadenceTask
}

func (c *calling) decide(f *store.CallFacts) {
	span := c.settings.Categories[f.Category].Calls
	if span.IsZero() || f.Stage == "not_target" {
		c.nobodyCalls(f)
		return
	}
	n := store.NextCall{ClientID: f.ClientID, Category: f.Category, Every: span.String(), GivenAt: c.now}
	if f.DatedFor == f.Category {
		n.GivenAt = *f.GivenAt
	}
	from := n.GivenAt
	if f.TouchedAt != nil {
		from = *f.TouchedAt
	}
	due, late := c.dates.Next(span, from)
	anew := f.DatedFor != n.Category || f.Every != n.Every
	if f.TaskID != nil && !due.After(c.now) {
		n.LateAt = *f.LateAt
		if anew {
			due, n.LateAt = c.dates.NotBefore(c.now, due, late)
			c.keep(f, due, n.LateAt)
		} else {
			c.keep(f, *f.TaskDueAt, *f.LateAt)
		}
		c.date(f, n)
		return
	}
	if f.TaskID != nil {
		c.close(f, "the next call is due on "+due.Format("2 January 2006"))
	}
	due, n.LateAt = c.dates.NotBefore(c.now, due, late)
	n.DueAt = &due
	c.date(f, n)
}

// nobodyCalls forgets the call of a client whose category asks for none, or whom
// nobody wants to speak to.
func (c *calling) nobodyCalls(f *store.CallFacts) {
	if f.DatedFor != "" {
		c.dropped = append(c.dropped, f.ClientID)
	}
	if f.TaskID != nil {
		c.close(f, "the client is not to be called any more")
	}
}

// close closes the open task: as done, if somebody has just spoken to the client.
func (c *calling) close(f *store.CallFacts, note string) {
	t := store.CadenceTask{ID: *f.TaskID, State: store.TaskCancelled, By: "seventh", Note: note, OwnerID: f.TaskOwnerID, DueAt: *f.TaskDueAt, LateAt: f.TaskLateAt}
	if c.by != "" {
		t.State, t.By, t.Note = store.TaskDone, c.by, ""
	}
	c.tasks = append(c.tasks, t)
}

// keep leaves the task open, with these dates and the owner that the client has now.
func (c *calling) keep(f *store.CallFacts, due, late time.Time) {
	if f.TaskDueAt.Equal(due) && same64(f.TaskOwnerID, f.OwnerID) && f.TaskLateAt != nil && f.TaskLateAt.Equal(late) {
		return
	}
	c.tasks = append(c.tasks, store.CadenceTask{ID: *f.TaskID, State: store.TaskOpen, OwnerID: f.OwnerID, DueAt: due, LateAt: &late})
}

// date stores the date, unless it is there already.
func (c *calling) date(f *store.CallFacts, n store.NextCall) {
	if f.DatedFor == n.Category && f.Every == n.Every && f.LateAt != nil && f.LateAt.Equal(n.LateAt) && sameTime(f.DueAt, n.DueAt) {
		return
	}
	c.dated = append(c.dated, n)
}

func same64(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
