package api

import (
	"fmt"
	"strings"
	"testing"

	"seventh/internal/engine"
	"seventh/internal/token"
)

const (
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)

func TestAddressesAreTruncated(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "::ffff:203.0.113.77": "203.0.113.0/24", "2001:db8:1:2:3::4": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48", "": "", "x": "",
	} {
		if got := engine.HitNetwork(address); got != want {
			t.Errorf("%s becomes %q, want %q", address, got, want)
		}
	}
}

func (k *kit) link(message int64, purpose token.Purpose, index int) string {
	path := map[token.Purpose]string{token.Open: "/o/", token.Click: "/c/", token.Unsubscribe: "/u/"}[purpose]
	return path + k.links.Seal(token.Token{Message: message, Purpose: purpose, Index: index})
}

func TestPixelAndLinksAreKept(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday, "https://example.com/case?industry=food&x=1", "javascript:alert(1)")

	for range 2 {
		a := k.send("GET", k.link(letter, token.Open, 0), nil, "User-Agent: Mozilla/5.0").is(200)
		if len(a.Body) != 43 || a.Header.Get("Content-Type") != "image/gif" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("pixel of %d bytes: %v", len(a.Body), a.Header)
		}
	}
	click := k.link(letter, token.Click, 0)
	for _, agent := range []string{"curl/8", chrome} {
		a := k.send("GET", click+"?url=https://evil.example", nil, "User-Agent: "+agent, "Accept-Language: ru", "X-Forwarded-Host: evil.example", "X-Forwarded-For: 198.51.100.1").is(302)
		if got := a.Header.Get("Location"); got != "https://example.com/case?industry=food&x=1" {
			t.Errorf("leads to %q", got)
		}
	}
	if a := k.send("HEAD", click, nil).is(302); a.Body != "" {
		t.Errorf("HEAD has a body: %q", a.Body)
	}
	k.send("GET", k.link(letter, token.Click, 1), nil).is(404) // no link of the web
	k.send("GET", k.link(letter, token.Click, 2), nil).is(404) // no such link
	k.send("GET", k.link(letter+1, token.Click, 0), nil).is(404)
	k.send("GET", k.link(letter+1, token.Open, 0), nil).is(200)

	touches := map[string]string{}
	for _, touch := range k.send("GET", "/api/v1/touches?client=ann", nil).items() {
		touches[fmt.Sprint(touch["kind"])] = fmt.Sprint(touch["actor"], " ", touch["data"])
	}
	if touches["opened"] != "unknown map[count:2]" || touches["clicked"] != "unknown map[count:3]" {
		t.Errorf("touches: %v", touches)
	}
	if n := k.count("SELECT count(*) FROM hits WHERE address = '192.0.2.0/24'"); n != 5 {
		t.Errorf("%d hits from where they came", n)
	}
}

func TestWrongTokensLeadNowhere(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday, "https://example.com/")
	open := strings.TrimPrefix(k.link(letter, token.Open, 0), "/o/")
	for _, path := range []string{"/o/x", "/c/x", "/u/x", "/c/" + open, "/u/" + open, "/c/https:%2F%2Fevil.example", "/c/" + open + "A", "/o/"} {
		for _, method := range []string{"GET", "HEAD"} {
			if a := k.send(method, path, nil).is(404); a.Header.Get("Location") != "" {
				t.Errorf("%s %s leads to %s", method, path, a.Header.Get("Location"))
			}
		}
	}
	k.send("POST", "/u/"+open, nil).is(404)
	if n := k.count("SELECT count(*) FROM hits"); n != 0 {
		t.Errorf("%d hits", n)
	}
}

func TestLinksFailClosedWithoutADatabase(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.db.Close()
	k.send("GET", k.link(1, token.Click, 0), nil).is(503)
	k.send("GET", k.link(1, token.Open, 0), nil).is(200)
	if a := k.send("POST", k.link(1, token.Unsubscribe, 0), nil); a.Status < 500 {
		t.Errorf("an unsubscription that was not kept answers %d", a.Status)
	}
}
