package mail

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Classes of refusals: what a reply says about the address, the letter, the server or us.
// What each of them means for the letter, the client and the sender is decided by whoever
// reads the outcome; see Outcome.AddressIsDead for the client's part.
const (
	ClassInvalid    = "invalid"     // the address does not exist
	ClassDisabled   = "disabled"    // it did, and its owner or provider has closed it
	ClassDeadDomain = "dead_domain" // its domain takes no mail
	ClassFull       = "full"        // the mailbox is over its quota
	ClassPolicy     = "policy"      // reputation, blocklists, authentication of our domain; never the client's fault
	ClassContent    = "content"     // this letter: too big, malformed, a link or a file in it
	ClassGreylist   = "greylist"    // come back in some minutes
	ClassRate       = "rate"        // too fast, too many connections, a recipient who gets too much
	ClassAccount    = "account"     // our account: its password, its address, its daily limit
	ClassTemporary  = "temporary"   // the server's or the network's trouble
	ClassProtocol   = "protocol"    // not SMTP as we speak it: our configuration, or the server's
	ClassUnknown    = "unknown"     // a 5xx that says nothing

	// ClassUnsupported is an address SMTP can carry only with SMTPUTF8 or in quotes, which
	// this package does not send. No server was asked.
	ClassUnsupported = "unsupported_address"
)

// AddressIsDead reports whether nobody can be reached at this address any more, so that
// further letters to it would only harm the sender.
func (o Outcome) AddressIsDead() bool {
	return o.Class == ClassInvalid || o.Class == ClassDisabled || o.Class == ClassDeadDomain
}

// rule gives a class to replies. An empty field matches everything.
type rule struct {
	class    string
	kind     int      // 4 or 5: only replies of this kind
	codes    []int    // basic codes
	enhanced []string // exact codes, or a subject such as "5.7."
	words    []string // at least one of them stands in the lower-case text
	also     []string // and one of these
}

// classify names the class of a 4xx or 5xx reply; text is lower-case. The phase comes
// first: only from RCPT on does a reply speak of the recipient, and at AUTH and MAIL what
// is no policy is about our account.
func classify(phase Phase, code int, enhanced, text string) string {
	if enhanced == "" {
		enhanced = statusWithin(code, text)
	}
	class := ClassUnknown
	if code/100 == 4 {
		class = ClassTemporary
	}
	if i := decisive(code, enhanced, withoutAddresses(text)); i >= 0 {
		class = rules[i].class
	}
	switch phase {
	case PhaseRcpt, PhaseData, PhaseBody, PhaseDot:
		return class
	case PhaseAuth:
		if class != ClassProtocol {
			return ClassAccount
		}
	case PhaseMail:
		if code/100 == 5 && aboutRecipient(class) {
			return ClassAccount
		}
	}
	switch {
	case !aboutRecipient(class):
		return class
	case code/100 == 4:
		return ClassTemporary
	}
	return ClassUnknown
}

// decisive is the first rule that matches, or -1.
func decisive(code int, enhanced, text string) int {
	return slices.IndexFunc(rules, func(r rule) bool { return r.matches(code, enhanced, text) })
}

// aboutRecipient reports whether a class speaks of a recipient, who has not been named
// before RCPT, or of nobody.
func aboutRecipient(class string) bool {
	return class == ClassInvalid || class == ClassDisabled || class == ClassDeadDomain || class == ClassFull || class == ClassUnknown
}

func (r rule) matches(code int, enhanced, text string) bool {
	matchesEnhanced := func(want string) bool {
		return enhanced == want || strings.HasSuffix(want, ".") && strings.HasPrefix(enhanced, want)
	}
	contained := func(word string) bool { return strings.Contains(text, word) }
	return (r.kind == 0 || code/100 == r.kind) &&
		(r.codes == nil || slices.Contains(r.codes, code)) &&
		(r.enhanced == nil || slices.ContainsFunc(r.enhanced, matchesEnhanced)) &&
		(r.words == nil || slices.ContainsFunc(r.words, contained)) &&
		(r.also == nil || slices.ContainsFunc(r.also, contained))
}

// statusWithin finds an enhanced code that does not stand where RFC 2034 wants it: qmail
// writes "(#5.1.1)" behind its words, Cisco "#5.1.0" and Barracuda "cuda_nsu 5.1.1" before.
func statusWithin(code int, text string) string {
	for word := range strings.FieldsSeq(text) {
		if enhanced, _ := splitEnhanced(code, strings.Trim(word, "(#)")); enhanced != "" {
			return enhanced
		}
	}
	return ""
}

// withoutAddresses takes the e-mail addresses out of a reply: what clients are called must
// not pass for what the server says of them.
func withoutAddresses(text string) string {
	for {
		at := strings.IndexByte(text, '@')
		if at < 0 {
			return text
		}
		from := strings.LastIndexFunc(text[:at], func(r rune) bool { return r == ' ' || strings.ContainsRune(`<([{"':;,=`, r) }) + 1
		to := at + 1
		for to < len(text) && (inName(text[to]) || text[to] == '.' && to+1 < len(text) && inName(text[to+1])) {
			to++
		}
		text = text[:from] + text[to:]
	}
}

// inName reports whether a byte can stand in a label of a domain, IDN included.
func inName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c >= utf8.RuneSelf
}
