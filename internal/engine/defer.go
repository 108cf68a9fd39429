package engine

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// deferred decides anew about letters that were put off.
func (p *planning) deferred(ctx context.Context) (int, error) {
	list, err := store.TakeDeferred(ctx, p.tx, p.now, planLimit)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var clientIDs, enrollmentIDs []int64
	for _, d := range list {
		clientIDs, enrollmentIDs = append(clientIDs, d.ClientID), append(enrollmentIDs, d.EnrollmentID)
	}
	f, err := p.factsAbout(ctx, clientIDs)
	if err != nil {
		return 0, err
	}
	enrollments, err := store.EnrollmentsByID(ctx, p.tx, enrollmentIDs)
	if err != nil {
		return 0, err
	}
	byID := make(map[int64]*store.Enrollment, len(enrollments))
	for i := range enrollments {
		byID[enrollments[i].ID] = &enrollments[i]
	}
	var late lateLetters
	var due []letter
	for _, d := range list {
		l, err := p.again(ctx, d, byID[d.EnrollmentID], f, &late)
		if err != nil {
			return 0, err
		}
		if l != nil {
			due = append(due, *l)
		}
	}
	if err := p.lanesFor(ctx, due); err != nil {
		return 0, err
	}
	for i := range due {
		if err := p.decideAgain(&due[i], f, &late); err != nil {
			return 0, err
		}
	}
	return len(list), late.write(ctx, p.tx)
}

// again makes a letter of one that was put off; nil if it does not go now.
func (p *planning) again(ctx context.Context, d store.Deferred, e *store.Enrollment, f facts, late *lateLetters) (*letter, error) {
	if d.State != "planned" || e == nil {
		return nil, nil
	}
	if e.State != "active" {
		state, reason := "cancelled", "the enrollment has ended"
		if e.State == "paused" {
			state, reason = "held", "paused"
		}
		return nil, store.StopMessages(ctx, p.tx, []int64{e.ID}, state, reason)
	}
	client := f.clients[d.ClientID]
	if client == nil || client.ReviewAt != nil && !client.ReviewAt.After(p.now) {
		late.add(d.MessageID, p.now.Add(time.Second), "planned anew")
		return nil, nil
	}
	version, err := p.engine.Version(ctx, p.tx, e.VersionID)
	if errors.Is(err, errContent) {
		p.engine.Log.Error("letter cannot go on", "message_id", d.MessageID, "sequence", e.Sequence, "err", err)
		late.add(d.MessageID, p.now.Add(time.Hour), "its sequence cannot be read")
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if f.awaited.isUnsure(version, client) {
		late.add(d.MessageID, p.now.Add(time.Second), "planned anew")
		return nil, nil
	}
	if rep, held := f.awaited.from(version, client); held {
		return nil, p.holdAgain(ctx, d, e, rep, late)
	}
	step, found := version.Sequence.Step(d.Step)
	if !found {
		step.ID, step.Email = d.Step, sequences.Letters{d.Template}
	}
	step = repeated(e, step)
	due := d.DueAt
	if e.DueAt != nil && e.NextAt == nil && d.Step != store.HandoverStep {
		due = *e.DueAt
	}
	return &letter{
		template: d.Template, occurrence: d.Occurrence,
		enrollment: e, client: client, version: version, step: step, messageID: d.MessageID, sender: p.catalog.senderOf(version, client),
		due: due, promised: true, waited: true, planned: d.DueAt,
	}, nil
}

// holdAgain holds a letter until the rep has answered a reply.
func (p *planning) holdAgain(ctx context.Context, d store.Deferred, e *store.Enrollment, rep string, late *lateLetters) error {
	if d.Step == store.HandoverStep {
		late.add(d.MessageID, p.now.Add(lookAgain), "waits: "+WhyItWaits(waitsForAnswer, rep))
		return nil
	}
	p.moves = append(p.moves, heldForAnswer(e, rep))
	return store.StopMessages(ctx, p.tx, []int64{e.ID}, "held", WhyItWaits(waitsForAnswer, rep))
}

func (p *planning) decideAgain(l *letter, f facts, late *lateLetters) error {
	if l.due.After(p.now) { // dated anew, and woken before
		late.add(l.messageID, l.due, "dated anew")
		return nil
	}
	if e := l.enrollment; e.Waiting == resumed && e.WaitingDetail == waitsForAnswer && l.step.ID != store.HandoverStep {
		p.reanchor(l, verdict{detail: "dated anew: the rep has answered a reply"}, late)
		return nil
	}
	v, err := p.timing(l, f.pressure)
	if errors.Is(err, errContent) {
		p.engine.Log.Error("letter cannot go on", "message_id", l.messageID, "sequence", l.enrollment.Sequence, "err", err)
		late.add(l.messageID, p.now.Add(time.Hour), "its window never opens")
		return nil
	}
	switch {
	case err != nil:
		return err
	case v.what == expired:
		p.skip(l, v)
	case v.what == anew:
		p.reanchor(l, v, late)
	case v.what == later && v.until.IsZero(): // whatever ends the wait wakes it; this makes sure
		late.add(l.messageID, p.now.Add(time.Hour), "waits: "+WhyItWaits(v.code, v.detail))
	case v.what == later && v.code == waitsForWindow:
		late.add(l.messageID, v.until.UTC(), "waits for the window")
	case v.what == later:
		late.add(l.messageID, v.until.UTC(), "waits: "+WhyItWaits(v.code, v.detail))
	default:
		p.release(l, store.Planned{ID: l.messageID, NotAfter: v.closes, DueAt: l.planned}, f.pressure)
	}
	return nil
}

// lateLetters are letters to be put off, as columns.
type lateLetters struct {
	ids     []int64
	until   []time.Time
	reasons []string
}

func (l *lateLetters) add(id int64, until time.Time, reason string) {
	l.ids, l.until, l.reasons = append(l.ids, id), append(l.until, until), append(l.reasons, reason)
}

func (l *lateLetters) write(ctx context.Context, tx pgx.Tx) error {
	if len(l.ids) == 0 {
		return nil
	}
	return store.Defer(ctx, tx, l.ids, l.until, l.reasons)
}
