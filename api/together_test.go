package api

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

// gathering is a together whose groups are dealt with when the test says so.
type gathering struct {
	together[int]
	groups chan []int
	proved chan error // what becomes of the group at work
}

func newGathering(most, room int) *gathering {
	g := &gathering{groups: make(chan []int), proved: make(chan error)}
	g.together.most, g.together.room, g.together.patience = most, room, time.Hour
	g.together.work = func(_ context.Context, items []int) error {
		g.groups <- slices.Clone(items)
		return <-g.proved
	}
	return g
}

// join has items wait, in order, and returns where their answers come.
func (g *gathering) joined(items ...int) []*group[int] {
	var all []*group[int]
	for _, item := range items {
		all = append(all, g.join(item))
	}
	return all
}

func TestWhatComesMeanwhileIsTheNextGroup(t *testing.T) {
	t.Parallel()
	g := newGathering(3, 100)
	first := g.join(1)
	if got := <-g.groups; !slices.Equal(got, []int{1}) {
		t.Errorf("a lonely request waits for others: %v", got)
	}
	later := g.joined(2, 3, 4, 5)
	select {
	case <-first.done:
		t.Error("answered before it was dealt with")
	default:
	}
	g.proved <- nil
	<-first.done
	broken := errors.New("broken")
	if got := <-g.groups; !slices.Equal(got, []int{2, 3, 4}) {
		t.Errorf("the next group is %v", got)
	}
	g.proved <- broken
	if got := <-g.groups; !slices.Equal(got, []int{5}) {
		t.Errorf("the last group is %v", got)
	}
	g.proved <- nil
	for i, want := range []error{broken, broken, broken, nil} {
		if <-later[i].done; later[i].err != want {
			t.Errorf("item %d: %v, want %v", i+2, later[i].err, want)
		}
	}
	if first.err != nil {
		t.Error(first.err)
	}
}

func TestMoreThanThereIsRoomForIsTurnedAway(t *testing.T) {
	t.Parallel()
	g := newGathering(2, 3)
	waiting := g.joined(1)
	<-g.groups
	waiting = append(waiting, g.joined(2, 3)...)
	if err := g.do(4); !errors.Is(err, errCrowded) {
		t.Errorf("the fourth of three: %v", err)
	}
	g.proved <- nil
	<-g.groups // room again for the one that is done
	waiting = append(waiting, g.join(5))
	g.proved <- nil
	<-g.groups
	g.proved <- nil
	for _, w := range waiting {
		<-w.done
	}
}

func TestEveryItemIsDealtWithOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := make(map[int]int)
	all := together[int]{most: 7, room: 1000, patience: time.Hour, work: func(_ context.Context, items []int) error {
		mu.Lock()
		defer mu.Unlock()
		for _, item := range items {
			seen[item]++
		}
		return nil
	}}
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			err := all.do(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || seen[i] != 1 {
				t.Errorf("item %d was dealt with %d times when its turn was over: %v", i, seen[i], err)
			}
		})
	}
	wg.Wait()
	if len(seen) != 500 {
		t.Errorf("%d items were dealt with", len(seen))
	}
}

func TestGroupHasTimeUntilItsOldestItemRunsOutOfPatience(t *testing.T) {
	t.Parallel()
	deadlines := make(chan time.Time, 1)
	short := together[int]{most: 1, room: 1, work: func(ctx context.Context, _ []int) error {
		deadline, _ := ctx.Deadline()
		deadlines <- deadline
		<-ctx.Done()
		return ctx.Err()
	}}
	before := time.Now()
	if err := short.do(1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ended with %v", err)
	}
	if deadline := <-deadlines; deadline.Before(before.Add(least)) {
		t.Errorf("a group without patience has %v, less than the least", deadline.Sub(before))
	}
}
