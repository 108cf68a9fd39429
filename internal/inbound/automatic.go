package inbound

import (
	"slices"
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
	if meets(l) {
		return []Sign{{"an invitation", -100}}
	}
	text := clip(newText(l.Text), maxAnswerText)
	words := wordsOf(tokens(text))
	var signs []Sign
	if machineAddress(l.From.Address) {
		signs = append(signs, Sign{"address of a machine", 4})
	}
	subject := wordsOf(tokens(foreignSubject(clip(l.Subject, 500), clip(sent.Subject, 500))))
	if !answers(l.Subject) {
		signs = appendSigns(signs, "subject: ", subjectRules, subject)
	}
	signs = appendSigns(signs, "", machineRules, words)
	signs = appendSigns(signs, "", peopleRules, words)
	switch optOut(text) {
	case PlainOptOut:
		signs = append(signs, Sign{"asks to be left alone", -6})
	case LikelyOptOut:
		signs = append(signs, Sign{"may ask to be left alone", -2})
	}
	if greets(words, l) {
		signs = append(signs, Sign{"calls us by name", -4})
	}
	if addresses(text) {
		signs = append(signs, Sign{"calls somebody by name", -4})
	}
	if speaksOf(wordsOf(tokens(inMarks.ReplaceAllString(text, " "))), clip(sent.Subject, 500)) {
		signs = append(signs, Sign{"speaks of our letter", -2})
	}
	if questions(words) {
		signs = append(signs, Sign{"asks a question", -4})
	}
	if oneHour.MatchString(text) && !hoursOpen.MatchString(text) {
		signs = append(signs, Sign{"names an hour", -2})
	}
	if figures.MatchString(text) {
		signs = append(signs, Sign{"names figures", -2})
	}
	if commands(words) {
		signs = append(signs, Sign{"tells us to do something, it seems", -2})
	}
	switch date, sure := returnDate(text, l.Date); {
	case sure:
		signs = append(signs, Sign{aDate, 2})
	case !date.IsZero():
		signs = append(signs, Sign{"a date ahead", 1})
	}
	switch own := ownText(text); {
	case othersAddress(own, l):
		signs = append(signs, Sign{"an address of somebody else", 2})
	case phoneNumber.MatchString(own):
		signs = append(signs, Sign{"a phone number", 1})
	case substitute(own, l) != "":
		signs = append(signs, Sign{"somebody else's name", 1})
	}
	signs = capped(signs)
	if !quotes(l.Text) {
		signs = append(signs, hurry(l.Date, sent.At)...)
	}
	switch {
	case quotes(l.Text):
		signs = append(signs, Sign{"quotes a letter", -3})
		signs = append(signs, hurry(l.Date, quotedAt(l.Text, l.Date))...)
	case !slices.ContainsFunc(signs, func(s Sign) bool { return s.Weight < -2 }):
		signs = append(signs, Sign{"quotes nothing", 2})
		if len(subject) > 0 && !answers(l.Subject) {
			signs = append(signs, Sign{"another subject", 2})
		}
	}
	return signs
}

// hurry is the sign of how soon an answer came: machines take no minutes, people hours.
func hurry(answered, written time.Time) []Sign {
	took := answered.Sub(written)
	switch {
	case written.IsZero() || answered.IsZero() || took < -2*time.Minute:
	case took < 4*time.Minute:
		return []Sign{{"answers at once", 4}}
	case took > time.Hour:
		return []Sign{{"answers after hours", -6}}
	}
	return nil
}

// maxAwayWeight bounds what words of absence weigh together, since people who speak of
// theirs use all of them.
const maxAwayWeight = 6

// capped bounds the weights of the signs of absence.
func capped(signs []Sign) []Sign {
	sum := 0
	for i, sign := range signs {
		switch sign.Name {
		case subjectAway, isAway, awayFor, isBack, aDate, ofMail:
			signs[i].Weight = min(sign.Weight, maxAwayWeight-sum)
			sum += signs[i].Weight
		}
	}
	return slices.DeleteFunc(signs, func(s Sign) bool { return s.Weight == 0 })
}

func appendSigns(signs []Sign, prefix string, rules []answerRule, words []token) []Sign {
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

// answers tells whether a subject starts with Re: or the like.
func answers(subject string) bool {
	word, _, ok := strings.Cut(small(subject), ":")
	return ok && answerPrefixes[strings.TrimSpace(word)]
}
