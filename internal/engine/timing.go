package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// letter is one that is due, new or put off before.
type letter struct {
	enrollment *store.Enrollment
	client     *store.Client
	version    *Version
	step       sequences.Step
	template   string
	occurrence int
	messageID  int64 // 0: not written yet
	sender     string
	due        time.Time // before anything moved it
	planned    time.Time // of one put off before: its message's due date
	promised   bool      // room on this day was promised to it
	waited     bool      // its turn at the rate has come
}

// What is decided about a letter.
const (
	goes = iota
	later
	expired
	anew // dated as if the step before had been done now
)

// verdict is what is decided about a letter.
type verdict struct {
	what   int
	closes time.Time // goes: when it may not any more
	until  time.Time // later: when it is decided anew; zero: when what holds it is over
	code   string
	detail string
	lanes  string // later: where room is promised to it
}

// never is later than any letter waits.
var never = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// timing decides when a letter may go: what is paused, who is in touch with the
// client, the window, and then how much its sender and provider take.
func (p *planning) timing(l *letter, pr *pressure) (verdict, error) {
	zone := l.version.zoneOf(l.client)
	pause, held := p.pauseOf(l)
	by := expiryOf(l, zone)
	if !by.After(p.now) {
		if v := tooLate(l); pause == nil || v.what == expired {
			return v, nil
		}
		by = never // dated anew when the pause is over
	}
	put := func(until time.Time, code, detail, lanes string) (verdict, error) {
		if until.After(by) { // it will be given up or dated anew then
			until, lanes = by, ""
		}
		return verdict{what: later, until: until, code: code, detail: detail, lanes: lanes}, nil
	}
	timing := l.version.timing(l.client)
	window := func(from time.Time) (time.Time, time.Time, error) {
		opens, closes, err := timing.Opening(from.In(zone))
		if err != nil {
			err = fmt.Errorf("%w: %w", errContent, err)
		}
		return opens, closes, err
	}
	if pause != nil {
		if pause.Until == nil {
			return verdict{what: later, code: held, detail: pause.Name}, nil
		}
		opens, _, err := window(*pause.Until)
		if err != nil {
			return verdict{}, err
		}
		return put(opens, held, pause.Name, "")
	}
	if pr.deals[l.client.ID] {
		return verdict{what: later, code: waitsForDeal}, nil
	}
	if w := pr.waitOf(l.client, l.run(), l.messageID, p.now); !w.until.IsZero() {
		opens, _, err := window(w.until)
		if err != nil {
			return verdict{}, err
		}
		return put(opens, w.code, w.detail, "")
	}
	opens, closes, err := window(p.now)
	if err != nil {
		return verdict{}, err
	}
	if opens.After(p.now) {
		return put(opens, waitsForWindow, "", "")
	}
	if lanes := p.lanesOf(l.sender, l.client); len(lanes) > 0 {
		timing.Key = 0 // promises are spread over the whole opening anyway
		w, names, err := p.queue(l, lanes, closes, by, window)
		if err != nil {
			return verdict{}, err
		}
		if w.code != "" {
			return put(w.until, w.code, w.detail, names)
		}
	}
	if by.Before(closes) {
		closes = by
	}
	return verdict{what: goes, closes: closes}, nil
}

// pauseOf is the pause that keeps a letter from going, or nil.
func (p *planning) pauseOf(l *letter) (*store.Pause, string) {
	if len(p.paused) == 0 {
		return nil, ""
	}
	if pause, paused := p.paused[l.version.Sequence.Name]; paused {
		return &pause, waitsForSequence
	}
	if pause, paused := p.paused[p.key(l.sender)]; paused {
		return &pause, waitsForSender
	}
	return nil, ""
}

// queue takes room for a letter in its lanes, or says when it has its turn and
// where it is promised that. closes is the end of its window, by when it expires.
func (p *planning) queue(l *letter, lanes []*lane, closes, by time.Time, window opening) (wait, string, error) {
	daily := claim{l.enrollment.Priority, l.promised}
	for _, lane := range lanes {
		if !lane.room(p.book.today, daily) {
			at, err := p.book.promise(lanes, daily, p.now, by, window)
			return wait{at, waitsForDaily, lane.name}, namesOf(lanes), err
		}
	}
	paced := claim{l.enrollment.Priority, l.waited}
	turn, behind := p.now, ""
	for _, lane := range lanes {
		if lane.free(p.now) {
			continue
		}
		if at := lane.turn(paced, p.now); at.After(turn) {
			turn, behind = at, lane.name
		}
	}
	if behind == "" {
		for _, lane := range lanes {
			lane.take(p.now)
			lane.add(p.book.today, l.enrollment.Priority, 1, 0)
		}
		return wait{}, "", nil
	}
	look := turn.Truncate(slice)
	if !look.After(p.now) {
		look = turn
	}
	if !look.Before(closes) {
		// Not in this opening: what the rate makes of the next ones is a daily limit.
		at, err := p.book.promise(lanes, daily, p.book.today.Next().Start(p.book.zone), by, window)
		return wait{at, waitsForRate, behind}, namesOf(lanes), err
	}
	if look.After(by) {
		return wait{look, waitsForRate, behind}, "", nil
	}
	day := sequences.DateOf(look.In(p.book.zone))
	for _, lane := range lanes {
		lane.keep(paced, turn, p.now)
		lane.add(day, l.enrollment.Priority, 0, 1)
	}
	return wait{look, waitsForRate, behind}, namesOf(lanes), nil
}

func namesOf(lanes []*lane) string {
	names := make([]string, len(lanes))
	for i, l := range lanes {
		names[i] = l.name
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
