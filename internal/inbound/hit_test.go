package inbound

import (
	"testing"
	"time"
)

// What one hit says by itself, an hour after the letter.
func TestHitsAlone(t *testing.T) {
	t.Parallel()
	const (
		chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
		firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	)
	for name, tc := range map[string]struct {
		hit         Hit
		open, click string
	}{
		"a browser":                      {Hit{Method: "GET", UserAgent: chrome, Language: "ru"}, Human, Human},
		"a browser without languages":    {Hit{Method: "GET", UserAgent: firefox}, Human, Machine},
		"Outlook":                        {Hit{Method: "GET", UserAgent: "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"}, Human, Machine},
		"Apple's privacy protection":     {Hit{Method: "GET", UserAgent: "Mozilla/5.0"}, Unknown, Machine},
		"Gmail when opened":              {Hit{Method: "GET", UserAgent: "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"}, Human, Machine},
		"Gmail beforehand":               {Hit{Method: "GET", UserAgent: "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) " + gmailPrefetch, Language: "en"}, Machine, Machine},
		"no name":                        {Hit{Method: "GET"}, Unknown, Machine},
		"no name, but languages":         {Hit{Method: "GET", Language: "ru"}, Unknown, Unknown},
		"HEAD":                           {Hit{Method: "HEAD", UserAgent: chrome, Language: "ru"}, Machine, Machine},
		"prefetch":                       {Hit{Method: "GET", UserAgent: chrome, Language: "ru", Ahead: "Sec-Purpose: prefetch"}, Machine, Machine},
		"a search engine":                {Hit{Method: "GET", UserAgent: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", Language: "en"}, Machine, Machine},
		"a phone called Cubot":           {Hit{Method: "GET", UserAgent: "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36", Language: "ru"}, Human, Human},
		"a gateway's network":            {Hit{Method: "GET", UserAgent: chrome, Language: "ru", Network: "40.94.20.0/24"}, Machine, Machine},
		"a provider who does not know":   {Hit{UserAgent: chrome}, Human, Human},
		"a provider who knows a machine": {Hit{UserAgent: chrome, Said: Machine}, Machine, Machine},
		"a provider who knows a person":  {Hit{Said: Human}, Human, Human},
		"a provider without a word":      {Hit{}, Unknown, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			letter := HitLetter{Sent: sent, Links: 1}
			for purpose, want := range map[string]string{HitOpened: tc.open, HitClicked: tc.click} {
				h := tc.hit
				h.Purpose, h.At = purpose, sent.Add(time.Hour)
				if v := ClassifyHits(letter, []Hit{h})[0]; v.Actor != want {
					t.Errorf("%s by %s (%s), want %s", purpose, v.Actor, v.Why, want)
				}
			}
		})
	}
}

// Whatever is sent to us, there is a verdict about it, and those of people have nothing
// machine-like about them.
func FuzzHits(f *testing.F) {
	halves := hitCorpus(f)
	for _, l := range append(halves[0], halves[1]...) {
		for _, h := range l.hits {
			f.Add(h.UserAgent, h.Language, h.Ahead, h.Network, h.Method, uint16(h.At.Sub(sent)/time.Second), byte(h.Link))
		}
	}
	f.Fuzz(func(t *testing.T, agent, language, ahead, network, method string, after uint16, link byte) {
		hits := []Hit{
			{At: sent.Add(time.Duration(after) * time.Second), Purpose: HitClicked, Link: int(link), Method: method, UserAgent: agent, Language: language, Ahead: ahead, Network: network},
			{At: sent.Add(time.Hour), Purpose: HitOpened, Link: -1, Method: method, UserAgent: agent, Language: language, Ahead: ahead, Network: network},
			{At: sent.Add(time.Duration(after)*time.Second + 20*time.Second), Purpose: HitHoneypot, Link: 255, Method: "GET", UserAgent: agent},
		}
		verdicts := ClassifyHits(HitLetter{Sent: sent, Links: 3}, hits)
		for i, v := range verdicts {
			if v.Actor != Human && v.Actor != Machine && v.Actor != Unknown {
				t.Fatalf("%+v is %+v", hits[i], v)
			}
			if v.Actor == Human && (ahead != "" || method != "" && method != "GET" || i == 2 || i == 0 && method != "" && language == "") {
				t.Errorf("%+v is %+v", hits[i], v)
			}
		}
		if agent != "" && verdicts[0].Actor != Machine {
			t.Errorf("%+v is %+v beside the honeypot", hits[0], verdicts[0])
		}
	})
}

func BenchmarkClassifyHits(b *testing.B) {
	halves := hitCorpus(b)
	hits := 0
	for b.Loop() {
		for _, l := range halves[0] {
			ClassifyHits(l.letter, l.hits)
			hits += len(l.hits)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(hits), "ns/hit")
}

// A delivery that is told of late, without its time, makes no machine of whoever read the
// letter meanwhile; what looked at it while the server took it stays one.
func TestADeliveryToldLateCondemnsNobody(t *testing.T) {
	t.Parallel()
	click := Hit{Purpose: HitClicked, Method: "GET", Language: "ru", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	letter := HitLetter{Sent: sent, Delivered: sent.Add(time.Hour), Links: 1}
	for after, want := range map[time.Duration]string{5 * time.Second: Machine, 20 * time.Minute: Human, 59 * time.Minute: Machine, 60*time.Minute + 4*time.Second: Machine, 61 * time.Minute: Human} {
		click.At = sent.Add(after)
		if v := ClassifyHits(letter, []Hit{click})[0]; v.Actor != want {
			t.Errorf("a click %s after sending is by %s (%s), want %s", after, v.Actor, v.Why, want)
		}
	}
}
