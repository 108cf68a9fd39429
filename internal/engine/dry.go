package engine

import (
	"strconv"

	"seventh/internal/store"
	"seventh/sequences"
)

// enoughTouches is the rule of seven: a client with fewer is not dropped because a
// chain has no more letters.
const enoughTouches = 7

// isChain tells whether a sequence is the chain of a category, which never runs dry.
func isChain(settings *sequences.Settings, sequence string) bool {
	_, chain := settings.ChainOf(sequence)
	return chain
}

// atEnd decides about an enrollment that stands behind the last step of a chain that
// never runs dry: it goes on where steps were added, ends with enough touches, or
// waits for new letters.
func (p *planning) atEnd(e *store.Enrollment, v *Version, client *store.Client, f *facts) {
	if next, more := v.Sequence.Next(e.LastStep); more {
		anchor := p.now
		if e.AnchorAt != nil {
			anchor = *e.AnchorAt
		}
		move := v.onward(e, e.LastStep, next, client, anchor)
		if move.NextAt != nil && move.NextAt.Before(p.now) {
			move.NextAt = &p.now
		}
		p.moves = append(p.moves, move)
		return
	}
	touches := f.known.touches[e.ClientID].Touches
	if touches >= enoughTouches || !v.neverRunsDry {
		p.end(e, endedFinished)
		return
	}
	m := p.moved(e, nil, waitsForLetters)
	m.WaitingDetail = strconv.Itoa(touches)
}
