package inbound

import "strings"

// agentKind is what a User-Agent says that it is.
type agentKind int

const (
	strange     agentKind = iota // nothing that we know
	browser                      // a person's
	mailProgram                  // a person's, which loads images itself
	proxyOpen                    // loads an image when a person opens the letter
	proxyBlind                   // loads images whether a person opens the letter or not
	library                      // what programs fetch with, and mail programs of phones
	program                      // fetches for nobody
)

// agent is what we know of a User-Agent; the name is for people.
type agent struct {
	kind agentKind
	name string
}

// applePrivacy is all that Apple's Mail Privacy Protection says of itself.
const applePrivacy = "Mozilla/5.0"

// gmailPrefetch is the browser, long dead, that Gmail claims to be when it loads images
// before anybody has opened the letter.
const gmailPrefetch = "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"

// marks of agents, in small letters, the first that fits counts. They are no plain words:
// "java", "security", "bot" and "curl" are in the names of phones and real browsers.
var agentMarks = []struct {
	mark string
	agent
}{
	{"googleimageproxy", agent{proxyOpen, "Gmail's image proxy"}},
	{"yahoomailproxy", agent{proxyOpen, "Yahoo's image proxy"}},
	{"yandeximageresizer", agent{proxyBlind, "Yandex's image proxy"}},
	{"yandeximageproxy", agent{proxyBlind, "Yandex's image proxy"}},
	{"mail.ru_bot/img", agent{proxyBlind, "Mail.ru's image proxy"}},
	{"outlookimageproxy", agent{proxyBlind, "Outlook's image proxy"}},

	{"barracudacentral", agent{program, "Barracuda"}},
	{"barracuda sentinel", agent{program, "Barracuda"}},
	{"mimecast", agent{program, "Mimecast"}},
	{"proofpoint", agent{program, "Proofpoint"}},
	{"safelinks", agent{program, "Microsoft Safe Links"}},
	{"bingpreview/", agent{program, "Microsoft's preview"}},
	{"symantecemailsecurity", agent{program, "Symantec"}},
	{"symantec email security", agent{program, "Symantec"}},
	{"messagelabs", agent{program, "Symantec"}},
	{"ironport", agent{program, "Cisco"}},
	{"cisco secure email", agent{program, "Cisco"}},
	{"trendmicro wtp", agent{program, "Trend Micro"}},
	{"tmase-", agent{program, "Trend Micro"}},
	{"fortisandbox", agent{program, "Fortinet"}},
	{"fortimail", agent{program, "Fortinet"}},
	{"fortiguard", agent{program, "Fortinet"}},
	{"sophos email", agent{program, "Sophos"}},
	{"sophoslabs", agent{program, "Sophos"}},
	{"kasperskylab", agent{program, "Kaspersky"}},
	{"ksmg", agent{program, "Kaspersky"}},
	{"drweb-", agent{program, "Dr.Web"}},
	{"checkpoint-hec", agent{program, "Check Point"}},
	{"zscalerbot", agent{program, "Zscaler"}},

	{"slackbot", agent{program, "Slack's preview"}},
	{"slack-imgproxy", agent{program, "Slack's preview"}},
	{"telegrambot", agent{program, "Telegram's preview"}},
	{"vkshare", agent{program, "VK's preview"}},
	{"skypeuripreview", agent{program, "Skype's preview"}},
	{"facebookexternalhit", agent{program, "Facebook's preview"}},
	{"linkedinbot", agent{program, "LinkedIn's preview"}},
	{"discordbot", agent{program, "Discord's preview"}},
	{"link preview", agent{program, "a preview"}},
	{"whatsapp/", agent{program, "WhatsApp's preview"}},

	{"headlesschrome/", agent{program, "a browser without a screen"}},
	{"phantomjs/", agent{program, "a browser without a screen"}},
	{"microsoft outlook", agent{mailProgram, "Outlook"}},
	{"ms-office", agent{mailProgram, "Outlook"}},
	{"thunderbird/", agent{mailProgram, "Thunderbird"}},
	{"macoutlook/", agent{mailProgram, "Outlook"}},
}

// programs and libraries as they begin an agent, or a comment of it: with the slash of
// their version, so that a phone of the same name is none.
var (
	programs  = []string{"curl/", "wget/", "python/", "python-requests/", "python-urllib/", "python-httpx/", "go-http-client/", "java/", "libwww-perl/", "node-fetch/", "axios/", "scrapy/", "ruby/", "guzzlehttp/", "php/"}
	libraries = []string{"okhttp/", "dalvik/", "cfnetwork/"}
)

// engines are in the agents of browsers that people use.
var engines = []string{"applewebkit/", "gecko/", "trident/", "presto/", "msie "}

// readAgent tells what a User-Agent is.
func readAgent(userAgent string) agent {
	if userAgent == applePrivacy {
		return agent{proxyBlind, "Apple's privacy protection"}
	}
	if strings.HasSuffix(userAgent, gmailPrefetch) {
		return agent{program, "Gmail's prefetch"}
	}
	text := strings.ToLower(userAgent)
	for i := range agentMarks {
		if strings.Contains(text, agentMarks[i].mark) {
			return agentMarks[i].agent
		}
	}
	switch {
	case strings.Contains(text, "+http"): // crawlers say where to complain
		return agent{program, "a crawler"}
	case isCompatible(text):
		return agent{program, "a crawler"}
	case text == "ruby" || hasWord(text, programs):
		return agent{program, "a program"}
	case hasWord(text, libraries) && !strings.Contains(text, "applewebkit/"):
		return agent{library, "a program"}
	}
	if strings.HasPrefix(text, "mozilla/") || strings.HasPrefix(text, "opera/") {
		for _, engine := range engines {
			if strings.Contains(text, engine) {
				return agent{kind: browser}
			}
		}
	}
	return agent{}
}

// isCompatible reports whether an agent is "compatible" with browsers, as crawlers are,
// and old Internet Explorers, and Konqueror.
func isCompatible(text string) bool {
	_, what, found := strings.Cut(text, "(compatible; ")
	return found && !strings.HasPrefix(what, "msie ") && !strings.HasPrefix(what, "konqueror/")
}

// hasWord reports whether one of the words stands at a word's beginning.
func hasWord(text string, words []string) bool {
	for _, word := range words {
		for rest := text; ; {
			at := strings.Index(rest, word)
			if at < 0 {
				break
			}
			if at == 0 || rest[at-1] == ' ' || rest[at-1] == '(' {
				return true
			}
			rest = rest[at+len(word):]
		}
	}
	return false
}

// systems are operating systems by what agents call them; phones first, because Android
// is a Linux and iPhones are "like Mac OS X".
var systems = []struct{ mark, name string }{
	{"android", "android"}, {"iphone", "ios"}, {"ipad", "ios"}, {"windows", "windows"}, {"macintosh", "mac"}, {"linux", "linux"}, {"x11", "linux"},
}

// systemOf is the operating system that a User-Agent names; ” for none.
func systemOf(userAgent string) string {
	text := strings.ToLower(userAgent)
	for _, s := range systems {
		if strings.Contains(text, s.mark) {
			return s.name
		}
	}
	return ""
}
