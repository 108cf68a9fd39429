package inbound

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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
	words := wordsOf(tokens(text))
	var signs []Sign
	if machineAddress(l.From.Address) {
		signs = append(signs, Sign{"address of a machine", 4})
	}
	subject := wordsOf(tokens(foreignSubject(clip(l.Subject, 500), clip(sent.Subject, 500))))
	if !answers(l.Subject) {
		signs = appendSigns(signs, "subject: ", subjectRules, subject)
	}
	signs = appendSigns(signs, "", textRules, words)
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
	}
	signs = capped(signs)
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
	if !sent.At.IsZero() && !quotes(l.Text) {
		if fast := hurry(l.Date, sent.At); len(fast) > 0 && fast[0].Weight > 0 {
			signs = append(signs, fast...)
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
		return []Sign{{"answers after hours", -3}}
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
		case isAway, awayFor, isBack, aDate, ofMail:
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

// quotedWriter is the name of whoever wrote the letter that is quoted.
var quotedWriter = regexp.MustCompile(`(?im)(?:^[>\s]*(?:from|от|von|de|od):\s*|\d[,\s]+|\d,? от |")(\p{Lu}\p{L}+) \p{Lu}\p{L}+"?\s*(?:<|\[|wrote|пишет|$)`)

// greets tells whether the first words are the name of somebody that the letter goes to, or
// whose letter it quotes.
func greets(words []token, l *Letter) bool {
	names := map[string]bool{}
	for _, mailbox := range l.To {
		for _, t := range tokens(mailbox.Name) {
			if t.kind == letters && utf8.RuneCountInString(t.text) > 2 {
				names[t.text] = true
			}
		}
	}
	for _, found := range quotedWriter.FindAllStringSubmatch(clip(l.Text, maxReadText), 5) {
		names[small(found[1])] = true
	}
	for _, word := range words[:min(len(words), 5)] {
		if names[word.text] {
			return true
		}
	}
	return false
}

// greeting is a name after a greeting at the start of a text.
var greeting = regexp.MustCompile(`^(?i:здравствуйте|добрый день|доброе утро|добрый вечер|приветствую|привет|уважаемый|уважаемая|доброго дня|hello|hi|hey|dear|good (?:morning|afternoon|day|evening)|guten tag|hallo|liebe[r]?|sehr geehrte[r]? (?:herr|frau)|bonjour|hola|dzień dobry|вітаю)[,!]? (\p{Lu}\p{L}{2,})(?: \p{Lu}\p{L}+)?(?:,|!|\.|\n)`)

// anybody are words that stand where a name may.
var anybody = set("здравствуйте привет приветствую хей хай эй ура доброго коллеги друзья господа отправитель партнеры клиент клиенты все всем ребята товарищи спасибо извините простите внимание уважаемые приветик салам йо " +
	"hello hey all colleagues everyone everybody team sender sir madam customer customers friends folks thanks thank sorry greetings away back closed out gone merci danke hola bonjour absent yes please " +
	"kollegen damen herren kunde kunden urlaub note auto")

// addresses tells whether a text starts with somebody's name, which machines do not know.
func addresses(text string) bool {
	found := greeting.FindStringSubmatch(text)
	return found != nil && !anybody[small(found[1])] && months[small(found[1])] == 0 && weekdays[small(found[1])] == 0
}

// speaksOf tells whether a text has a word of our subject in it, other than of time and absence.
func speaksOf(words []token, subject string) bool {
	ours := map[string]bool{}
	for _, t := range tokens(subject) {
		if t.kind == letters && utf8.RuneCountInString(t.text) >= 5 && months[t.text] == 0 && weekdays[t.text] == 0 && !has([]token{t}, commonRule) {
			ours[stem(t.text)] = true
		}
	}
	for _, word := range words {
		if word.kind == letters && utf8.RuneCountInString(word.text) >= 5 && ours[stem(word.text)] {
			return true
		}
	}
	return false
}

// figures are prices, powers, pressures: what people write of business.
var figures = regexp.MustCompile(`(?i)\d\s*(kw|квт|bar|бар|атм|hrs|м3|куб|mm|мм|°|\$|€|£|руб|тыс|млн|%|psi|hp|cfm|л\.с|литр|liter|litre|gallon|шт|pcs|units)(?:[^\p{L}]|$)|[$€£]\s*\d|\d\s?[xх×]\s?\d`)

// inMarks is what stands in quotation marks, as machines put our subject.
var inMarks = regexp.MustCompile(`«[^»]*»|"[^"\n]*"|“[^”]*”|„[^“”]*[“”]`)

// commonRule are words of subjects that machines say too.
var commonRule = phrases(`
отпуск*|офис*|работ*|вопрос*|письм*|срочн*|заявк*|адрес*|компани*|клиент*|предлож*|пригла*|встреч*|город*|наличи*|склад*|конец|конца|квартал*|цены|цена
vacation|holiday*|office|until|next|week|month|quarter|year|every|service|about|their|there|where|question*|meeting|invitation|reply|email|letter|urgent|contact|shelf|without|after|before`)

func stem(word string) string { return string([]rune(word)[:5]) }

// answers tells whether a subject starts with Re: or the like.
func answers(subject string) bool {
	word, _, ok := strings.Cut(small(subject), ":")
	return ok && answerPrefixes[strings.TrimSpace(word)]
}

// questions tells whether a sentence ends with a question mark, other than "Urgent?".
func questions(words []token) bool {
	for i, word := range words {
		if word.text != "?" {
			continue
		}
		from := i
		for from > 0 && words[from-1].sentence == word.sentence && words[from-1].text != "?" {
			from--
		}
		if i-from > 5 || !has(words[from:i], hurryRule) {
			return true
		}
	}
	return false
}

var hurryRule = phrases(`
срочн*|горит|невтерпеж|помощь|вопрос|вопросы|авария|проблема|проблемы|пожар|нетерпится|дождались|дозвонились|невмоготу|спешите|торопитесь|важно
urgent|hurry|emergency|help|question|questions|problem|problems|fire|burning|rush|wait|important|desperate|stuck|pressing
dringend|eilig|urgence|urgent|prisa|pilne`)

var (
	oneHour   = regexp.MustCompile(`(?i)(^|[^.\d/])\b\d{1,2}(:\d{2}|(:\d{2})?\s?[ap]m)\b`)
	hoursOpen = regexp.MustCompile(`(?i)\d\s*(-|–|—|до|to|till|until|bis)\s*\d{1,2}(:|\.|\s?[ap]m)|hours|часы|режим|график`)
)

// polite are what machines tell people to do.
var polite = set("пишите звоните ждите ищите найдите беспокойте извините простите направляйте адресуйте потерпите подтвердите перейдите позвоните напишите обратите дождитесь учтите имейте " +
	"шлите отправляйте спросите спрашивайте здравствуйте обратитесь обращайтесь хотите можете получите переадресуйте продублируйте попробуйте зарегистрируйте побеспокойте потревожьте воспользуйтесь отвечайте теряйте скучайте считайте")

// commands tells whether an imperative speaks to us in Russian, other than what machines say.
func commands(words []token) bool {
	for _, word := range words {
		if word.kind == letters && len(word.text) > 10 && !polite[word.text] &&
			(strings.HasSuffix(word.text, "йте") || strings.HasSuffix(word.text, "ьте") || strings.HasSuffix(word.text, "ите")) {
			return true
		}
	}
	return false
}

var (
	signature   = regexp.MustCompile(`(?im)^(--\s?|[-_]{3,}|с уважением.*|best regards.*|kind regards.*|regards.*|mit freundlichen.*|cordialement.*)$`)
	phoneNumber = regexp.MustCompile(`(\+\d|\b0|\b8|\()[\d\s()-]{7,}\d|\b555-\d{4}\b|\b\d{3}-\d{2}-\d{2}\b`)
)

// ownText is a text above its signature.
func ownText(text string) string {
	if at := signature.FindStringIndex(text); at != nil && at[0] > 0 {
		return text[:at[0]]
	}
	return text
}

// othersAddress tells whether a text names an address that is neither the writer's nor ours.
func othersAddress(text string, l *Letter) bool {
	for _, found := range email.FindAllString(text, 20) {
		if !known(found, l) {
			return true
		}
	}
	return false
}

// known tells the writer's address, and those that the letter went to.
func known(address string, l *Letter) bool {
	if strings.EqualFold(address, l.From.Address) {
		return true
	}
	for _, to := range l.To {
		if strings.EqualFold(address, to.Address) {
			return true
		}
	}
	return false
}
