package engine

import (
	"context"

	"seventh/internal/store"
	"seventh/sequences"
)

// outlet is what the letters of a chunk have in common: their sender and, where
// letters to a provider are paced, that provider.
type outlet struct{ sender, provider string }

// release lets a letter go.
func (p *planning) release(l *letter, row store.Planned, pr *pressure) {
	out := outlet{sender: l.sender}
	if p.book != nil {
		provider := sequences.ProviderOf(l.client.Address)
		if lane := p.book.lanes[provider]; lane != nil && lane.perSecond > 0 {
			out.provider = provider
		}
	}
	p.letters[out] = append(p.letters[out], row)
	pr.note(l.client, l.run(), l.messageID, p.now)
	if b := &p.catalog.Settings.Breakers; b.Bounces != nil || b.Complaints != nil {
		p.tallies[store.Tally{Kind: store.PausedSender, Name: p.key(l.sender)}]++
		p.tallies[store.Tally{Kind: store.PausedSequence, Name: l.version.Sequence.Name}]++
	}
}

// count stores how many letters have been released, for the breakers.
func (p *planning) count(ctx context.Context) error {
	if len(p.tallies) == 0 {
		return nil
	}
	list := make([]store.Tally, 0, len(p.tallies))
	for tally, n := range p.tallies {
		tally.Letters = n
		list = append(list, tally)
	}
	return store.AddTallies(ctx, p.tx, list)
}

// pace is how fast the letters of an outlet may go, in letters a second; 0 for no
// limit. Outlets share the rate of their sender, or provider, by their letters.
func (p *planning) pace(out outlet) float64 {
	if p.book == nil {
		return 0
	}
	pace := 0.0
	slowest := func(lane *lane, of func(outlet) bool) {
		if lane == nil || lane.perSecond == 0 {
			return
		}
		all := 0
		for other, letters := range p.letters {
			if of(other) {
				all += len(letters)
			}
		}
		if share := lane.perSecond * float64(len(p.letters[out])) / float64(all); pace == 0 || share < pace {
			pace = share
		}
	}
	slowest(p.book.lanes[p.key(out.sender)], func(o outlet) bool { return p.key(o.sender) == p.key(out.sender) })
	if out.provider != "" {
		slowest(p.book.lanes[out.provider], func(o outlet) bool { return o.provider == out.provider })
	}
	return pace
}
