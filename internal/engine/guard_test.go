package engine

import (
	"strings"
	"testing"
	"time"

	"seventh/internal/store"
)

// The table of cases: what is known about a database, and whether letters may go.
func TestSuspicion(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	home := store.Place{System: 1, Timeline: 1, Database: 100, Table: 200}
	mark := func(beat int64, at time.Time) store.Mark { return store.Mark{Installation: "life", Beat: beat, At: at} }
	moved := func(change func(*store.Place)) store.Place { p := home; change(&p); return p }
	for _, tc := range []struct {
		name  string
		guard store.Guard
		place store.Place
		seen  store.Mark
		says  string // '' passes
	}{
		{"nobody has worked with it yet", store.Guard{}, home, store.Mark{}, ""},
		{"a restart", store.Guard{Mark: mark(50, noon), Place: home}, home, mark(50, noon), ""},
		{"another process has gone on", store.Guard{Mark: mark(90, noon), Place: home}, home, mark(50, noon.Add(-time.Hour)), ""},
		{"a container that remembers nothing", store.Guard{Mark: mark(50, noon), Place: home}, home, store.Mark{}, ""},
		{"an older copy of the data directory", store.Guard{Mark: mark(50, noon), Place: home}, home, mark(51, noon.Add(5*time.Second)), "this machine was connected to it until 2026-11-20 12:00:05 UTC"},
		{"a dump in a new cluster", store.Guard{Mark: mark(50, noon), Place: home}, moved(func(p *store.Place) { p.System = 2 }), store.Mark{}, "another PostgreSQL cluster"},
		{"pg_upgrade, nothing missing", store.Guard{Mark: mark(50, noon), Place: home}, moved(func(p *store.Place) { p.System = 2 }), mark(50, noon), ""},
		{"recovery to a point in time", store.Guard{Mark: mark(50, noon), Place: home}, moved(func(p *store.Place) { p.Timeline = 2 }), store.Mark{}, "timeline 2 instead of 1"},
		{"a failover that lost nothing", store.Guard{Mark: mark(51, noon.Add(3*time.Second)), Place: home}, moved(func(p *store.Place) { p.Timeline = 2 }), mark(50, noon), ""},
		{"a failover that lost something", store.Guard{Mark: mark(49, noon), Place: home}, moved(func(p *store.Place) { p.Timeline = 2 }), mark(50, noon.Add(5*time.Second)), "an older backup was restored"},
		{"a move, seen by a machine that left long ago", store.Guard{Mark: mark(9000, noon), Place: home}, moved(func(p *store.Place) { p.System = 2 }), mark(50, noon.Add(-time.Hour)), "another PostgreSQL cluster"},
		{"a copy for tests", store.Guard{Mark: mark(50, noon), Place: home}, moved(func(p *store.Place) { p.Database, p.Table = 101, 201 }), store.Mark{}, "another database than before"},
		{"pg_restore --clean", store.Guard{Mark: mark(50, noon), Place: home}, moved(func(p *store.Place) { p.Table = 201 }), store.Mark{}, "pg_restore"},
		{"a role that may not ask for the system", store.Guard{Mark: mark(50, noon), Place: home}, moved(func(p *store.Place) { p.System, p.Timeline = 0, 0 }), store.Mark{}, ""},
	} {
		got := suspicion(tc.guard, tc.place, tc.seen)
		if (got == "") != (tc.says == "") || !strings.Contains(got, tc.says) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.says)
		}
	}
}
