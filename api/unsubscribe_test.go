package api

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"seventh/internal/token"
	"seventh/sequences"
)

func TestAddressesAreMasked(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"ann@example.com": "a•••@example.com", "": "", "@x": ""} {
		if got := masked(address); got != want {
			t.Errorf("%q becomes %q, want %q", address, got, want)
		}
	}
}

func TestUnsubscribePageAsks(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C", "locale": "ru-RU"})
	k.client("bob", map[string]any{"category": "C"})
	a := k.send("GET", k.link(k.sent("ann", monday), token.Unsubscribe, 0), nil, "Accept-Language: en").is(200)
	for _, want := range []string{
		`lang="ru"`, "a•••@example.com", "Отписаться от всех", "Больше не присылать «Письма о сжатом воздухе»", "Не чаще одного письма в месяц", `method="post"`,
	} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the page lacks %q:\n%s", want, a.Body)
		}
	}
	if strings.Contains(a.Body, "ann@") || strings.Contains(a.Body, "<script") || strings.Contains(a.Body, "category") || a.Header.Get("X-Robots-Tag") != "noindex" {
		t.Errorf("the page gives something away:\n%s", a.Body)
	}
	bob := k.link(k.sent("bob", monday), token.Unsubscribe, 0)
	for accept, want := range map[string]string{"": "en", "ru-RU,ru;q=0.9,en;q=0.8": "ru", "de,fr;q=0.5": "en", "fr, ru;q=0.1": "ru", "\x00;;q=": "en"} {
		if b := k.send("GET", bob, nil, "Accept-Language: "+accept).is(200).Body; !strings.Contains(b, `lang="`+want+`"`) {
			t.Errorf("bob's page with Accept-Language %q:\n%s", accept, b)
		}
	}
}

// scanners are programs that follow the links of letters before people do.
var scanners = []string{
	"Mozilla/5.0 (compatible; Barracuda Sentinel)", "Mozilla/5.0 (Windows NT 10.0) Microsoft Defender SafeLinks", "Proofpoint URL Defense", "Mimecast/1.0",
	"Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)", "GoogleImageProxy", "YahooMailProxy", "Slackbot-LinkExpanding 1.0", "TelegramBot (like TwitterBot)",
	"WhatsApp/2.23", "curl/8.5.0", "",
}

// The gate: a thousand requests that only look change no row of any table.
func TestLookingAtTheUnsubscribePageChangesNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	k.client("gone", map[string]any{"category": "C"})
	path, erased := k.link(k.sent("ann", monday), token.Unsubscribe, 0), k.link(k.sent("gone", monday), token.Unsubscribe, 0)
	k.send("DELETE", "/api/v1/clients/gone", nil).is(204)
	methods := []string{"GET", "GET", "GET", "GET", "HEAD", "OPTIONS"}
	hints := []string{"Purpose: prefetch", "Sec-Purpose: prefetch;prerender", "X-Moz: prefetch", "Accept: */*"}
	before, tables := k.fingerprint()
	const looks = 1000
	for i := range looks {
		to := path
		if i%10 == 9 {
			to = erased
		}
		if i%7 == 6 {
			to += "?choice=all&page=1&List-Unsubscribe=One-Click"
		}
		k.send(methods[i%len(methods)], to, nil, "User-Agent: "+scanners[i%len(scanners)], hints[i%len(hints)], "Authorization: ")
	}
	after, _ := k.fingerprint()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("looking changed something (-before +after):\n%s", diff)
	}
	t.Logf("%d requests of %d programs: 0 rows changed in %d tables", looks, len(scanners), tables)
}

