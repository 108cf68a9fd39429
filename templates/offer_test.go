package templates

import (
	"strings"
	"testing"
	"time"
)

func TestLinksOfAnOfferAreMarkedForUsAndNotForReaders(t *testing.T) {
	t.Parallel()
	l := letter(t, `[Take it](https://example.com/spring "offer"), [read](https://example.com/), [about](https://example.com/about "Our history").

**[Take it now](https://example.com/spring?for={{ .client.first_name }} 'offer')**
`)
	var marked []bool
	for _, link := range l.Links {
		marked = append(marked, link.Offer)
	}
	if len(marked) != 4 || !marked[0] || marked[1] || marked[2] || !marked[3] {
		t.Errorf("links of the offer: %v", marked)
	}
	if !l.ShowsOffer() || !l.TakesOffer() || l.ShowsOfferField() {
		t.Error("the letter has a link that takes up an offer, and shows no field of it")
	}
	html, text := render(t, l, client(nil))
	if strings.Contains(html, `title="offer"`) || strings.Contains(text, `"offer"`) || !strings.Contains(html, `title="Our history"`) {
		t.Errorf("readers see\n%s\n%s", html, text)
	}
}

func TestOnlyLinksToPagesTakeUpAnOffer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, body, want string }{
		{"a letter to somebody", `[Write](mailto:a@example.com "offer")`, `x.md:4:9: only a link to a web page can be marked as the offer's: remove "offer" from this one`},
		{"the company's site", `[Site]({{ .company.site }} "offer")`, `x.md:4:8: only a link to a web page can be marked as the offer's: remove "offer" from this one`},
		{"a link that is none", `[Page](example.com "offer")`, `x.md:4:8: a link must begin with https://, mailto: or tel:, not "example.com"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Load(content("x.md", "---\nsubject: s\n---\n"+tc.body), nil, "en")
			if len(problems) != 1 || strings.TrimPrefix(problems[0].String(), "templates/") != tc.want {
				t.Errorf("told %v, want %s", problems, tc.want)
			}
		})
	}
}

func TestLetterThatMakesNoSenseWithoutItsOffer(t *testing.T) {
	t.Parallel()
	ends := time.Date(2026, 3, 5, 20, 59, 59, 0, time.UTC)
	for _, tc := range []struct {
		name, letter string
		needs        bool
	}{
		{"no offer", "---\nsubject: s\n---\nHello", false},
		{"the deadline", "---\nsubject: s\n---\nUntil {{ .offer.expires_at | date \"2 January\" }}", true},
		{"the deadline in the subject", "---\nsubject: 'Until {{ .offer.expires_at | date \"2 January\" }}'\n---\nHello", true},
		{"a deadline with a default", "---\nsubject: s\n---\nUntil {{ .offer.name | default \"soon\" }}", false},
		{"a condition", "---\nsubject: s\n---\n{{ if .offer.expires_at }}\n\nUntil {{ .offer.expires_at | date \"2 January\" }}\n\n{{ end }}", false},
		{"what is said without one", "---\nsubject: s\n---\n{{ if .offer.expires_at }}\n\nNow\n\n{{ else }}\n\nUntil {{ .offer.expires_at }}\n\n{{ end }}", true},
		{"another hole", "---\nsubject: s\n---\nHello {{ .client.first_name }}", false},
		{"a link", "---\nsubject: s\n---\n[Read](https://example.com/) [Take](https://example.com/ \"offer\")", true},
		{"a link in a condition", "---\nsubject: s\n---\n{{ if .offer.name }}\n\n[Take](https://example.com/ \"offer\")\n\n{{ end }}\n\n[Read](https://example.com/)", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := content("x.md", tc.letter)
			set, problems := Load(fsys, nil, "en")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			needs, err := set.Letter("x", "").NeedsOffer(fsys, client(nil))
			if err != nil || needs != tc.needs {
				t.Errorf("it needs its offer: %t (%v)", needs, err)
			}
		})
	}
	if got := Date("ru", "2 January 2006 г.", ends); got != "5 марта 2026 г." {
		t.Errorf("a Russian date is %q", got)
	}
}
