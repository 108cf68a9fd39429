package api

import (
	"fmt"
	"strings"
	"testing"

	"seventh/internal/token"
)

// offered has a letter's links 0 and 2 take up an offer until a moment of the
// database's clock, counted from now.
func (k *kit) offered(letter int64, until string) {
	k.t.Helper()
	k.exec(`UPDATE contents SET offers = jsonb_build_array(jsonb_build_object('name', 'spring', 'expires_at', business_now() + $2::interval, 'links', '[0, 2]'::jsonb))
		WHERE id = (SELECT content_id FROM messages WHERE id = $1)`, letter, until)
}

func TestLinksOfAnOfferEndWithIt(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C", "locale": "ru-RU", "time_zone": "Asia/Vladivostok"})
	letter := k.sent("ann", monday, "https://example.com/take", "https://example.com/read", "https://example.com/now")
	k.offered(letter, "1 hour")
	for link, to := range []string{"https://example.com/take", "https://example.com/read", "https://example.com/now"} {
		if got := k.send("GET", k.link(letter, token.Click, link), nil).is(302).Header.Get("Location"); got != to {
			t.Errorf("link %d leads to %q", link, got)
		}
	}

	// Two hours later, by the same remembered destinations.
	k.exec("UPDATE clock SET shift = shift + interval '2 hours'")
	k.send("GET", k.link(letter, token.Click, 1), nil).is(302)
	a := k.send("GET", k.link(letter, token.Click, 0), nil, "User-Agent: "+chrome, "Accept-Language: ru").is(410)
	for _, want := range []string{"Срок предложения истёк", `lang="ru"`, "Оно действовало до", "Levanto", "mailto:"} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the page does not say %q:\n%s", want, a.Body)
		}
	}
	if strings.Contains(a.Body, "example.com/take") || a.Header.Get("Location") != "" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("there is a way on from the page: %v\n%s", a.Header, a.Body)
	}
	if a := k.send("HEAD", k.link(letter, token.Click, 2), nil).is(410); a.Body != "" {
		t.Errorf("HEAD has a body: %q", a.Body)
	}

	late := map[string]int{}
	for _, touch := range k.send("GET", "/api/v1/touches?client=ann&kind=clicked", nil).items() {
		late[fmt.Sprint(touch["data"])]++
	}
	if len(late) != 2 || late["map[count:2 offer_expired:true]"] != 2 || late["map[count:2]"] != 1 {
		t.Errorf("touches: %v", late)
	}
}

func TestOfferPageSpeaksTheClientsLanguage(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	for client, want := range map[string]string{"en-GB": "This offer has ended", "ru": "Срок предложения истёк", "fr": "This offer has ended"} {
		k.client("c-"+client, map[string]any{"category": "C", "locale": client})
		letter := k.sent("c-"+client, monday, "https://example.com/take")
		k.offered(letter, "-1 minute")
		if a := k.send("GET", k.link(letter, token.Click, 0), nil).is(410); !strings.Contains(a.Body, want) {
			t.Errorf("%s reads\n%s", client, a.Body)
		}
	}
}

func TestOfferOfAnErasedClientIsForgotten(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	letter := k.sent("ann", monday, "https://example.com/take")
	k.offered(letter, "-1 minute")
	k.send("GET", k.link(letter, token.Click, 0), nil).is(410)
	k.send("DELETE", "/api/v1/clients/ann", nil).is(204)
	k.send("GET", k.link(letter, token.Click, 0), nil).is(410) // still remembered here
	if n := k.count("SELECT count(*) FROM contents WHERE offers <> '[null]'"); n != 0 {
		t.Errorf("%d offers are kept", n)
	}
}
