package api

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
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

func TestAddressesAreMasked(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"ann@example.com": "a•••@example.com", "": "", "@x": ""} {
		if got := masked(address); got != want {
			t.Errorf("%q becomes %q, want %q", address, got, want)
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

func TestUnsubscribePageAsksAndChangesNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C", "locale": "ru-RU"})
	k.client("bob", map[string]any{"category": "C"})
	path := k.link(k.sent("ann", monday), token.Unsubscribe, 0)
	a := k.send("GET", path, nil).is(200)
	for _, want := range []string{`lang="ru"`, "a•••@example.com", "Отписаться", `method="post"`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the page lacks %q:\n%s", want, a.Body)
		}
	}
	if strings.Contains(a.Body, "ann@") || strings.Contains(a.Body, "<script") || a.Header.Get("X-Robots-Tag") != "noindex" {
		t.Errorf("the page gives something away:\n%s", a.Body)
	}
	if b := k.send("GET", k.link(k.sent("bob", monday), token.Unsubscribe, 0), nil).is(200).Body; !strings.Contains(b, `lang="en"`) {
		t.Errorf("bob's page:\n%s", b)
	}

	before := k.fingerprint()
	for i := range 1000 {
		k.send([]string{"GET", "HEAD", "OPTIONS"}[i%3], path, nil, fmt.Sprintf("User-Agent: scanner/%d", i%12))
	}
	if after := k.fingerprint(); after != before {
		t.Errorf("looking changed something:\n%s\n%s", before, after)
	}
}

// fingerprint sums up all rows that a client's wishes could change.
func (k *kit) fingerprint() string {
	k.t.Helper()
	out := ""
	for _, table := range []string{"clients", "suppressions", "enrollments", "touches", "hits", "messages", "events"} {
		var sum string
		err := k.db.QueryRow(k.t.Context(), "SELECT count(*) || ' ' || coalesce(md5(string_agg(x::text, ',' ORDER BY x::text)), '') FROM "+table+" x").Scan(&sum)
		if err != nil {
			k.t.Fatal(err)
		}
		out += table + " " + sum + "; "
	}
	return out
}

func TestOneClickUnsubscribes(t *testing.T) {
	t.Parallel()
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	_ = parts.WriteField("List-Unsubscribe", "One-Click")
	_ = parts.Close()
	for name, test := range map[string]struct{ body, contentType string }{
		"urlencoded":           {"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"},
		"with a charset":       {"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=UTF-8"},
		"multipart":            {form.String(), parts.FormDataContentType()},
		"the button":           {"", "application/x-www-form-urlencoded"},
		"from another website": {"List-Unsubscribe=One-Click", "text/plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.client("ann", map[string]any{"category": "C"})
			path := k.link(k.sent("ann", monday), token.Unsubscribe, 0)
			headers := []string{"Content-Type: " + test.contentType, "Authorization: ", "Origin: https://mail.example", "Sec-Fetch-Site: cross-site"}
			a := k.send("POST", path, test.body, headers...).is(200)
			if !strings.Contains(a.Body, "We will not write") || a.Header.Get("Set-Cookie") != "" {
				t.Errorf("answer: %v %s", a.Header, a.Body)
			}
			before := k.fingerprint()
			k.send("POST", path, test.body, headers...).is(200)
			if after := k.fingerprint(); after != before {
				t.Errorf("the second time changed something:\n%s\n%s", before, after)
			}
			if n := k.count("SELECT count(*) FROM suppressions WHERE address = 'ann@example.com' AND reason = 'unsubscribed'"); n != 1 {
				t.Errorf("%d suppressions", n)
			}
			if n := k.count("SELECT count(*) FROM enrollments WHERE end_reason = 'unsubscribed'"); n != 1 {
				t.Errorf("%d chains ended", n)
			}
		})
	}
}

func TestUnsubscribingAtOnceFromManyPlacesWritesOneTouch(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	path := k.link(k.sent("ann", monday), token.Unsubscribe, 0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if a := k.send("POST", path, nil); a.Status != http.StatusOK {
				t.Errorf("%d: %s", a.Status, a.Body)
			}
		})
	}
	wg.Wait()
	if n := k.count("SELECT count(*) FROM touches WHERE kind = 'unsubscribed'"); n != 1 {
		t.Errorf("%d touches", n)
	}
}

func TestErasedClientCanStillUnsubscribe(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C", "email": "ann@example.com"})
	letter := k.sent("ann", monday, "https://example.com/")
	k.send("DELETE", "/api/v1/clients/ann", nil).is(204)
	k.send("GET", k.link(letter, token.Click, 0), nil).is(404)
	k.send("GET", k.link(letter, token.Unsubscribe, 0), nil).is(200)
	if n := k.count("SELECT count(*) FROM refusals"); n != 0 {
		t.Error("looking at the page changed something")
	}
	for range 2 {
		k.send("POST", k.link(letter, token.Unsubscribe, 0), nil).is(200)
	}
	if n := k.count("SELECT count(*) FROM suppressions"); n != 0 {
		t.Errorf("%d addresses are kept of somebody who was erased", n)
	}
	k.client("ann-again", map[string]any{"category": "C", "email": "Ann@Example.com"})
	if n := k.count("SELECT count(*) FROM suppressions WHERE address = 'ann@example.com' AND reason = 'unsubscribed'"); n != 1 {
		t.Error("his word does not hold for the client who has his address now")
	}
}