// fingerprint sums up every row of every table, with the transaction that wrote it.
func (k *kit) fingerprint() (map[string]string, int) {
	k.t.Helper()
	rows, err := k.db.Query(k.t.Context(), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		k.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		k.t.Fatal(err)
	}
	sums := make(map[string]string)
	for _, table := range tables {
		var sum string
		name := pgx.Identifier{table}.Sanitize()
		err := k.db.QueryRow(k.t.Context(), "SELECT count(*) || ' ' || coalesce(md5(string_agg(xmin || x::text, ',' ORDER BY xmin::text, x::text)), '') FROM "+name+" x").Scan(&sum)
		if err != nil {
			k.t.Fatal(err)
		}
		sums[table] = sum
	}
	return sums, len(tables)
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
		"nothing at all":       {"", "application/x-www-form-urlencoded"},
		"no type":              {"List-Unsubscribe=One-Click", ""},
		"the page's button":    {"page=1&choice=all", "application/x-www-form-urlencoded"},
		"both":                 {"choice=sequence&page=1&List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"},
		"something of its own": {"%zz&a;b=c&unsubscribe", "application/x-www-form-urlencoded"},
		"broken parts":         {"--x\r\nContent-Disp", "multipart/form-data; boundary=x"},
		"no boundary":          {form.String(), "multipart/form-data"},
		"far too much":         {strings.Repeat("x", 1<<20), "application/x-www-form-urlencoded"},
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
			before, _ := k.fingerprint()
			k.send("POST", path, test.body, headers...).is(200)
			after, _ := k.fingerprint()
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the second time changed something (-before +after):\n%s", diff)
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

func (k *kit) choose(path, choice string) string {
	k.t.Helper()
	return k.send("POST", path, "page=1&choice="+choice, "Content-Type: application/x-www-form-urlencoded", "Authorization: ").is(200).Body
}

func wantWords(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q:\n%s", w, page)
		}
	}
}

// A client tries everything that the page offers, from the least to the most; nothing that
// was asked for can be taken back by the link.
func TestWhatTheUnsubscribePageOffers(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	path := k.link(k.sent("ann", monday), token.Unsubscribe, 0)

	wantWords(t, k.choose(path, ""), "Nothing has changed yet", "Unsubscribe from all")
	wantWords(t, k.choose(path, "4mo"), "Nothing has changed yet")
	if n := k.count("SELECT (SELECT count(*) FROM preferences) + (SELECT count(*) FROM suppressions)"); n != 0 {
		t.Fatalf("a form without a choice changed %d things", n)
	}

	wantWords(t, k.choose(path, "2mo"), "at most one letter in two months", "At most one letter in three months", "No more letters of “Letters about compressed air”")
	less := k.choose(path, "1mo")
	wantWords(t, less, "You have asked for fewer letters before, and that holds: at most one letter in two months")
	if strings.Contains(less, `value="1mo"`) || strings.Contains(less, `value="2mo"`) {
		t.Errorf("the page offers to bring more letters:\n%s", less)
	}
	shown := k.send("GET", "/api/v1/clients/ann", nil).is(200).json()["preference"].(map[string]any)
	if shown["letters_every"] != "2mo" || shown["noted_at"] == "" {
		t.Errorf("the CRM is told %v", shown)
	}

	series := k.choose(path, "sequence")
	wantWords(t, series, "No more letters of “Letters about compressed air” will come", "Unsubscribe from all", "A link cannot bring letters back")
	if strings.Contains(series, `value="sequence"`) {
		t.Errorf("the page offers the series again:\n%s", series)
	}
	touch := func() map[string]any {
		t.Helper()
		list := k.send("GET", "/api/v1/touches?client=ann&kind=unsubscribed", nil).is(200).items()
		if len(list) != 1 {
			t.Fatalf("unsubscribed %d times: %v", len(list), list)
		}
		return list[0]
	}
	if got := touch(); got["data"].(map[string]any)["scope"] != "sequence" || got["sequence"] != "c-nurture" {
		t.Errorf("touch %v", got)
	}

	all := k.choose(path, "all")
	wantWords(t, all, "We will not write to this address automatically", "A link cannot bring letters back")
	for _, page := range []string{all, k.send("GET", path, nil).is(200).Body} {
		if strings.Contains(page, "<button") {
			t.Errorf("there is more to choose after everything:\n%s", page)
		}
	}
	if got := touch(); got["data"].(map[string]any)["scope"] != "all" {
		t.Errorf("touch %v", got)
	}
	if n := k.count("SELECT count(*) FROM suppressions WHERE reason = 'unsubscribed' AND source = 'link' AND scope IN ('', 'c-nurture')"); n != 2 {
		t.Errorf("%d suppressions", n)
	}
	if n := k.count("SELECT count(*) FROM touches WHERE kind = 'preference'"); n != 1 {
		t.Errorf("%d touches about the preference", n)
	}
}

