package inbound

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

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

// attaches tells whether a letter has a document with it. Signatures have pictures, and
// calendars and cards come by themselves.
func attaches(l *Letter) bool {
	for _, part := range l.Parts {
		switch kind, _, _ := strings.Cut(part.Type, "/"); {
		case part.Type == "application/pdf", part.Type == "application/zip", strings.HasPrefix(part.Type, "application/vnd."), part.Type == "application/msword", part.Type == "application/octet-stream":
			return true
		case kind == "audio", kind == "video":
			return true
		}
	}
	return false
}

// questionMark ends questions. "Is this a robot?" is asked of us.
var questionMark = phrases(`?`)

// elsewhereRule are words right after the name of somebody who is away.
var elsewhereRule = regexp.MustCompile(`(?m)(?:^|[.!?,:;]\s+|наш[аи]? [\p{Ll} ]{0,30}|(?i:our|my) [\p{Ll} ]{0,30})(\p{Lu}\p{L}+)(?: \p{Lu}\p{L}+)? (?:is|will be|сейчас|пока|тоже|уже)? ?(?:on (?:holiday|vacation|leave|maternity)|away|out of|off|travelling|traveling|sick|в отпуске|в командировке|на больничном|в отъезде|болеет|в декрете|уш(?:ёл|ел|ла) в|уехала?)(?:\P{L}|$)`)

// heIsAway is an absence of whoever is not named.
var heIsAway = phrases(`
он|она|они .. в|на отпуске|командировке|больничном|отъезде|выезде|обучении
он|она .. болеет|уехал|уехала|вернется
he|she|they .. is|are|he's|she's|they're .. away|out|off|on|travelling|traveling|back
he's|she's .. away|out|off|on|back
when he|she`)

// elsewhere tells whether a text says that somebody is away who is not its writer. Machines say
// so too of who has set them up, whose name is the sender's then.
func elsewhere(text string, l *Letter) bool {
	own := " " + small(l.From.Name) + " " + small(l.From.Address)
	named := false
	for _, found := range elsewhereRule.FindAllStringSubmatch(clip(text, maxAnswerText), 5) {
		name := small(found[1])
		if strings.Contains(own, name) {
			return false
		}
		named = named || !anybody[name] && !notNames[name]
	}
	return named || has(wordsOf(tokens(text)), heIsAway)
}

// notNames are words with a capital at the start of a sentence before an absence.
var notNames = set("я мы мне нахожусь сейчас пока уже сотрудник данный этот the i i'm we this our office he she it who am currently still everyone nobody team all half long now он она ушел ушла")

// leftFirm is who has left what has a name.
var leftFirm = regexp.MustCompile(`(?:^|[.!?]\s+)(?:I have|I've|[\p{Lu}][\p{L} ]+ has) left \p{Lu}`)
