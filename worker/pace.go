package worker

import (
	"sync"
	"time"
)

// pace spreads letters evenly over time, also over those who share it: the first
// goes at once. The zero rate does not hold anything up.
type pace struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time
}

// newPace is a pace of so many letters a second.
func newPace(perSecond float64) *pace {
	if perSecond <= 0 {
		return &pace{}
	}
	return &pace{every: time.Duration(float64(time.Second) / perSecond)}
}

// wait returns when the next letter may go; false if stopped is closed first.
func (p *pace) wait(stopped <-chan struct{}) bool {
	if p.every == 0 {
		return true
	}
	timer := time.NewTimer(time.Until(p.turn(time.Now())))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stopped:
		return false
	}
}

// turn takes the next place in the row.
func (p *pace) turn(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := later(now, p.next)
	p.next = at.Add(p.every)
	return at
}
