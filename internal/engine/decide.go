package engine

import (
	"context"
	"fmt"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// facts are what decisions about some enrollments need.
type facts struct {
	list       []store.Enrollment // open ones of the clients
	clients    map[int64]*store.Client
	open       map[int64][]store.Enrollment // list, by client
	suppressed suppressions
	pressure   *pressure
	done       map[int64]map[string]bool // steps behind enrollments that were edited on their way
	known      knowledge
	awaited    awaited
}

// factsAbout holds the clients that are decided about, as stops do first of all: a
// change that comes meanwhile waits, and then finds and wakes what was held.
// Clients who are being changed at this moment are left for the next run.
func (p *planning) factsAbout(ctx context.Context, clientIDs []int64) (facts, error) {
	clients, err := store.HoldClients(ctx, p.tx, clientIDs)
	if err != nil {
		return facts{}, err
	}
	f := facts{clients: make(map[int64]*store.Client, len(clients)), open: make(map[int64][]store.Enrollment)}
	held := make([]int64, len(clients))
	for i := range clients {
		f.clients[clients[i].ID] = &clients[i]
		held[i] = clients[i].ID
	}
	if f.list, err = store.OpenEnrollmentsByDate(ctx, p.tx, held); err != nil {
		return facts{}, err
	}
	for _, o := range f.list {
		f.open[o.ClientID] = append(f.open[o.ClientID], o)
	}
	if f.suppressed, err = suppressionsOf(ctx, p.tx, clients); err != nil {
		return facts{}, err
	}
	if f.awaited, err = p.awaitedAnswers(ctx, &f); err != nil {
		return facts{}, err
	}
	f.pressure, err = p.pressureOn(ctx, clients)
	return f, err
}

// decide is the whole policy for one enrollment that is due: hold it, date it
// later, skip the step, or let its letter be written.
func (p *planning) decide(ctx context.Context, e *store.Enrollment, f *facts) error {
	client := f.clients[e.ClientID]
	if client == nil || p.underReview(client) {
		return nil // just changed, or still to be reviewed: then this one's turn comes again
	}
	version, err := p.engine.Version(ctx, p.tx, e.VersionID)
	if err != nil {
		return err
	}
	if f.awaited.isUnsure(version, client) {
		return nil // its turn comes again
	}
	promised := p.book != nil && p.book.giveBack(e)
	step, found := version.Sequence.Step(e.NextStep)
	step = repeated(e, step)
	mails := step.Kind() == sequences.KindEmail
	if mails {
		if hold := p.catalog.holdOf(client, f.suppressed.cover(client.Address, e.Sequence)); hold != "" {
			p.move(e, nil, hold)
			return nil
		}
	}
	if hold, detail := p.keptFrom(e, version, client, f); hold != "" {
		p.moved(e, nil, hold).WaitingDetail = detail
		return nil
	}
	if reason := p.exit(e, version, client, f); reason != "" {
		p.end(e, reason)
		return nil
	}
	if e.NextStep == "" {
		p.atEnd(e, version, client, f)
		return nil
	}
	if !found {
		return fmt.Errorf("%w: version %d has no step %q", errContent, version.Number, e.NextStep)
	}
	if mails && e.Edited && p.passOver(e, version, step, client, f.done) {
		return nil
	}
	if e.Waiting == resumed {
		at, err := p.resume(ctx, e, version, step, client)
		if err != nil {
			return err
		}
		if at.After(p.now) {
			p.move(e, &at, waitsForNothing)
			return nil
		}
	}
	if !mails {
		if p.stayAway(e, version, client, f) {
			return nil
		}
		return p.perform(ctx, e, version, step, client, f)
	}
	if !version.suits(client) {
		p.move(e, nil, waitsForAudience)
		return nil
	}
	template, occurrence, ok := p.pick(e, &step, &f.known.pools)
	if !ok {
		p.usedUp(e, version, step, client, &f.known.pools)
		return nil
	}
	l := letter{
		template: template, occurrence: occurrence,
		enrollment: e, client: client, version: version, step: step, sender: p.catalog.senderOf(version, client), due: dueOf(e),
		promised: promised, waited: e.Waiting == waitsForRate,
	}
	v, err := p.timing(&l, f.pressure)
	if err != nil {
		return err
	}
	switch v.what {
	case expired:
		p.skip(&l, v)
		return nil
	case anew:
		p.reanchor(&l, v, nil)
		return nil
	case later:
		p.postpone(&l, v)
		return nil
	}
	p.release(&l, store.Planned{
		EnrollmentID: e.ID, ClientID: e.ClientID, Step: step.ID, Occurrence: occurrence, Pooled: step.Repeat != nil,
		Template: template, DueAt: *e.NextAt, NotAfter: v.closes,
	}, f.pressure)
	if had := f.known.pools.had; had != nil {
		had[poolLetter{e.ClientID, template}] = true
	}
	mayAge := !version.Sequence.MaxAgeOf(step).IsZero()
	if !mayAge {
		p.underWay = append(p.underWay, e.ID)
		return nil
	}
	p.moved(e, nil, waitsForNothing).DueAt = &l.due // if it is put off, its age counts from here
	return nil
}

// underReview tells whether a client's sequences are to be decided anew first.
func (p *planning) underReview(client *store.Client) bool {
	return client.ReviewAt != nil && !client.ReviewAt.After(p.now)
}

// keptFrom says what keeps an enrollment from any step, letter or not, or "", with
// whom it waits for. What it is in the middle of, a wait or a task, it may end.
func (p *planning) keptFrom(e *store.Enrollment, v *Version, client *store.Client, f *facts) (hold, detail string) {
	if inStep(e.Waiting) {
		return "", ""
	}
	if client.Stage == waitsNotTarget {
		return waitsNotTarget, ""
	}
	if rep, held := f.awaited.from(v, client); held {
		return waitsForAnswer, rep
	}
	if outranked(e, f.open[e.ClientID]) {
		return waitsForPriority, ""
	}
	return "", ""
}

// stayAway puts off a step that is no letter until its client is back, unless it has
// begun.
func (p *planning) stayAway(e *store.Enrollment, v *Version, client *store.Client, f *facts) bool {
	a, away := f.pressure.away[client.ID]
	if !away || inStep(e.Waiting) {
		return false
	}
	if move := v.byAbsence(e, client, &a, p.now); move != nil {
		p.moves = append(p.moves, *move)
		return true
	}
	return false
}

// dueOf is when an enrollment's step was due, before anything moved it.
func dueOf(e *store.Enrollment) time.Time {
	if e.DueAt != nil && e.Waiting != waitsForNothing && e.Waiting != resumed {
		return *e.DueAt
	}
	return *e.NextAt
}

// breather is the least time between the last letter of one chain and the first
// one of another that waited for it.
var breather = sequences.Duration{N: 1, Unit: sequences.Week}

// resume dates a step anew after a hold: its delay counts from now, so that nobody
// catches up in a burst, and a first step leaves room after another chain.
func (p *planning) resume(ctx context.Context, e *store.Enrollment, v *Version, step sequences.Step, client *store.Client) (time.Time, error) {
	if e.LastStep != "" {
		return v.Due(step, p.now, client)
	}
	last, err := store.LastSent(ctx, p.tx, client.ID)
	if err != nil || last == nil {
		return p.now, err
	}
	step.After = breather
	return v.Due(step, *last, client)
}

// outranked reports whether another active enrollment of the client goes first.
func outranked(e *store.Enrollment, open []store.Enrollment) bool {
	for _, other := range open {
		if goesFirst(&other) && other.Priority > e.Priority {
			return true
		}
	}
	return false
}

// postpone gives an enrollment the date that its letter waits for, or none.
func (p *planning) postpone(l *letter, v verdict) {
	e := l.enrollment
	if v.until.IsZero() {
		m := p.moved(e, nil, v.code)
		m.WaitingDetail = v.detail
		if v.code == waitsForDeal {
			return
		}
		m.DueAt = &l.due
		p.freed = append(p.freed, e.ClientID)
		return
	}
	until := v.until.UTC()
	if v.lanes == "" && l.promised {
		v.lanes = e.Lanes
		p.book.keep(e.Lanes, e.Priority, until)
	}
	m := p.moved(e, &until, v.code)
	m.WaitingDetail, m.DueAt, m.Lanes = v.detail, &l.due, v.lanes
}

func (p *planning) move(e *store.Enrollment, at *time.Time, waiting string) { p.moved(e, at, waiting) }

// moved is a move that may be said more about before the next one. What concerns only
// this sequence keeps no other of the client's waiting.
func (p *planning) moved(e *store.Enrollment, at *time.Time, waiting string) *store.Move {
	switch waiting {
	case waitsForLetters, waitsForContent, waitsForAudience, waitsSuppressed:
		p.freed = append(p.freed, e.ClientID)
	}
	p.moves = append(p.moves, store.Move{
		EnrollmentID: e.ID, LastStep: e.LastStep, NextStep: e.NextStep, NextAt: at, Waiting: waiting,
		OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt,
	})
	return &p.moves[len(p.moves)-1]
}
