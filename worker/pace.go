package worker

import (
	"context"
	"time"
)

// pace spreads letters evenly over time. The zero rate does not hold anything up.
type pace struct{ ticks <-chan time.Time }

func newPace(perSecond float64) *pace {
	if perSecond <= 0 {
		return &pace{}
	}
	return &pace{ticks: time.NewTicker(time.Duration(float64(time.Second) / perSecond)).C}
}

// wait returns when the next letter may go; false if ctx ended first.
func (p *pace) wait(ctx context.Context) bool {
	if p.ticks == nil {
		return ctx.Err() == nil
	}
	select {
	case <-p.ticks:
		return true
	case <-ctx.Done():
		return false
	}
}
