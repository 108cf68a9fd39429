package inbound

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rule gives a class to replies. An empty field matches everything.
type rule struct {
	class    string
	kind     int      // 4 or 5: only replies of this kind
	codes    []int    // basic codes
	enhanced []string // exact codes, or a subject such as "5.7."
	words    []string // at least one of them stands in the lower-case text; " ip " as a whole word
	also     []string // and one of these
	unless   []string // none of these enhanced codes
	not      []string // and none of these words
}

// Classify names the class of a 4xx or 5xx reply by a server that has been told the
// recipient: of its basic code, its enhanced code (RFC 3463; empty if it has none, then
// one within the text counts) and its words.
func Classify(code int, enhanced, text string) string {
	text = searchable(text)
	if enhanced == "" {
		enhanced = statusWithin(code, text)
	}
	if i := decisive(code, enhanced, withoutAddresses(text)); i >= 0 {
		return rules[i].class
	}
	if code/100 == 4 {
		return ClassTemporary
	}
	return ClassUnknown
}

// maxWords is as much of a reply as is searched: lines of SMTP have at most 512 bytes
// (RFC 5321 4.5.3.1.5), and a server that needs more than some of them says it in the first.
const maxWords = 4 << 10 // bytes

// searchable is text as the rules are written: cut, lower-case, without accents.
func searchable(text string) string {
	return folded(strings.ToLower(string(cutRunes([]byte(text[:min(len(text), maxWords)]), maxWords))))
}

// decisive is the first rule that matches, or -1.
func decisive(code int, enhanced, text string) int {
	plain := " " + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return ' '
	}, text) + " "
	return slices.IndexFunc(rules, func(r rule) bool { return r.matches(code, enhanced, text, plain) })
}

func (r rule) matches(code int, enhanced, text, plain string) bool {
	matchesEnhanced := func(want string) bool {
		return enhanced == want || strings.HasSuffix(want, ".") && strings.HasPrefix(enhanced, want)
	}
	contained := func(word string) bool {
		if word[0] == ' ' && word[len(word)-1] == ' ' {
			return strings.Contains(plain, word)
		}
		return strings.Contains(text, word)
	}
	return (r.kind == 0 || code/100 == r.kind) &&
		(r.codes == nil || slices.Contains(r.codes, code)) &&
		(r.enhanced == nil || slices.ContainsFunc(r.enhanced, matchesEnhanced)) &&
		!slices.ContainsFunc(r.unless, matchesEnhanced) &&
		(r.words == nil || slices.ContainsFunc(r.words, contained)) &&
		(r.also == nil || slices.ContainsFunc(r.also, contained)) &&
		!slices.ContainsFunc(r.not, contained)
}

// SplitEnhanced takes the enhanced status code (RFC 3463) off a reply's text. One whose
// class contradicts the basic code is only words.
func SplitEnhanced(code int, text string) (enhanced, words string) {
	text = strings.TrimLeft(text, " ")
	head, rest, _ := strings.Cut(text, " ")
	head = strings.TrimRight(head, "\r\n:")
	parts := strings.Split(head, ".")
	if len(parts) != 3 || parts[0] != string(rune('0'+code/100)) || !upToThreeDigits(parts[1]) || !upToThreeDigits(parts[2]) {
		return "", text
	}
	return head, rest
}

func upToThreeDigits(s string) bool {
	return s != "" && len(s) <= 3 && strings.Trim(s, "0123456789") == ""
}

// statusWithin finds an enhanced code that does not stand where RFC 2034 wants it: qmail
// writes "(#5.1.1)" behind its words, Cisco "#5.1.0" and Barracuda "cuda_nsu 5.1.1" before.
func statusWithin(code int, text string) string {
	for word := range strings.FieldsSeq(text) {
		if enhanced, _ := SplitEnhanced(code, strings.Trim(word, "(#)")); enhanced != "" {
			return enhanced
		}
	}
	return ""
}

var anIP = regexp.MustCompile(`[\[(]?\b(?:\d{1,3}\.){3}\d{1,3}(?:/\d\d?)?\b[\])]?|[\[(](?:ipv6:)?[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*[\])]`)

// returnedTo is where a letter goes back to, which says nothing of whoever sent it.
var returnedTo = regexp.MustCompile(`\b(?:back|return(?:ed|ing|s)?) (?:the (?:message|mail|letter) )?to (?:the |its )?sender`)

// echoed is what a link to an explanation repeats of the connection, whatever is refused.
var echoed = regexp.MustCompile(`[?&](?:ip|i|v|addr|client|sender|from)=[^&\s]*`)

// withoutAddresses takes the e-mail addresses out of a reply: what clients are called must
// not pass for what the server says of them. IP addresses become "#4", as a rule may name
// them.
func withoutAddresses(text string) string {
	text = echoed.ReplaceAllString(text, "")
	text = returnedTo.ReplaceAllString(anIP.ReplaceAllString(text, "#4"), "")
	for {
		at := strings.IndexByte(text, '@')
		if at < 0 {
			return strings.Join(strings.Fields(strings.ReplaceAll(text, "<>", "")), " ")
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

// accents are the letters that the rules write without them; servers do so too.
var accents = strings.NewReplacer(
	"á", "a", "à", "a", "â", "a", "ä", "a", "ã", "a", "å", "a", "ą", "a", "ç", "c", "ć", "c", "č", "c", "ď", "d", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "ě", "e", "ğ", "g",
	"í", "i", "ì", "i", "î", "i", "ï", "i", "ı", "i", "ł", "l", "ñ", "n", "ń", "n", "ň", "n", "ó", "o", "ò", "o", "ô", "o", "ö", "o", "õ", "o", "ø", "o", "ő", "o", "ř", "r", "ś", "s", "š", "s",
	"ş", "s", "ß", "ss", "ť", "t", "ú", "u", "ù", "u", "û", "u", "ü", "u", "ů", "u", "ű", "u", "ý", "y", "ź", "z", "ż", "z", "ž", "z", "ё", "е", "’", "'", "ă", "a", "ș", "s", "ț", "t", "ţ", "t", "đ", "d", "ά", "α", "έ", "ε", "ή", "η", "ί", "ι", "ό", "ο", "ύ", "υ", "ώ", "ω")

func folded(text string) string {
	if isASCII([]byte(text)) {
		return text
	}
	return accents.Replace(text)
}
