package inbound

import (
	"regexp"
	"strconv"
	"strings"
)

// saidReply is a server's reply as it is quoted somewhere.
type saidReply struct {
	code     int
	enhanced string
	text     string // from the code on
}

var (
	codeWithStatus = regexp.MustCompile(`(?:^|[^\w.])([45]\d\d)[-: ]+\(?#?([245]\.\d{1,3}\.\d{1,3})\b`)
	codeAlone      = regexp.MustCompile(`(?im)(?:^[\s>*"'#(]*|<<<\s*|<--\s*|said:\s*|returned:?\s*['"]?|reason:?\s*|error:?\s*|error_code\s*:|response:?\s*|reply:?\s*|code:?\s*|ответ(?: сервера)?:\s*|smtp;\s*|[\w\])>]:\s+|')([45]\d\d)(?:[-: ]|$)`)
	statusAlone    = regexp.MustCompile(`(?:^|[^\w.])([45]\.\d{1,3}\.\d{1,3})(?:[^\w.]|\.?$|\.\s)`)
)

// replyIn finds the first SMTP reply in words: a code with an enhanced code, else a code
// where one may stand. code is 0 without one.
func replyIn(words string) saidReply {
	alone := codeAlone.FindStringSubmatchIndex(words)
	if m := codeWithStatus.FindStringSubmatchIndex(words); m != nil && (alone == nil || m[2] <= alone[2]) {
		code, _ := strconv.Atoi(words[m[2]:m[3]])
		return saidReply{code, words[m[4]:m[5]], words[m[2]:]}
	}
	if m := alone; m != nil {
		code, _ := strconv.Atoi(words[m[2]:m[3]])
		return saidReply{code, enhancedIn(words[m[3]:]), words[m[2]:]}
	}
	return saidReply{0, enhancedIn(words), words}
}

// enhancedIn is the first enhanced status code of a failure (RFC 3463) in words.
func enhancedIn(words string) string {
	if m := statusAlone.FindStringSubmatch(words); m != nil {
		return m[1]
	}
	words, _, _ = strings.Cut(strings.TrimSpace(words), " ")
	if parts := strings.Split(words, "."); len(parts) == 3 && parts[0] == "2" && upToThreeDigits(parts[1]) && upToThreeDigits(parts[2]) {
		return words
	}
	return ""
}

// isGeneric reports whether an enhanced code says nothing but whether to try again.
func isGeneric(enhanced string) bool {
	return enhanced == "" || strings.HasSuffix(enhanced, ".0.0")
}

// classify is the class of words that quote a reply or describe it. status is what the
// report says beside them. A reply that fails for good counts as permanent only if its own
// code does.
func classify(words, status string, permanent bool) string {
	r := replyIn(words)
	enhanced := r.enhanced
	if isGeneric(enhanced) && !isGeneric(status) || enhanced == "" {
		enhanced = status
	}
	given := r.code
	switch {
	case given != 0:
	case permanent: // whatever its status says, nobody goes on trying
		r.code = 550
	default:
		r.code = 450
	}
	if isGeneric(enhanced) || enhanced[0] != byte('0'+r.code/100) {
		enhanced = "" // Classify finds the one within the text
	}
	class := Classify(r.code, enhanced, withoutCodes(r.text))
	if class == ClassUnknown && given == 0 && strings.HasPrefix(status+r.enhanced, "4.") {
		return Classify(450, status, withoutCodes(r.text))
	}
	return class
}

var repeatedCode = regexp.MustCompile(`(^|\s)[245]\d\d[- ](?:[245]\.\d{1,3}\.\d{1,3}\s)?`)

// withoutCodes takes the codes off the lines of a reply that were folded into one.
func withoutCodes(text string) string {
	return repeatedCode.ReplaceAllString(oneLine(text, maxWords), "$1")
}
