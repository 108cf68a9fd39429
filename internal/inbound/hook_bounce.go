package inbound

import (
	"regexp"
	"strconv"
	"strings"
)

// bounced is an event of a letter that a server refused, in its words and in the
// provider's judgement, which may be ”.
func bounced(e Event, code, status, words, judgement string, permanent bool) Event {
	words = oneLine(words, lineLimit)
	if status == "" {
		status = enhanced.FindString(words)
	}
	e.Kind, e.Permanent, e.Status, e.Diagnostic = Bounced, permanent, status, words
	e.Class = judge(Classify(replyCode(code, status, words), status, words), judgement)
	return e
}

// judge decides between what a server's words say and what the provider has made of
// them. The words come first, as the provider's classes are coarser; but where it says
// that reputation, content or speed was the reason, the address is not condemned.
func judge(words, provider string) string {
	switch {
	case provider == "":
		return words
	case words == ClassUnknown, words == ClassProtocol, provider == ClassPolicy, provider == ClassContent, provider == ClassRate:
		return provider
	}
	return words
}

var (
	enhanced = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	basic    = regexp.MustCompile(`\b[45]\d\d\b`)
)

// replyCode is the three digits of SMTP that a provider names, or that the words hold,
// or at least the first of them.
func replyCode(code, status, words string) int {
	n, err := strconv.Atoi(code)
	if err != nil || n < 400 || n > 599 {
		n, _ = strconv.Atoi(basic.FindString(words))
	}
	if n == 0 && status != "" {
		n = int(status[0]-'0') * 100
	}
	return n
}

// statusOf keeps an enhanced status code (RFC 3463) and nothing else.
func statusOf(text string) string {
	if text = strings.TrimSpace(text); enhanced.FindString(text) == text {
		return text
	}
	return ""
}
