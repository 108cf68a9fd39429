package sequences

import (
	"net/url"
	"strings"
	"testing"
)

func TestUTMKeepsWhatALinkSays(t *testing.T) {
	t.Parallel()
	v := UTMValues{Source: "seventh", Medium: "email", Campaign: "весна & лето", Content: "guide"}
	all := "utm_source=seventh&utm_medium=email&utm_campaign=%D0%B2%D0%B5%D1%81%D0%BD%D0%B0+%26+%D0%BB%D0%B5%D1%82%D0%BE&utm_content=guide"
	for from, want := range map[string]string{
		"https://example.com":                   "https://example.com?" + all,
		"https://example.com/a?x=1&y=%20":       "https://example.com/a?x=1&y=%20&" + all,
		"https://example.com/a?":                "https://example.com/a?" + all,
		"https://example.com/a?x=1&":            "https://example.com/a?x=1&" + all,
		"https://example.com/a#part?x=1":        "https://example.com/a?" + all + "#part?x=1",
		"https://example.com/a?x=1#":            "https://example.com/a?x=1&" + all + "#",
		"HTTP://example.com/":                   "HTTP://example.com/?" + all,
		"https://example.com/?utm_source=ad":    "https://example.com/?utm_source=ad&" + strings.TrimPrefix(all, "utm_source=seventh&"),
		"https://example.com/?UTM%5Fsource=&y":  "https://example.com/?UTM%5Fsource=&y&" + strings.TrimPrefix(all, "utm_source=seventh&"),
		"https://example.com/?a=utm_source%3D1": "https://example.com/?a=utm_source%3D1&" + all,
		"https://example.com/?" + all:           "https://example.com/?" + all,
		"mailto:ann@example.com":                "mailto:ann@example.com",
		"tel:+74950000000":                      "tel:+74950000000",
		"#top":                                  "#top",
		"":                                      "",
	} {
		if got := v.AddTo(from); got != want {
			t.Errorf("%s\n\tbecomes %s\n\twant    %s", from, got, want)
		}
		if got := (UTMValues{}).AddTo(from); got != from {
			t.Errorf("without parameters %s becomes %s", from, got)
		}
	}
}

func TestStepsSayMoreThanTheirSequence(t *testing.T) {
	t.Parallel()
	s, problems := ParseSequence("x.yaml", []byte(`sequence: spring
utm: { campaign: spring-2026, medium: letter }
steps:
  - { id: guide, email: c/guide }
  - { id: case, email: c/case, utm: { content: big-case, medium: email } }
  - { id: quiet, email: c/quiet, utm: false }
`), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for id, want := range map[string]UTMValues{
		"guide": {"seventh", "letter", "spring-2026", "guide"}, "case": {"seventh", "email", "spring-2026", "big-case"}, "quiet": {},
		HandoverStep: {"seventh", "letter", "spring-2026", "handover"},
	} {
		step, _ := s.Step(id)
		if got := s.UTMOf(id, step); got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	s.UTM = nil
	for id, want := range map[string]UTMValues{"guide": {}, "case": {"seventh", "email", "spring", "big-case"}} {
		step, _ := s.Step(id)
		if got := s.UTMOf(id, step); got != want {
			t.Errorf("%s alone: %+v, want %+v", id, got, want)
		}
	}
}

// Whatever an address is, it stays one that leads to the same page, and doing it twice
// changes nothing.
func FuzzUTM(f *testing.F) {
	for _, seed := range []string{"https://example.com/a?x=1&y=%zz;b#frag", "http://x?utm_source=%", "https://e.example/?&&#", "mailto:x"} {
		f.Add(seed, "spring")
	}
	f.Fuzz(func(t *testing.T, address, campaign string) {
		v := UTMValues{Source: "seventh", Medium: "email", Campaign: campaign, Content: "guide"}
		got := v.AddTo(address)
		if v.AddTo(got) != got {
			t.Errorf("%q becomes %q and then %q", address, got, v.AddTo(got))
		}
		before, err := url.Parse(address)
		if err != nil {
			return
		}
		after, err := url.Parse(got)
		if err != nil || after.Host != before.Host || after.EscapedPath() != before.EscapedPath() || after.EscapedFragment() != before.EscapedFragment() {
			t.Errorf("%q becomes %q (%v)", address, got, err)
		}
		if !strings.HasPrefix(after.RawQuery, before.RawQuery) {
			t.Errorf("%q loses parameters in %q", address, got)
		}
	})
}
