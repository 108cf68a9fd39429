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
	if bulky(l) {
		signs = append(signs, Sign{asBulk, 3})
	}
	if !answers(l.Subject) || sent.Subject != "" {
		signs = appendSigns(signs, "subject: ", subjectRules, subject)
	}
	said := without(words, questionMark)
	signs = appendSigns(signs, "", machineRules[:1], said)
	signs = appendSigns(signs, "", machineRules[1:], words)
	signs = appendSigns(signs, "", moreOfMachines[:1], said)
	signs = appendSigns(signs, "", moreOfMachines[1:], words)
	spoken := without(words, otherwise)
	signs = appendSigns(signs, "", peopleRules, spoken)
	signs = appendSigns(signs, "", moreOfPeople, spoken)
	switch optOut(text) {
	case PlainOptOut:
		signs = append(signs, Sign{"asks to be left alone", -6})
	case LikelyOptOut:
		signs = append(signs, Sign{"may ask to be left alone", -2})
	}
	if attaches(l) {
		signs = append(signs, Sign{"attaches a document", -3})
	}
	if leftFirm.MatchString(text) {
		signs = append(signs, Sign{"has left", 6})
	}
	if elsewhere(text, l) {
		signs = append(signs, Sign{"says that somebody else is away", -5})
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
	if commands(spoken) {
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
		signs = append(signs, Sign{somebodysAddress, 2})
	case phoneNumber.MatchString(own):
		signs = append(signs, Sign{"a phone number", 1})
	case substitute(own, l) != "":
		signs = append(signs, Sign{"somebody else's name", 1})
	}
	signs = capped(signs)
	person := slices.ContainsFunc(signs, func(s Sign) bool { return s.Weight <= -3 })
	surely := slices.ContainsFunc(signs, func(s Sign) bool { return s.Weight <= -4 })
	quoting, written := quotes(l.Text), sent.At
	if quoting {
		signs = append(signs, Sign{"quotes a letter", -3})
		written = quotedAt(l.Text, l.Date)
	}
	if sign := hurry(l.Date, written); sign.Weight < 0 || sign.Weight > 0 && !surely {
		signs = append(signs, sign)
	}
	if !quoting && !person {
		signs = append(signs, Sign{"quotes nothing", 2})
		if len(subject) > 0 && !answers(l.Subject) {
			signs = append(signs, Sign{"another subject", 2})
		}
	}
	return signs
}

// hurry is the sign of how soon an answer came: machines take no minutes, people hours.
func hurry(answered, written time.Time) Sign {
	took := answered.Sub(written)
	switch {
	case written.IsZero() || answered.IsZero() || took < -2*time.Minute:
	case took < 4*time.Minute:
		return Sign{atOnce, atOnceWeight}
	case took > time.Hour:
		return Sign{"answers after hours", -6}
	}
	return Sign{}
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
		sign := Sign{prefix + r.name, r.weight}
		if !slices.Contains(signs, sign) && has(words, r.said) {
			signs = append(signs, sign)
		}
	}
	return signs
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
		for _, t := range slices.Backward(tokens(subject)) {
			if t.kind == letters && known[t.text] {
				subject = subject[:t.start] + subject[t.end:] // what is left keeps its dates whole
			}
		}
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
