package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

const (
	hitsOfLetters = 200 // letters whose hits are judged in one run of the planner
	// hitMemory is how far back hits are judged again when the rules are newer.
	hitMemory    = 90 * 24 * time.Hour
	hitsRejudged = 1000 // hits of one step back
)

// judgeHits tells who is behind hits whose verdict can change no more, and has the
// planner look at the clients concerned. Nothing that a hit moves moves before.
func (p *planning) judgeHits(ctx context.Context) (int, error) {
	ids, err := store.TakeHitsDue(ctx, p.tx, p.now, hitsOfLetters)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	letters, err := store.HitLetters(ctx, p.tx, ids)
	if err != nil {
		return 0, err
	}
	hits, err := store.HitsOf(ctx, p.tx, ids)
	if err != nil {
		return 0, err
	}
	of := make(map[int64][]store.KeptHit, len(letters))
	for _, h := range hits {
		of[h.MessageID] = append(of[h.MessageID], h)
	}
	var judged []store.KeptHit
	var touches []store.TouchVerdict
	for i := range letters {
		settled, verdicts := verdictsOf(&letters[i], of[letters[i].ID], p.now)
		judged, touches = append(judged, settled...), append(touches, verdicts...)
	}
	if len(judged) > 0 {
		if err := store.SaveVerdicts(ctx, p.tx, judged); err != nil {
			return 0, err
		}
	}
	if len(touches) > 0 {
		if err := store.JudgeTouches(ctx, p.tx, touches); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// verdictsOf judges a letter's hits: those about which something new is to be written,
// and the touches of all that are settled.
func verdictsOf(letter *store.HitLetter, hits []store.KeptHit, now time.Time) (news []store.KeptHit, touches []store.TouchVerdict) {
	l := inbound.HitLetter{Links: letter.Links}
	if letter.SentAt != nil {
		l.Sent = *letter.SentAt
	}
	if letter.DeliveredAt != nil {
		l.Delivered = *letter.DeliveredAt
	}
	read := make([]inbound.Hit, len(hits))
	for i, h := range hits {
		read[i] = inbound.Hit{
			At: h.At, Purpose: h.Purpose, Link: h.Link, Method: h.Method, UserAgent: h.UserAgent, Language: h.Language, Ahead: h.Ahead, Network: h.Address, Said: h.Said,
		}
	}
	type place struct {
		kind string
		link int
	}
	at := make(map[place]int) // in touches
	for i, v := range inbound.ClassifyHits(l, read) {
		h := &hits[i]
		if h.At.Add(inbound.HitsSettle).After(now) {
			continue
		}
		first := h.Actor == ""
		if h.Actor != v.Actor || h.Rules != inbound.HitRules {
			h.Actor, h.Rules = v.Actor, inbound.HitRules
			news = append(news, *h)
		}
		if h.Purpose == inbound.HitHoneypot {
			continue
		}
		touch := store.TouchVerdict{MessageID: letter.ID, Kind: h.Purpose, Link: h.Link, Actor: v.Actor, Why: v.Why, At: h.At, First: first, Keep: letter.Partly}
		n, seen := at[place{h.Purpose, h.Link}]
		if !seen {
			at[place{h.Purpose, h.Link}] = len(touches)
			touches = append(touches, touch)
			continue
		}
		best := &touches[n]
		touch.First = touch.First && best.First
		if weight(touch.Actor) > weight(best.Actor) || touch.Actor == best.Actor && touch.At.Before(best.At) {
			*best = touch
		}
		best.First = touch.First
	}
	return news, touches
}

// weight orders actors: a touch is by a person if one of its hits is.
func weight(actor string) int {
	switch actor {
	case inbound.Human:
		return 2
	case inbound.Unknown:
		return 1
	}
	return 0
}

// RejudgeHits has the next hits of the last months judged by the rules of this program,
// if those that judged them were older. It reports whether there are more.
func (e *Engine) RejudgeHits(ctx context.Context) (more bool, err error) {
	err = store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		more, err = store.RejudgeHits(ctx, tx, inbound.HitRules, now.Add(-hitMemory), hitsRejudged)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("going over old hits: %w", err)
	}
	return more, nil
}
