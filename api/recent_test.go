package api

import (
	"testing"
	"time"
)

func TestRecentForgetsWhatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	r := newRecent[string, int](2, time.Hour)
	knows := func(want map[string]int, now time.Time) {
		t.Helper()
		for _, key := range []string{"a", "b", "c"} {
			value, known := r.get(key, now)
			if wanted, there := want[key]; known != there || value != wanted {
				t.Errorf("%s is %d, %v, want %d, %v", key, value, known, wanted, there)
			}
		}
	}
	r.put("a", 1, monday)
	r.put("b", 2, monday)
	r.get("a", monday)
	r.put("c", 3, monday)
	knows(map[string]int{"a": 1, "c": 3}, monday)
	r.put("a", 4, monday.Add(time.Minute))
	knows(map[string]int{"a": 4, "c": 3}, monday.Add(time.Hour))
	knows(map[string]int{"a": 4}, monday.Add(time.Hour+time.Second))
	knows(nil, monday.Add(2*time.Hour))
	if len(r.places) != 0 || r.order.Len() != 0 {
		t.Errorf("%d places and %d in order are left", len(r.places), r.order.Len())
	}
}
