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
	recent     map[int64][]store.OtherLetter // by client, within spacing
}

// factsAbout locks what is decided about, clients before enrollments as stops do:
// a change that comes meanwhile waits, and then finds and wakes what was held.
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
	if f.list, err = store.LockOpenEnrollments(ctx, p.tx, held); err != nil {
		return facts{}, err
	}
	for _, o := range f.list {
		f.open[o.ClientID] = append(f.open[o.ClientID], o)
	}
	if f.suppressed, err = suppressionsOf(ctx, p.tx, clients); err != nil {
		return facts{}, err
	}
	recent, err := store.LettersSince(ctx, p.tx, held, p.now.Add(-spacing))
	if err != nil {
		return facts{}, err
	}
	f.recent = make(map[int64][]store.OtherLetter)
	for _, letter := range recent {
		f.note(letter)
	}
	return f, nil
}

func (f facts) note(letter store.OtherLetter) {
	f.recent[letter.ClientID] = append(f.recent[letter.ClientID], letter)
}

// spacing is the least time between letters of different chains to one client:
// whatever flaps in the CRM, he does not get two on a day.
const spacing = 24 * time.Hour

// tooSoon says until when a letter waits for the letters of other chains.
func (f facts) tooSoon(e *store.Enrollment, now time.Time) (until time.Time, wait bool) {
	for _, letter := range f.recent[e.ClientID] {
		if free := letter.At.Add(spacing); letter.EnrollmentID != e.ID && free.After(now) && free.After(until) {
			until, wait = free, true
		}
	}
	return until, wait
}

// decide is the whole policy for one enrollment that is due: hold it, date it
// later, or let its letter be written.
func (p *planning) decide(ctx context.Context, e *store.Enrollment, f facts) error {
	client := f.clients[e.ClientID]
	if client.ReviewAt != nil && !client.ReviewAt.After(p.now) {
		return nil // still to be reviewed: then this one's turn comes again
	}
	version, err := p.engine.Version(ctx, p.tx, e.VersionID)
	if err != nil {
		return err
	}
	if hold := p.catalog.holdOf(client, f.suppressed.cover(client.Address, e.Sequence)); hold != "" {
		p.move(e, nil, hold)
		return nil
	}
	if outranked(e, f.open[e.ClientID]) {
		p.move(e, nil, waitsForPriority)
		return nil
	}
	step, found := version.Sequence.Step(e.NextStep)
	if !found {
		return fmt.Errorf("%w: version %d has no step %q", errContent, version.Number, e.NextStep)
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
	if until, wait := f.tooSoon(e, p.now); wait {
		at, err := version.Due(sequences.Step{ID: step.ID}, until, client)
		if err != nil {
			return err
		}
		p.move(e, &at, waitsForRecent)
		return nil
	}
	local := p.now.In(version.zoneOf(client))
	opens, closes, err := version.Window.Open(local, version.Calendar)
	if err != nil {
		return fmt.Errorf("%w: %w", errContent, err)
	}
	if opens.After(p.now) {
		opens = opens.UTC()
		p.move(e, &opens, waitsForWindow)
		return nil
	}
	if step.Offer != nil {
		expires := step.Offer.Expires.Add(local, version.Calendar).UTC()
		e.OfferName, e.OfferExpiresAt = step.Offer.Name, &expires
	}
	sender := p.catalog.senderOf(version, client)
	p.letters[sender] = append(p.letters[sender], store.Planned{
		EnrollmentID: e.ID, ClientID: e.ClientID, Step: step.ID, Template: step.Email, DueAt: *e.NextAt, NotAfter: closes,
	})
	p.move(e, nil, waitsForNothing)
	f.note(store.OtherLetter{ClientID: e.ClientID, EnrollmentID: e.ID, At: p.now})
	return nil
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
		if other.State == "active" && other.Priority > e.Priority && !isHeld(other.Waiting) {
			return true
		}
	}
	return false
}

func (p *planning) move(e *store.Enrollment, at *time.Time, waiting string) {
	p.moves = append(p.moves, store.Move{
		EnrollmentID: e.ID, LastStep: e.LastStep, NextStep: e.NextStep, NextAt: at, Waiting: waiting,
		OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt,
	})
}
