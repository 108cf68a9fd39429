package engine

import (
	"fmt"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// expiryOf is when a letter is too late, if ever.
func expiryOf(l *letter, zone *time.Location) time.Time {
	age := l.version.Sequence.MaxAgeOf(l.step)
	if age.IsZero() || l.step.ID == store.HandoverStep || l.version.Sequence.MissedOf(l.step) == sequences.MissedSend {
		return never
	}
	return age.Add(l.due.In(zone), l.version.Calendar)
}

// tooLate is what becomes of a letter that could not go within its max_age: with
// `missed: skip` it is given up, with `missed: reanchor` dated anew.
func tooLate(l *letter) verdict {
	age := l.version.Sequence.MaxAgeOf(l.step)
	if l.version.Sequence.MissedOf(l.step) == sequences.MissedReanchor {
		return verdict{what: anew, detail: fmt.Sprintf("dated anew: it could not go within %s after it was due", age)}
	}
	return verdict{what: expired, detail: fmt.Sprintf("expired: it could not go within %s after it was due", age)}
}

// reanchor dates a letter as if the step before it had been done just now, so that
// nobody is caught up with in a burst.
func (p *planning) reanchor(l *letter, v verdict, late *lateLetters) {
	e := l.enrollment
	at, err := l.version.Due(l.step, p.now, l.client)
	if err != nil {
		p.engine.Log.Error("enrollment cannot go on", "enrollment_id", e.ID, "sequence", e.Sequence, "err", err)
		if l.messageID == 0 {
			p.move(e, nil, waitsForContent)
		} else {
			late.add(l.messageID, p.now.Add(time.Hour), "its window never opens")
		}
		return
	}
	if l.messageID == 0 {
		p.move(e, &at, waitsForNothing)
		return
	}
	late.add(l.messageID, at, v.detail)
	p.moved(e, nil, waitsForNothing).DueAt = &at // its age counts from there
}
