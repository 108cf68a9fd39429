package inbound

import (
	"cmp"
	"slices"
	"time"
)

// HitRules is the version of the rules below. Verdicts are kept with it; whoever changes
// what ClassifyHits says raises it, and hits of the last months are judged again.
const HitRules = 2

// HitsSettle is how long after a hit its verdict may still change: the rules look at
// most 70 s ahead (a letter's links in a minute, and what came within 10 s of them); the
// rest is for hits that are being written. Evidence that comes later than that, such as
// a delivery told late, changes verdicts, too, but what has moved is not moved back.
const HitsSettle = 75 * time.Second

// The purposes of hits: which of a letter's addresses was asked for.
const (
	HitOpened   = "opened"   // the pixel
	HitClicked  = "clicked"  // a link
	HitHoneypot = "honeypot" // the link that nobody can see
)

// Who is behind a hit.
const (
	Human   = "human"
	Machine = "machine"
	Unknown = "unknown" // nobody can tell
)

// Hit is one request for a pixel or a link, as it came in.
type Hit struct {
	At      time.Time
	Purpose string
	Link    int // of a click
	// Method is that of the request; '' when a provider told of the hit, who tells
	// nothing of methods and languages.
	Method    string
	UserAgent string
	Language  string // Accept-Language
	Ahead     string // the header by which a browser says that it only prefetches; '' mostly
	Network   string // the address without what names a household, such as "192.0.2.0/24"
	Said      string // what the provider makes of it: human, machine or ''
}

// HitLetter is what the rules go by beside the hits of a letter.
type HitLetter struct {
	Sent      time.Time
	Delivered time.Time // zero: nobody has said when
	Links     int       // how many links it has
}

// Verdict is who is behind a hit, and why we think so, in a few words; ” when there is
// nothing to say.
type Verdict struct{ Actor, Why string }

// ClassifyHits tells who is behind each of a letter's hits. All hits of the letter must
// be given, or all within a few minutes; their order does not matter. Only a human's
// click says anything about a client, so whatever is in doubt is not human.
//
// Gateways follow links when a letter arrives, often as a browser like any other: what
// gives them away is how soon, how many and how fast. Checks at the time of a click come
// seconds before the person, who must not be taken for one of them: what betrays itself
// (by its name, its method, its network) does not count towards the speed of the rest.
func ClassifyHits(letter HitLetter, hits []Hit) []Verdict {
	verdicts := make([]Verdict, len(hits))
	order := make([]int, len(hits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(hits[a].At.Compare(hits[b].At), cmp.Compare(hits[a].Purpose, hits[b].Purpose), cmp.Compare(hits[a].Link, hits[b].Link))
	})
	c := crowd{letter: letter, order: order, hits: hits, verdicts: verdicts, seeds: make([]bool, len(hits))}
	for i := range hits {
		verdicts[i] = alone(&hits[i])
		if verdicts[i].Why == whyHoneypot {
			c.seeds[i] = true
		}
	}
	c.soon()
	c.twoNetworks()
	c.bursts()
	c.besideHoneypots()
	c.besideMachines()
	return verdicts
}

// Why a hit is a machine's.
const (
	whyHoneypot = "a link that nobody can see"
	whyMethod   = "asked without reading"
	whyAhead    = "fetched ahead"
	whyProvider = "the provider says so"
	whyLanguage = "no languages, as no browser has"
	whyAgent    = "no browser"
	whySoon     = "sooner than anybody reads"
	whyBurst    = "several links within seconds"
	whyAll      = "all links within a minute"
	whyNetworks = "from two networks and systems within seconds"
	whyBeside   = "beside a machine's"
)

// alone judges a hit by itself.
func alone(h *Hit) Verdict {
	agent := readAgent(h.UserAgent)
	reported := h.Method == ""
	switch {
	case h.Purpose == HitHoneypot:
		return Verdict{Machine, whyHoneypot}
	case h.Said == Machine:
		return Verdict{Machine, whyProvider}
	case !reported && h.Method != "GET":
		return Verdict{Machine, whyMethod}
	case h.Ahead != "":
		return Verdict{Machine, whyAhead}
	case h.Purpose == HitOpened && agent.kind == proxyBlind:
		return Verdict{Unknown, agent.name}
	case agent.kind == program:
		return Verdict{Machine, agent.name}
	case gatewayOf(h.Network) != "":
		return Verdict{Machine, "the network of " + gatewayOf(h.Network)}
	case h.Purpose == HitOpened:
		return opened(h, agent)
	}
	return clicked(h, agent)
}

// opened judges the load of a pixel. Mail programs ask for images without saying which
// languages their people read.
func opened(h *Hit, agent agent) Verdict {
	switch agent.kind {
	case browser, mailProgram:
		return Verdict{Actor: Human}
	case proxyOpen:
		return Verdict{Human, agent.name}
	case library:
		return Verdict{Unknown, agent.name} // mail programs of phones use the same
	}
	if h.Said == Human {
		return Verdict{Human, whyProvider}
	}
	return Verdict{Actor: Unknown}
}

// clicked judges a click. Browsers say which languages their people read; scanners of
// links mostly forget to.
func clicked(h *Hit, agent agent) Verdict {
	reported := h.Method == ""
	switch {
	case agent.kind == library:
		return Verdict{Machine, agent.name}
	case !reported && h.Language == "":
		return Verdict{Machine, whyLanguage}
	case agent.kind == browser || agent.kind == mailProgram:
		return Verdict{Actor: Human}
	case reported && h.Said == Human:
		return Verdict{Human, whyProvider}
	case reported && h.UserAgent == "":
		return Verdict{Actor: Unknown}
	case agent.kind == proxyOpen || agent.kind == proxyBlind:
		return Verdict{Machine, agent.name}
	}
	return Verdict{Unknown, whyAgent}
}
