package worker

import (
	"testing"
	"time"
)

// The first letter goes at once, the others follow evenly; after a rest nobody
// catches up in a burst.
func TestPaceSpreadsLetters(t *testing.T) {
	t.Parallel()
	p := newPace(4)
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for i, tc := range []struct{ asked, turn time.Duration }{
		{0, 0}, {0, 250 * time.Millisecond}, {100 * time.Millisecond, 500 * time.Millisecond},
		{time.Minute, time.Minute}, {time.Minute, time.Minute + 250*time.Millisecond},
	} {
		if got := p.turn(noon.Add(tc.asked)); !got.Equal(noon.Add(tc.turn)) {
			t.Errorf("letter %d, ready after %v, goes after %v, want %v", i+1, tc.asked, got.Sub(noon), tc.turn)
		}
	}
}

func TestPaceEndsWithTheProcess(t *testing.T) {
	t.Parallel()
	slow, stopped := newPace(0.001), make(chan struct{})
	if !slow.wait(stopped) {
		t.Error("the first letter was held up")
	}
	close(stopped)
	if slow.wait(stopped) {
		t.Error("a letter went after the stop, long before its time")
	}
	if free := newPace(0); !free.wait(nil) {
		t.Error("no pace, and yet a letter was held up")
	}
}
