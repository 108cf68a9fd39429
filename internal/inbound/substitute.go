package inbound

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSubstitute bounds the words that name a substitute, in characters.
const maxSubstitute = 120

// substitute is whom an absence names instead, as it says it: the sentence with an address, a
// number or a word of standing in, without what leads to them; ” if there is none.
func substitute(text string, l *Letter) string {
	all := tokens(text)
	best, chosen := 1, ""
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].sentence == all[from].sentence {
			to++
		}
		if points := pointsOfSubstitute(text, all[from:to], l); points > best {
			best, chosen = points, withoutLead(text, all[from:to])
		}
		from = to
	}
	return shorten(chosen)
}

var extension = regexp.MustCompile(`(?i)\b(ext|x|tel)\.? ?\d{2,5}\b|(доб|внутр|вн)\.? ?\d[\d-]{1,6}|\(-\d{2,4}\)`)

// pointsOfSubstitute is how likely a sentence names one.
func pointsOfSubstitute(text string, sentence []token, l *Letter) int {
	said := text[sentence[0].start:sentence[len(sentence)-1].end]
	words := wordsOf(sentence)
	points := 0
	others := othersAddress(said, l)
	trigger := has(words, standInRule)
	if others {
		points += 4
	}
	if phoneNumber.MatchString(said) || extension.MatchString(said) {
		points += 2
	}
	if trigger {
		points += 3
	}
	if !others && namesWriter(words, l.From.Name) {
		points -= 4 // a signature
	}
	if has(words, notStandInRule) {
		points -= 3
	}
	if !others && points == 3 && !capital(text, said, words) {
		return 0 // "in urgent cases, wait"
	}
	return points
}

// namesWriter tells whether a word is of the writer's name.
func namesWriter(words []token, name string) bool {
	own := map[string]bool{}
	for _, t := range tokens(name) {
		own[t.text] = t.kind == letters && utf8.RuneCountInString(t.text) > 2
	}
	for _, word := range words {
		if own[word.text] {
			return true
		}
	}
	return false
}

// capital tells whether a name may stand in a sentence: a word with a capital, no "I", day
// or month, that is not its first, or comes before the word of standing in.
func capital(text, said string, words []token) bool {
	for _, w := range words[1:] {
		_, month := months[w.text]
		_, day := weekdays[w.text]
		if !month && !day && utf8.RuneCountInString(w.text) > 1 && upper(text[w.start:]) && !contractionOfI(w.text) {
			return true
		}
	}
	from, _, _ := find(words, standInRule)
	return from > 0 && upper(said) && utf8.RuneCountInString(words[0].text) > 1 && !contractionOfI(words[0].text)
}

// contractionOfI is "I'm" and its kind.
func contractionOfI(word string) bool {
	return strings.HasPrefix(word, "i'") || strings.HasPrefix(word, "i’")
}

func upper(said string) bool {
	r, _ := utf8.DecodeRuneInString(said)
	return unicode.IsUpper(r)
}

