package api

import (
	"context"
	"errors"
	"sync"
	"time"
)

// together does in groups what many requests want done at the same time: whatever
// comes while one group is at work is the next one. A lonely request does not wait
// for others, and the busier the server, the larger the groups.
//
// There is nothing to stop or to flush: do returns when its item has been dealt
// with, so a server that lets its requests finish has lost nothing.
type together[T any] struct {
	// work deals with a group. Its context ends patience after the oldest item came.
	work     func(ctx context.Context, items []T) error
	patience time.Duration
	most     int // items of one group
	room     int // items waiting, and at work

	mu     sync.Mutex
	queue  []*group[T]
	inside int
	busy   bool
}

type group[T any] struct {
	items []T
	since time.Time
	done  chan struct{}
	err   error
}

// errCrowded says that as many requests as there is room for wait already.
var errCrowded = errors.New("too many requests wait")

// least is the time that a group has at least, however long it has waited.
const least = 250 * time.Millisecond

// do returns when a group with the item has been dealt with, with its error.
func (t *together[T]) do(item T) error {
	g := t.join(item)
	if g == nil {
		return errCrowded
	}
	<-g.done
	return g.err
}

// join puts an item in the last group that waits, or nil when there is no room.
func (t *together[T]) join(item T) *group[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inside == t.room {
		return nil
	}
	t.inside++
	var g *group[T]
	if n := len(t.queue); n > 0 && len(t.queue[n-1].items) < t.most {
		g = t.queue[n-1]
	} else {
		g = &group[T]{since: time.Now(), done: make(chan struct{})}
		t.queue = append(t.queue, g)
	}
	g.items = append(g.items, item)
	if !t.busy {
		t.busy = true
		go t.run()
	}
	return g
}

// run deals with groups until none waits.
func (t *together[T]) run() {
	for g := t.next(nil); g != nil; g = t.next(g) {
		ctx, cancel := context.WithDeadline(context.Background(), latest(g.since.Add(t.patience), time.Now().Add(least)))
		g.err = t.work(ctx, g.items)
		cancel()
		close(g.done)
	}
}

// next takes the next group, after done has been dealt with.
func (t *together[T]) next(done *group[T]) *group[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	if done != nil {
		t.inside -= len(done.items)
	}
	if len(t.queue) == 0 {
		t.busy = false
		return nil
	}
	g := t.queue[0]
	t.queue = t.queue[1:]
	return g
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
