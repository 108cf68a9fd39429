package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/internal/token"
)

// blocked keeps hits from being written until it is called.
func (k *kit) blocked() (release func()) {
	k.t.Helper()
	tx, err := k.db.Begin(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	if _, err := tx.Exec(k.t.Context(), "LOCK TABLE hits IN SHARE MODE"); err != nil {
		k.t.Fatal(err)
	}
	return func() {
		k.t.Helper()
		if err := tx.Rollback(k.t.Context()); err != nil {
			k.t.Error(err)
		}
	}
}

// until returns when a condition holds.
func (k *kit) until(holds func() bool) {
	k.t.Helper()
	for !holds() {
		if err := k.t.Context().Err(); err != nil {
			k.t.Fatal(err)
		}
	}
}

func (k *kit) waitsForLock() bool {
	return k.count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
}

func (k *kit) inside() int {
	k.server.hits.mu.Lock()
	defer k.server.hits.mu.Unlock()
	return k.server.hits.inside
}

func TestHitsAreCommittedTogetherBeforeTheirAnswers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday, "https://example.com/a", "https://example.com/b")
	k.server.hits.patience = time.Hour
	release := k.blocked()
	paths := []string{k.link(letter, token.Open, 0), k.link(letter, token.Click, 0), k.link(letter, token.Click, 1)}
	var mu sync.Mutex
	answered := 0
	var all sync.WaitGroup
	ask := func(i int) {
		all.Go(func() {
			a := k.send("GET", paths[i%len(paths)], nil, "User-Agent: "+chrome, "Accept-Language: ru")
			mu.Lock()
			defer mu.Unlock()
			answered++
			if want := map[bool]int{true: 200, false: 302}[i%len(paths) == 0]; a.Status != want {
				t.Errorf("status %d, want %d", a.Status, want)
			}
		})
	}
	ask(0)
	k.until(k.waitsForLock)
	for i := 1; i < 30; i++ {
		ask(i)
	}
	k.until(func() bool { return k.inside() == 30 })
	mu.Lock()
	if answered > 0 {
		t.Errorf("%d are answered before anything is committed", answered)
	}
	mu.Unlock()
	release()
	all.Wait()
	if n := k.count("SELECT count(*) FROM hits"); n != 30 {
		t.Errorf("%d hits are kept of 30", n)
	}
	if n := k.count("SELECT count(DISTINCT xmin::text) FROM hits"); n != 2 {
		t.Errorf("written in %d commits, want the first and all others", n)
	}
	for _, touch := range k.send("GET", "/api/v1/touches?client=ann&channel=email", nil).items() {
		if touch["kind"] != "sent" && (touch["actor"] != "unknown" || fmt.Sprint(touch["data"]) != "map[count:10]") {
			t.Errorf("touch %v, want ten hits of a person", touch)
		}
	}
}

// A database that goes away in the middle costs hits, and says which; it costs
// nobody his picture, and the hits that come after are kept.
func TestHitsCutOffAreLoggedAndLaterOnesKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday)
	pixel := k.link(letter, token.Open, 0)
	k.server.hits.patience = time.Hour
	release := k.blocked()
	done := make(chan *answer)
	go func() { done <- k.send("GET", pixel, nil) }()
	k.until(k.waitsForLock)
	k.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
	(<-done).is(200)
	release()
	if want := fmt.Sprintf("a hit was lost\" message_id=%d purpose=opened", letter); !strings.Contains(k.log.String(), want) {
		t.Errorf("the log lacks %q:\n%s", want, k.log)
	}
	k.send("GET", pixel, nil).is(200)
	if n := k.count("SELECT count(*) FROM hits"); n != 1 {
		t.Errorf("%d hits are kept, want the later one", n)
	}
}

func TestPixelComesThoughTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday)
	k.server.hits.patience = 0 // so that it is the least
	release := k.blocked()
	defer release()
	k.send("GET", k.link(letter, token.Open, 0), nil).is(200)
	if !strings.Contains(k.log.String(), "a hit was lost") {
		t.Errorf("the log does not say so:\n%s", k.log)
	}
}

func TestKnownLinksWorkWithoutADatabase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday, "https://example.com/a", "https://example.com/b", "https://example.com/"+strings.Repeat("x", destinationLimit))
	followed, other, long := k.link(letter, token.Click, 0), k.link(letter, token.Click, 1), k.link(letter, token.Click, 2)
	k.send("GET", followed, nil).is(302)
	k.send("GET", long, nil).is(302)
	k.db.Close()
	if to := k.send("GET", followed, nil).is(302).Header.Get("Location"); to != "https://example.com/a" {
		t.Errorf("leads to %q", to)
	}
	k.send("GET", other, nil).is(503)
	k.send("GET", long, nil).is(503)
}

func TestDeadLinkIsAskedForAgainLater(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday)
	click := k.link(letter, token.Click, 0)
	k.send("GET", click, nil).is(404)
	k.exec(`UPDATE contents SET destinations = '[["https://example.com/late"]]' WHERE id = (SELECT content_id FROM messages WHERE id = $1)`, letter)
	k.send("GET", click, nil).is(404) // remembered
	k.server.deadLinks = newRecent[link, struct{}](deadLinksKept, deadLinkLife)
	k.send("GET", click, nil).is(302)
}

// Whoever is erased while his hits are being written leaves nothing behind.
func TestErasureWaitsForHitsUnderWay(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday)
	var erasing sync.WaitGroup
	err := pgx.BeginFunc(t.Context(), k.db, func(tx pgx.Tx) error {
		if err := store.RecordHit(t.Context(), tx, store.Hit{MessageID: letter, Purpose: "opened", Link: -1}); err != nil {
			return err
		}
		erasing.Go(func() { k.send("DELETE", "/api/v1/clients/ann", nil) })
		k.until(k.waitsForLock)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	erasing.Wait()
	if n := k.count("SELECT (SELECT count(*) FROM clients) + (SELECT count(*) FROM hits) + (SELECT count(*) FROM touches)"); n != 0 {
		t.Errorf("%d rows of an erased client are left", n)
	}
}