// standInRule are words of standing in. What follows the first of them is the answer, if
// anything does that looks like a name, an address or a number.
var standInRule = phrases(`
пишите|писать|звоните|звонить|обращайтесь|обращаться|обратитесь|обращаются|связывайтесь|свяжитесь|адресуйте|направляйте|направлять|шлите|отправляйте|пересылайте|беспокойте|дергайте|тревожьте .. пока|следует|можно|нужно|смело|лучше|прошу|просьба к|ко
пишите|писать|звоните|звонить|обращайтесь|обращаться|обратитесь|свяжитесь|адресуйте|направляйте|направлять|шлите|отправляйте|беспокойте|дергайте|тревожьте на|пока|следует|в|по
пишите|писать|звоните|звонить|обращайтесь|обращаться|обратитесь|свяжитесь|адресуйте|направляйте|направлять|шлите|отправляйте|беспокойте|дергайте|тревожьте
найдите|ищите|спросите|спрашивайте|спрашивать|зовите|наберите|просите|теребите|мучайте
меня|его|ее замещает|заменяет|подменяет|подменит|заменит|заместит
замещает|замещать|замещающий|подменяет|заменяет|исполняет|врио|и.о
вместо|за меня|него|нее
мой|моя заместитель|замещающий|коллега
обязанности .. возложены|переданы|исполняет на
обязанности .. исполняет
ведет|ведут|рассматривает|рассматривают|занимается|занимаются|отвечает|принимает
перешли|перешел|передан|переданы|перейдут|переданы к
по|в|при срочным|срочному|неотложным|экстренным|рабочим|всем|производственным|текущим вопросам|вопросу|делам
по|в срочных|экстренных|неотложных случаях
по работе|делам|вопросам|поставкам|оплате|заявкам к
по вопросам|заявкам
все|всё вопросы .. к
с вопросами к
если срочно|горит|пожар|невтерпеж|совсем
срочное|срочно
за главного|старшего
остается|остался|осталась|остаются за|вместо
на хозяйстве
contact|reach|call|email|mail|phone|ring|text|try|ask|page|write|hit|dial|speak|talk .. out|up|to|for|my|colleague|please
contact|reach|call|email|mail|phone|ring|text|try|ask|page|dial
write|speak|turn to
go|goes|directed|direct|sent|send|forward|refer .. to
covering|cover|covered|cover is|for|by|me
standing|filling in for|is
on behalf
is|are|will be|on .. covering|minding|holding|standing|looking|standby|duty|charge|around
my colleague|colleagues|deputy|assistant|backup|replacement
holds|hold|holding the fort
will|can|may|might|shall help|assist|sort|have|answer|say|handle|take|deal|point|be
does everything
is your man|woman|person|contact
for .. urgent|emergency|emergencies|orders|queries|immediate|parts .. matters|issues|assistance|help|requests
urgent matters|issues|requests|questions|cases
questions of|about|to
in my absence|stead|place
at the .. desk|office
vertretung|vertreter|vertreterin|vertritt
wenden .. an
hilft|helfen|übernimmt|kollege|kollegin
en cas d'urgence|urgent
prend|assure le|la relais|remplacement
contacter|contactez|adressez|voir
contactar|contacte|dirigirse|dirija|diríjase .. con|a
para .. urgentes|urgencias|urgente
kontakt|kontaktować|zastępuje|zastępstwo .. z|się
proszę .. kontakt
w pilnych|sprawach
заміщає|замінює|звертайтесь|звертайтеся|пишіть
als het brandt
mijn collega`)

// notStandInRule are sentences about no substitute.
var notStandInRule = phrases(`
не звонить|звоните|пишите|беспокойте|ищите|дергайте
подтвердите|перейдите|ссылке
до встречи
unsubscribe|confirm|click|deliver*
don't|not call|write|email|contact
opening|hours|час*
свяж*|ответим|отвечу
© ооо|ao|llc`)

// withoutLead is a sentence without the words that lead to a name.
func withoutLead(text string, sentence []token) string {
	end := sentence[len(sentence)-1].end
	said := text[sentence[0].start:end]
	words := wordsOf(sentence)
	for skip := 0; ; {
		from, to, ok := find(words[skip:], standInRule)
		if !ok || skip+to >= len(words) || skip == 0 && from > 0 && from <= 3 && upper(said) && !slices.Contains(openers, words[0].text) {
			break // "Ann Lee covers for me"
		}
		rest := text[words[skip+to].start:end]
		if !looksLikeName(rest) {
			break
		}
		said = rest
		skip += to
	}
	said = strings.TrimRight(strings.TrimLeft(said, " -–—:,;•*"), " .!;,")
	if word, rest, more := strings.Cut(said, " "); more && slices.Contains(leads, strings.ToLower(word)) {
		said = rest
	}
	if open := strings.Count(said, "("); open > strings.Count(said, ")") {
		said += ")"
	}
	return strings.Join(strings.Fields(said), " ")
}

// leads are prepositions that stand before a name and are none of it.
var leads = []string{"к", "ко", "с", "со", "to", "with", "an", "à", "z"}

// openers begin a sentence and are no name.
var openers = []string{"in", "for", "if", "please", "should", "until", "during", "по", "в", "при", "если", "на", "пока", "во", "с", "für", "bei", "pour", "para", "w"}

// looksLikeName tells whether a rest of a sentence has a capital letter, an address or a number.
func looksLikeName(rest string) bool {
	for _, r := range rest {
		if unicode.IsUpper(r) || unicode.IsDigit(r) || r == '@' {
			return true
		}
	}
	return false
}

// shorten cuts the words to the limit, keeping an address in them.
func shorten(said string) string {
	if utf8.RuneCountInString(said) <= maxSubstitute {
		return said
	}
	if at := email.FindStringIndex(said); at != nil {
		before := []rune(said[:at[1]])
		if len(before) > maxSubstitute {
			before = before[len(before)-maxSubstitute:]
			if cut := strings.IndexByte(string(before), ' '); cut >= 0 && cut < len(string(before))-1 {
				return strings.TrimSpace(string(before)[cut:])
			}
		}
		return string(before)
	}
	short := string([]rune(said)[:maxSubstitute])
	if cut := strings.LastIndexByte(short, ' '); cut > 0 {
		short = short[:cut]
	}
	return strings.TrimRight(short, " ,;–-")
}
