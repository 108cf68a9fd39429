package inbound

import (
	"strings"
	"time"
)

// Sign is one reason to think that a machine (weight above zero) or a person (below) wrote a letter.
type Sign struct {
	Name   string
	Weight int
}

// enoughForAutomatic is the sum of weights from which an answer counts as automatic.
const enoughForAutomatic = 3

// Signs are the reasons that were found in an answer, for people who want to know why it
// counts as automatic or not.
func Signs(l *Letter, sent Sent) []Sign {
	if name := automaticHeader(l); name != "" {
		return []Sign{{"header " + name, 100}}
	}
	text := clip(newText(l.Text), maxAnswerText)
	all := tokens(text)
	words := spoken(all)
	var signs []Sign
	if machineAddress(l.From.Address) {
		signs = append(signs, Sign{"address of a machine", 4})
	}
	subject := spoken(tokens(foreignSubject(l.Subject, sent.Subject)))
	signs = appendSigns(signs, "subject: ", subjectRules, subject)
	signs = appendSigns(signs, "", textRules, words)
	if quotes(l.Text) {
		signs = append(signs, Sign{"quotes a letter", -5})
	}
	if greets(words, l.To) {
		signs = append(signs, Sign{"calls us by name", -4})
	}
	if returns(all, words, l.Date) {
		signs = append(signs, Sign{"a date of return", 2})
	}
	return signs
}

func appendSigns(signs []Sign, prefix string, rules []rules, words []token) []Sign {
	for _, r := range rules {
		if has(words, r.said) {
			signs = append(signs, Sign{prefix + r.name, r.weight})
		}
	}
	return signs
}

// automatic tells whether a machine wrote an answer.
func automatic(l *Letter, sent Sent) bool {
	sum := 0
	for _, sign := range Signs(l, sent) {
		sum += sign.Weight
	}
	return sum >= enoughForAutomatic
}

// machineAddress tells addresses that nobody reads or writes by hand.
func machineAddress(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	local = strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	for _, stem := range []string{"noreply", "donotreply", "mailerdaemon", "postmaster", "autobot", "autoreply", "autoresponder", "nereply", "bounce"} {
		if strings.HasPrefix(local, stem) {
			return true
		}
	}
	return strings.HasSuffix(local, "noreply")
}

var answerPrefixes = set("re fw fwd aw wg ha sv vs antw rv tr odp pd ответ отв на нa пересл переслано ref res")

// foreignSubject is what a subject says that ours did not: without Re: and without our words.
func foreignSubject(subject, ours string) string {
	if ours == "" {
		if word, _, ok := strings.Cut(small(subject), ":"); ok && answerPrefixes[strings.TrimSpace(word)] {
			return ""
		}
		return subject
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	subject, ours = squeeze(subject), squeeze(ours)
	if at := strings.Index(strings.ToLower(subject), strings.ToLower(ours)); at >= 0 && at+len(ours) <= len(subject) {
		subject = subject[:at] + " " + subject[at+len(ours):]
	} else {
		known := map[string]bool{}
		for _, t := range tokens(ours) {
			known[t.text] = true
		}
		var left []string
		for _, t := range tokens(subject) {
			if !known[t.text] {
				left = append(left, t.text)
			}
		}
		subject = strings.Join(left, " ")
	}
	for {
		subject = strings.TrimLeft(subject, " :-–")
		word, rest, ok := strings.Cut(subject, ":")
		if !ok {
			word, rest, ok = strings.Cut(subject, " ")
		}
		if word = small(strings.TrimSpace(word)); !answerPrefixes[word] {
			return subject
		} else if !ok {
			return ""
		}
		subject = rest
	}
}

// greets tells whether the first words are the name of somebody that the letter goes to.
func greets(words []token, to []Mailbox) bool {
	names := map[string]bool{}
	for _, mailbox := range to {
		for _, t := range tokens(mailbox.Name) {
			if t.kind == letters && len(t.text) > 3 {
				names[t.text] = true
			}
		}
	}
	for _, word := range words[:min(len(words), 5)] {
		if names[word.text] {
			return true
		}
	}
	return false
}

// returns tells whether a sentence says on which date somebody is back.
func returns(all, words []token, written time.Time) bool {
	if written.IsZero() {
		return false
	}
	sentences := map[int][]token{}
	for _, word := range words {
		sentences[word.sentence] = append(sentences[word.sentence], word)
	}
	for _, m := range mentions(all, written) {
		sentence := sentences[all[m.from].sentence]
		if m.date.After(midnight(written)) && (has(sentence, surelyBack) || has(sentence, awayWords)) {
			return true
		}
	}
	return false
}
