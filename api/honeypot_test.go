package api

import (
	"crypto/rand"
	"encoding/base64"
	"runtime"
	"testing"

	"seventh/internal/token"
)

// Whoever follows the link that nobody can see gets an empty page; it counts as no click.
func TestHoneypotLeadsNowhere(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday, "https://example.com/a")
	for _, method := range []string{"GET", "HEAD"} {
		a := k.send(method, k.link(letter, token.Click, token.Honeypot), nil, "User-Agent: "+chrome).is(200)
		if a.Body != "" || a.Header.Get("Location") != "" || a.Header.Get("X-Robots-Tag") != "noindex" {
			t.Errorf("%s answers %q %v", method, a.Body, a.Header)
		}
	}
	k.send("GET", k.link(letter+1, token.Click, token.Honeypot), nil).is(200) // erased since
	if n := k.count("SELECT count(*) FROM hits WHERE purpose = 'honeypot' AND link = 255"); n != 2 {
		t.Errorf("%d hits on the honeypot are kept", n)
	}
	if n := k.count("SELECT count(*) FROM touches WHERE kind IN ('opened', 'clicked')"); n != 0 {
		t.Errorf("%d touches", n)
	}
}

// What the rules about hits go by is kept as it came, but for what no database can keep.
func TestHitsAreKeptAsTheyCame(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday, "https://example.com/a")
	click := k.link(letter, token.Click, 0)
	k.send("GET", click, nil, "User-Agent: "+chrome, "Accept-Language: ru,en;q=0.9").is(302)
	k.send("GET", click, nil, "User-Agent: \xff\xfe", "Sec-Purpose: prefetch;prerender").is(302)
	k.send("GET", click, nil, "Purpose: an interest in compressors").is(302)
	for where, want := range map[string]int{
		"language = 'ru,en;q=0.9' AND ahead = '' AND user_agent LIKE 'Mozilla%' AND said = ''": 1,
		"ahead = 'Sec-Purpose: prefetch;prerender' AND language = ''":                          1,
		"ahead = ''":                  2,
		"actor IS NULL AND rules = 0": 3,
		"address = '192.0.2.0/24'":    3,
		"message_id = (SELECT min(message_id) FROM hits_due)": 3,
	} {
		if n := k.count("SELECT count(*) FROM hits WHERE " + where); n != want {
			t.Errorf("%d hits where %s, want %d", n, where, want)
		}
	}
}

// Guessing tokens finds nothing, asks the database nothing and fills no memory.
func TestGuessedTokensCostNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.db.Close() // whoever asked it now would get an error, and answer 503
	var before, after runtime.MemStats
	for i := range 10_000 {
		if i == 2000 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		var guess [16]byte
		rand.Read(guess[:]) // never fails
		path := []string{"/c/", "/o/", "/u/"}[i%3]
		k.send("GET", path+base64.RawURLEncoding.EncodeToString(guess[:]), nil).is(404)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("8,000 guesses leave %d kB behind, all tests beside this one included", grown/1000)
	if k.server.deadLinks.order.Len()+k.server.destinations.order.Len() > 0 {
		t.Error("guesses are remembered")
	}
}
