package api

import (
	linked "container/list"
	"sync"
	"time"
)

// recent remembers what was asked for last, up to a limit and for a while.
type recent[K comparable, V any] struct {
	limit int
	life  time.Duration

	mu     sync.Mutex
	places map[K]*linked.Element // of order
	order  linked.List           // of *remembered, the latest in front
}

type remembered[K comparable, V any] struct {
	key   K
	value V
	until time.Time
}

func newRecent[K comparable, V any](limit int, life time.Duration) *recent[K, V] {
	return &recent[K, V]{limit: limit, life: life, places: make(map[K]*linked.Element)}
}

// get returns what is remembered under a key.
func (r *recent[K, V]) get(key K, now time.Time) (value V, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := r.places[key]
	if place == nil {
		return value, false
	}
	entry := place.Value.(*remembered[K, V])
	if now.After(entry.until) {
		r.forget(place)
		return value, false
	}
	r.order.MoveToFront(place)
	return entry.value, true
}

// put remembers a value in place of what was asked for least recently.
func (r *recent[K, V]) put(key K, value V, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if place := r.places[key]; place != nil {
		r.forget(place)
	}
	if r.order.Len() == r.limit {
		r.forget(r.order.Back())
	}
	r.places[key] = r.order.PushFront(&remembered[K, V]{key: key, value: value, until: now.Add(r.life)})
}

func (r *recent[K, V]) forget(place *linked.Element) {
	r.order.Remove(place)
	delete(r.places, place.Value.(*remembered[K, V]).key)
}
