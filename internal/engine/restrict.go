package engine

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

const (
	// slowBase is the rate that a provider without a limit is slowed down from, when
	// it asks for that: letters a second.
	slowBase = 10.0
	// slowLeast is as slow as it gets.
	slowLeast = 1.0 / 60
	// Recovery: the rate grows by a quarter every ten minutes.
	slowGrowth = 1.25
	slowPeriod = 10 * time.Minute
	// slowMemory is when the slowest lane is back at slowBase.
	slowMemory = 6 * time.Hour
	// recountEvery is how often promises are counted anew.
	recountEvery = 15 * time.Minute
)

// restrict loads what is paused and slowed down, and takes back the letters of
// paused senders that no worker has in hand.
func (p *planning) restrict(ctx context.Context) error {
	r, err := store.LoadRestrictions(ctx, p.tx, p.now, p.now.Add(-slowMemory))
	if err != nil {
		return err
	}
	p.paused, p.slow = make(map[string]store.Pause), make(map[string]float64)
	var senders, reasons []string
	var until []time.Time
	for _, pause := range r.Pauses {
		p.paused[pause.Name] = pause // an address and a sequence's name differ
		if pause.Kind == store.PausedSender {
			senders, until, reasons = append(senders, pause.Name), append(until, p.lookAgain(pause)), append(reasons, "sending from "+pause.Name+" is paused: "+pause.Reason)
		}
	}
	for _, slowed := range r.Slow {
		if now := recovered(slowed, p.now); now < slowBase {
			p.slow[slowed.Lane] = now
		}
	}
	p.limited = p.catalog.limited || len(p.slow) > 0
	if len(senders) > 0 {
		if err := store.RecallChunks(ctx, p.tx, senders, until, reasons); err != nil {
			return err
		}
	}
	if !p.limited {
		return nil
	}
	p.book = newLaneBook(p.now, p.catalog.Zone)
	return p.engine.recount(ctx, p)
}

// lookAgain is when letters of a pause are looked at again, whatever happens.
func (p *planning) lookAgain(pause store.Pause) time.Time {
	if pause.Until != nil {
		return *pause.Until
	}
	return p.now.Add(time.Hour)
}

// recount counts promises anew now and then: people end and pause enrollments, and
// what was promised to those would keep others waiting.
func (e *Engine) recount(ctx context.Context, p *planning) error {
	e.content.Lock()
	due := e.content.recounted.After(p.now) || p.now.Sub(e.content.recounted) >= recountEvery
	e.content.recounted = p.now
	e.content.Unlock()
	if !due {
		return nil
	}
	return store.RecountPromises(ctx, p.tx, midnight(p.book.today), p.catalog.Settings.TimeZone)
}

// lanesOf are the lanes that a letter goes through, those without limits left out.
func (p *planning) lanesOf(sender string, client *store.Client) []*lane {
	if p.book == nil {
		return nil
	}
	var lanes []*lane
	for _, name := range []string{p.key(sender), sequences.ProviderOf(client.Address)} {
		if l := p.book.lanes[name]; l != nil {
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// lanesFor reads the lanes that letters go through.
func (p *planning) lanesFor(ctx context.Context, letters []letter) error {
	if p.book == nil {
		return nil
	}
	var senders, addresses []string
	for i := range letters {
		senders, addresses = append(senders, letters[i].sender), append(addresses, letters[i].client.Address)
	}
	return p.loadLanes(ctx, senders, addresses, nil)
}

// lanesOfDue reads the lanes that due enrollments go through, and where room is
// promised to them.
func (p *planning) lanesOfDue(ctx context.Context, due []*store.Enrollment, f facts) error {
	if p.book == nil {
		return nil
	}
	var senders, addresses, promised []string
	for _, e := range due {
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if errors.Is(err, errContent) {
			continue // told when it is decided about
		}
		if err != nil {
			return err
		}
		client := f.clients[e.ClientID]
		senders, addresses = append(senders, p.catalog.senderOf(version, client)), append(addresses, client.Address)
		promised = append(promised, strings.Fields(e.Lanes)...)
	}
	return p.loadLanes(ctx, senders, addresses, promised)
}

func (p *planning) loadLanes(ctx context.Context, senders, addresses, promised []string) error {
	wanted := make(map[string]*lane)
	for _, name := range slices.Concat(promised, senders) {
		name = p.key(name)
		if s, known := p.catalog.senders[name]; known && wanted[name] == nil && s.Limited() {
			wanted[name] = &lane{perSecond: s.Rate.PerSecond(), limitOn: func(day sequences.Date) int { return s.LimitOn(midnight(day)) }}
		}
	}
	providers := slices.Clone(promised)
	for _, address := range addresses {
		providers = append(providers, sequences.ProviderOf(address))
	}
	for _, name := range providers {
		limit, limited := p.catalog.Settings.Limits.Providers[name]
		slow, slowed := p.slow[name]
		if wanted[name] != nil || !limited && !slowed {
			continue
		}
		l := &lane{perSecond: limit.Rate.PerSecond(), limitOn: func(sequences.Date) int { return limit.DailyLimit }}
		if slowed && (l.perSecond == 0 || slow < l.perSecond) {
			l.perSecond = slow
		}
		wanted[name] = l
	}
	return p.book.load(ctx, p.tx, wanted)
}

// key is senderKey, worked out once a run.
func (p *planning) key(sender string) string {
	key, known := p.keys[sender]
	if !known {
		key = senderKey(sender)
		p.keys[sender] = key
	}
	return key
}

// recovered is the rate that a provider which was slowed down has come back to.
func recovered(s store.SlowedLane, now time.Time) float64 {
	return s.Slow * math.Pow(slowGrowth, float64(now.Sub(s.SlowedAt))/float64(slowPeriod))
}
