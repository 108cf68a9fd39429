package api

import (
	"net/http"
	"net/netip"
	"strings"
)

// Who is behind a hit on a pixel or a link. Only a human's click says anything
// about a client; the raw hits are kept, so that better rules can be run later.
const (
	human   = "human"
	machine = "machine"
	unknown = "unknown"
)

// programs in a User-Agent name those that fetch for nobody. They are whole marks,
// with what follows, because words like "bot" are in names of phones, too.
var programs = []string{"bot/", "bot;", "bot)", "crawler", "spider", "headlesschrome", "curl/", "wget/", "python-", "go-http-client", "java/", "okhttp/"}

// gmailPrefetch is the browser, long dead, that Gmail claims to be when it loads
// images before anybody has opened the letter.
const gmailPrefetch = "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"

// proxies fetch images for a person, mostly when he opens the letter, but some
// when it arrives: nobody can tell from one hit.
var proxies = []string{"googleimageproxy", "yahoomailproxy", "yandeximageproxy", "mail.ru", "outlookimageproxy"}

// actorOfOpen tells who loaded a letter's pixel.
func actorOfOpen(r *http.Request) string {
	agent := r.UserAgent()
	switch {
	case fetchedAhead(r), isProgram(agent), strings.HasSuffix(agent, gmailPrefetch):
		return machine
	case agent == "Mozilla/5.0": // Apple Mail Privacy Protection loads everything
		return unknown
	case containsAny(agent, proxies):
		return unknown
	case isBrowser(agent), containsAny(agent, []string{"microsoft outlook", "ms-office", "thunderbird/"}):
		return human
	}
	return unknown
}

// actorOfClick tells who followed a link. Browsers say which languages their
// people read; scanners of links mostly forget to.
func actorOfClick(r *http.Request) string {
	agent := r.UserAgent()
	switch {
	case fetchedAhead(r), isProgram(agent):
		return machine
	case isBrowser(agent) && r.Header.Get("Accept-Language") != "":
		return human
	}
	return unknown
}

// fetchedAhead reports whether a request says itself that nobody asked for it.
func fetchedAhead(r *http.Request) bool {
	if r.Method != http.MethodGet {
		return true
	}
	for _, header := range []string{"Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"} {
		value := strings.ToLower(r.Header.Get(header))
		if strings.Contains(value, "prefetch") || strings.Contains(value, "preview") {
			return true
		}
	}
	return false
}

func isProgram(agent string) bool { return containsAny(agent, programs) }

func isBrowser(agent string) bool {
	return strings.HasPrefix(agent, "Mozilla/5.0 (") && containsAny(agent, []string{"applewebkit/", "gecko/"})
}

func containsAny(agent string, marks []string) bool {
	agent = strings.ToLower(agent)
	for _, mark := range marks {
		if strings.Contains(agent, mark) {
			return true
		}
	}
	return false
}

// truncated is an address without the part that names a household: enough to see
// where hits come from, too little to know whose they are.
func truncated(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := 48
	if ip.Is4() {
		bits = 24
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}
