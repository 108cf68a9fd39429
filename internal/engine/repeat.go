package engine

import (
	"seventh/internal/store"
	"seventh/sequences"
)

// pick chooses the letter of a step that is due: of a repeat the first one that the
// client has had from nowhere, one that failed only when there is no other. It
// reports false when there is none, or there have been as many as there may be.
func (p *planning) pick(e *store.Enrollment, step *sequences.Step, known *pools) (template string, occurrence int, ok bool) {
	if step.Repeat == nil {
		return step.Email.First(), 1, true
	}
	occurrence = known.letters[store.StepRef{EnrollmentID: e.ID, Step: step.ID}] + 1
	if times := step.Repeat.Times; times > 0 && occurrence > times {
		return "", 0, false
	}
	for _, letter := range step.Email {
		had, tried := known.had[poolLetter{e.ClientID, letter}]
		if !tried {
			return letter, occurrence, true
		}
		if !had && template == "" {
			template = letter
		}
	}
	return template, occurrence, template != ""
}

// usedUp goes on behind a repeat whose letters the client has all had, or waits for
// new ones. The next step's delay counts from the last letter.
func (p *planning) usedUp(e *store.Enrollment, v *Version, step sequences.Step, client *store.Client, known *pools) {
	r := step.Repeat
	sent := known.letters[store.StepRef{EnrollmentID: e.ID, Step: step.ID}]
	if r.UsedUp == sequences.UsedUpWait && (r.Times == 0 || sent < r.Times) {
		p.move(e, nil, waitsForLetters)
		return
	}
	p.did.decisions = append(p.did.decisions, store.Decision{
		EnrollmentID: e.ID, ClientID: e.ClientID, Step: step.ID, Kind: "repeat", Outcome: outcomeUsedUp, At: p.now, Data: map[string]any{"letters": sent},
	})
	next, more := v.Sequence.Next(step.ID)
	if !more && !v.neverRunsDry {
		p.end(e, endedFinished)
		return
	}
	anchor := p.now
	if e.AnchorAt != nil {
		anchor = *e.AnchorAt
	}
	move := v.onward(e, step.ID, next, client, anchor)
	if move.NextAt != nil && move.NextAt.Before(p.now) {
		move.NextAt = &p.now
	}
	p.moves = append(p.moves, move)
}

// repeated is a step whose delay is what it is by now: of a repeat that has begun, the
// time between two letters.
func repeated(e *store.Enrollment, step sequences.Step) sequences.Step {
	if step.Repeat != nil && e.LastStep == step.ID {
		step.After = step.Repeat.Every
	}
	return step
}