func TestARepTakesAPreferenceBack(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	path := k.link(k.sent("ann", monday), token.Unsubscribe, 0)
	k.choose(path, "3mo")
	for range 2 { // the second time there is nothing to forget
		k.send("DELETE", "/api/v1/clients/ann/preference", nil).is(204)
	}
	if n := k.count(`SELECT count(*) FROM touches WHERE kind = 'preference' AND data->>'by' = 'the CRM (API key SEVENTH_API_KEY)'`); n != 1 {
		t.Errorf("%d touches say that the CRM dropped it", n)
	}
	if shown := k.send("GET", "/api/v1/clients/ann", nil).is(200).json(); shown["preference"] != nil {
		t.Errorf("still %v", shown["preference"])
	}
	k.send("DELETE", "/api/v1/clients/nobody/preference", nil).is(404)
	k.choose(path, "1mo") // and may be asked for anew
	if n := k.count("SELECT count(*) FROM preferences WHERE letters_every = '1mo'"); n != 1 {
		t.Error("the client cannot ask for fewer letters again")
	}
	k.send("DELETE", "/api/v1/clients/ann", nil).is(204)
	if n := k.count("SELECT count(*) FROM preferences"); n != 0 {
		t.Error("the preference of an erased client is kept")
	}
}

// Of whoever was erased nothing is known but that there was a letter.
func TestChoicesOfAnErasedClientMeanEverything(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"sequence", "1mo", "all"} {
		k := newKit(t)
		k.client("ann", map[string]any{"category": "C", "locale": "ru"})
		path := k.link(k.sent("ann", monday), token.Unsubscribe, 0)
		k.send("DELETE", "/api/v1/clients/ann", nil).is(204)
		page := k.send("GET", path, nil, "Accept-Language: ru").is(200).Body
		wantWords(t, page, `lang="ru"`, `value="all"`)
		if strings.Contains(page, `value="sequence"`) || strings.Contains(page, "mo\"") {
			t.Errorf("the page offers what nobody can do:\n%s", page)
		}
		wantWords(t, k.choose(path, choice), "We will not write")
		if n := k.count("SELECT count(*) FROM refusals"); n != 1 {
			t.Errorf("%q: %d refusals", choice, n)
		}
	}
}

func TestWishes(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	month := wish{every: sequences.Duration{N: 1, Unit: sequences.Month}}
	for body, want := range map[string]wish{
		"": {}, "page=1": {unclear: true}, "page=1&choice=all": {}, "choice=sequence": {}, "choice=sequence&page=1": {sequence: true},
		"page=1&choice=1mo": month, "page=1&choice=1m": {unclear: true}, "page=1&choice=sequ": {unclear: true}, "List-Unsubscribe=One-Click&page=1&choice=1mo": {},
		"page=1&choice=%E0%A4%A&x": {unclear: true},
	} {
		if got := wishIn(form, []byte(body)); got != want {
			t.Errorf("%q means %+v, want %+v", body, got, want)
		}
	}
	parts := "--b\r\nContent-Disposition: form-data; name=\"page\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"choice\"\r\n\r\n1mo\r\n--b--\r\n"
	if got := wishIn("multipart/form-data; boundary=b", []byte(parts)); got != month {
		t.Errorf("in parts it means %+v", got)
	}
	if got := wishIn("multipart/form-data; boundary=b", []byte(parts[:60])); !got.unclear {
		t.Errorf("half of our page means %+v, want nothing", got)
	}
}

// Whatever comes, what is not from our page means everything.
func FuzzWish(f *testing.F) {
	f.Add("application/x-www-form-urlencoded; charset=utf-8", []byte("List-Unsubscribe=One-Click"))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=page\r\n\r\n1\r\n--b--"))
	f.Add("", []byte("page=1&choice=3mo"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		got := wishIn(contentType, body)
		if !bytes.Contains(body, []byte("page")) && !bytes.Contains(body, []byte("%")) && got != (wish{}) {
			t.Errorf("%q of type %q means %+v", body, contentType, got)
		}
		if got.sequence && (got.unclear || !got.every.IsZero()) {
			t.Errorf("%q means several things: %+v", body, got)
		}
	})
}
