package engine

import (
	"context"

	"seventh/internal/store"
)

// skipped are letters that are given up; their enrollments go on.
type skipped struct {
	letters  []store.Planned
	senders  []string
	reasons  []string
	written  map[string][]int64 // messages that exist already, by reason
	finished []int64            // enrollments without a next step
}

// skip gives a letter up and dates the next step from now.
func (p *planning) skip(l *letter, v verdict) {
	e, s := l.enrollment, &p.skipped
	if l.messageID != 0 {
		if s.written == nil {
			s.written = make(map[string][]int64)
		}
		s.written[v.detail] = append(s.written[v.detail], l.messageID)
	} else {
		s.letters = append(s.letters, store.Planned{
			EnrollmentID: e.ID, ClientID: e.ClientID, Step: l.step.ID, Occurrence: l.occurrence, Template: l.template, DueAt: l.due, NotAfter: p.now,
		})
		s.senders, s.reasons = append(s.senders, l.sender), append(s.reasons, v.detail)
	}
	next, more := l.version.Sequence.Follow(l.step, l.occurrence)
	if !more && !l.version.neverRunsDry {
		s.finished = append(s.finished, e.ID)
		return
	}
	move := l.version.onward(e, l.step.ID, next, l.client, p.now)
	if move.Waiting == waitsForContent {
		p.engine.Log.Error("enrollment cannot go on", "enrollment_id", e.ID, "sequence", e.Sequence, "step", next.ID)
	}
	p.moves = append(p.moves, move)
}

// write stores what was given up.
func (s *skipped) write(ctx context.Context, p *planning) error {
	if len(s.letters) > 0 {
		if err := store.InsertSkipped(ctx, p.tx, s.senders, s.letters, s.reasons); err != nil {
			return err
		}
	}
	for reason, ids := range s.written {
		if err := store.CancelMessages(ctx, p.tx, ids, reason); err != nil {
			return err
		}
	}
	return p.endAll(ctx, s.finished, endedFinished)
}

// endAll ends enrollments of which no letter is under way, or whose clients are
// locked as stops do.
func (p *planning) endAll(ctx context.Context, ids []int64, reason string) error {
	if len(ids) == 0 {
		return nil
	}
	ended, err := store.EndEnrollments(ctx, p.tx, ids, reason, p.now)
	if err != nil {
		return err
	}
	return p.engine.afterEnd(ctx, p.tx, ended, p.now)
}
