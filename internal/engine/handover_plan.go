package engine

import (
	"context"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// lookAgain is how long a handover letter waits that something else than time keeps
// from going.
const lookAgain = time.Hour

// handovers decides about letters that tell clients of a new rep.
func (p *planning) handovers(ctx context.Context) (int, error) {
	list, err := store.HandoversDue(ctx, p.tx, p.now, planLimit)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	f, err := p.factsAbout(ctx, column(list, func(h *store.Handover) int64 { return h.ClientID }))
	if err != nil {
		return 0, err
	}
	var letters []letter
	var rows []store.Handover // in step
	for _, h := range list {
		l, err := p.handoverLetter(ctx, &h, &f)
		if err != nil {
			return 0, err
		}
		if l == nil {
			continue
		}
		letters, rows = append(letters, *l), append(rows, h)
	}
	if err := p.lanesFor(ctx, letters); err != nil {
		return 0, err
	}
	for i := range letters {
		if err := p.decideHandover(ctx, &letters[i], rows[i], &f); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// handoverLetter is the letter of a handover; nil if it does not go, or not now.
func (p *planning) handoverLetter(ctx context.Context, h *store.Handover, f *facts) (*letter, error) {
	client, held := f.clients[h.ClientID]
	if !held || p.underReview(client) {
		return nil, p.putOff(ctx, h, p.now.Add(time.Second))
	}
	var e *store.Enrollment
	for i := range f.open[h.ClientID] {
		if o := &f.open[h.ClientID][i]; o.ID == h.EnrollmentID {
			e = o
		}
	}
	if e == nil {
		return nil, store.DropHandover(ctx, p.tx, h.ID)
	}
	version, err := p.engine.Version(ctx, p.tx, e.VersionID)
	if isContent(err) {
		return nil, p.putOff(ctx, h, p.now.Add(lookAgain))
	}
	if err != nil {
		return nil, err
	}
	if version.Sequence.Handover == "" {
		return nil, store.DropHandover(ctx, p.tx, h.ID)
	}
	hold, _ := p.keptFrom(e, version, client, f)
	if _, awaits := f.awaited.from(version, client); awaits { // in the middle of a step, too
		hold = waitsForAnswer
	}
	kept := p.catalog.holdOf(client, f.suppressed.cover(client.Address, e.Sequence)) != "" || hold != "" || !version.suits(client)
	if e.State != "active" || kept {
		return nil, p.putOff(ctx, h, p.now.Add(lookAgain))
	}
	if h.Occurrence, err = store.NextOccurrence(ctx, p.tx, e.ID); err != nil {
		return nil, err
	}
	step := sequences.Step{ID: store.HandoverStep, Email: sequences.Letters{version.Sequence.Handover}}
	return &letter{
		template: version.Sequence.Handover, occurrence: h.Occurrence, enrollment: e, client: client, version: version, step: step,
		sender: p.catalog.senderOf(version, client), due: *h.DueAt,
	}, nil
}

func (p *planning) putOff(ctx context.Context, h *store.Handover, until time.Time) error {
	until = until.UTC()
	h.DueAt = &until
	return store.SaveHandover(ctx, p.tx, *h)
}

func (p *planning) decideHandover(ctx context.Context, l *letter, h store.Handover, f *facts) error {
	v, err := p.timing(l, f.pressure)
	if isContent(err) {
		v, err = verdict{what: later}, nil // its window never opens
	}
	if err != nil {
		return err
	}
	if v.what != goes {
		h.Occurrence = 0
		if v.until.IsZero() {
			v.until = p.now.Add(lookAgain)
		}
		return p.putOff(ctx, &h, v.until)
	}
	p.release(l, store.Planned{
		EnrollmentID: l.enrollment.ID, ClientID: l.client.ID, Step: l.step.ID, Occurrence: l.occurrence, Template: l.template, DueAt: l.due, NotAfter: v.closes,
	}, f.pressure)
	h.DueAt = nil
	return store.SaveHandover(ctx, p.tx, h)
}

// run is what a letter's distance to others of its client goes by: a handover letter
// keeps it to those of its own enrollment too.
func (l *letter) run() int64 {
	if l.step.ID == store.HandoverStep {
		return -l.enrollment.ID
	}
	return l.enrollment.ID
}
