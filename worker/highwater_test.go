package worker

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"seventh/internal/store"
)

// Workers of one machine share the file; it never goes back, and a damaged one heals.
func TestHighWaterMarkOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "high-water.json")
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	mark := func(installation string, beat int64) store.Mark {
		return store.Mark{Installation: installation, Beat: beat, At: at.Add(time.Duration(beat) * time.Second)}
	}
	keep := func(h *highWater, m store.Mark) {
		if err := h.keep(m); err != nil {
			t.Fatal(err)
		}
	}
	one, two := &highWater{path: path}, &highWater{path: path}
	if got := one.of("home"); got.Beat != 0 {
		t.Errorf("knows %+v of nothing", got)
	}
	keep(one, mark("home", 7))
	keep(two, mark("home", 9))
	keep(one, mark("home", 8))
	keep(two, mark("elsewhere", 3))
	fresh := &highWater{path: path}
	if got := fresh.of("home"); got != mark("home", 9) {
		t.Errorf("remembers %+v, want beat 9", got)
	}
	if got := fresh.of("elsewhere"); got.Beat != 3 {
		t.Errorf("remembers %+v, want beat 3", got)
	}

	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := one.keep(mark("home", 10)); err == nil {
		t.Error("a damaged file is not worth a word")
	}
	if got := fresh.of("home"); got.Beat != 10 {
		t.Errorf("after the damage remembers %+v, want beat 10", got)
	}
}
