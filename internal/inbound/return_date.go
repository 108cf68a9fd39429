package inbound

import (
	"strings"
	"time"
)

// maxAbsence is how far ahead a return date may be.
const maxAbsence = 180

var untilWords = set("до по until till til untill thru through bis jusqu'au jusqu'à jusqu'en hasta do fino al to дейін")

var sinceWords = set("с со from since starting beginning ab vom von seit du depuis desde del od від з начиная")

// backWords say in a sentence that somebody is there again.
var backWords = phrases(`
i'll|we'll be
верн*|возвращ*|возврат*|выйд*|выхожу|выходим|выходит|появл*|приеду|приезжаю|приедет|приступ*
выход* на|с
дата выхода|возвращения|возврата
выход #
буду|будем|будет|быть|окажусь .. на|в|с|доступ*|связи
буду|будем
на|в связи|месте|работе|офисе|строю|проходной|сети|рабочем
снова|опять|обратно
отвеч*|отпишусь|прочту|прочита*|разбер*|свяж*|перезвон*|посмотр*|займ*
ответ|ответы|ответим
жд*|ждем вас
работаем|работа*|открыт*|откроемся|возобнов*
доступ* с
встретимся|увидимся|продолжим
back|return*|returning|reopen*|resume*|rejoin|reachable|available|respond*|reply|replies|answer*|read|reading|recommence*|again|restart*
open on|from|again
in the|my office on|from|again
at my desk
hear|pick|begin|begins|start|starts|earliest|opens|docking|landing|yours
home on|the|#
in on|for
first day
kehre|kehren
terug|tilbake|tilbage|tillbaka|zpět|takaisin
до встречи
к вам|работе|делам
wieder|zurück|erreichbar|antworte*|rückkehr
retour|rentre*|reviens|reviendrai|reprise|répondrai|revenir|rentrerai
vuelvo|regreso|volver*|regresar*|vuelta|reincorpor*|volvemos
wrac*|wróc*|powrot*|powrót|będę
поверн*|повертаюсь|буду|вихожу|відповім
орал*|келемін|боламын
torno|rientro|tornerò|disponibile`)

// awayWords say in a sentence that somebody is not there.
var awayWords = phrases(`
отпуск*|отсутств*|командиров*|больничн*|декрет*|отгул*|каникул*|выходн*|праздн*|отдых*|загор*|гуля*|рыбалк*|санатор*|сбор*|учеб*|обучен*|сесси*
болею|заболел*|приболел*|лечусь|лечен*|операци*
меня|нас|его|ее не будет|буде|было
меня|нас нет
не на|в работе|офисе|месте|связи|сети
недоступ*|закрыт*|уехал*|уезжаю|улет*|ушел|ушла|ухожу|в разъезд*
на выставк*|конференц*|море|даче|объект*|вахт*|форум*|семинар*|стажиров*|практик*
не работа*|смогу|могу
vacation|holiday*|leave|away|absent|absence|ooo|pto|travel*|traveling|sabbatical|closed|close|closes|closing|shut|shutdown|off|sick|fishing|honeymoon|offline|unavailable
out of the|my office
out of office
out until|till|from|of|on|today|the|for|this
at|on|in a|the .. fair|show|conference|expo|exhibition|congress|sea|course|tour|cabin
on site|course|tour|retreat|duty|call|strike|shift
at sea
in court
down for
gone
stocktaking|vacationing|weekend
nie ma
vakantie|verlof|semester|ferie
not in|at the|my office|desk
limited|no access
urlaub*|abwesend|abwesenheit|büro|dienstreise|krank|geschlossen|betriebsferien|ferien
congé*|congés|absent*|vacances|déplacement|fermé|bureau
vacaciones|ausente|oficina|fuera|cerrado|baja
urlop*|nieobecn*|biurze|delegacji|zwolnieni*
відпустц*|відсутн*|відряджен*|лікарнян*
демалыс*|іссапар*
ferie|assente|ufficio`)

// otherWords are of dates that are nobody's return.
var otherWords = phrases(`
акци*|скидк*|договор*|лицензи*|регистрац*|выпуск*|действ*|действует|прайс*|тариф*|тендер*|заявки принимаем
стенд*|посетите|приглаша*|ждем вас на
вх|исх|№
сертификат*|основан*|осн|вакансии|вакансия|конкурс|аукцион
discount|offer|promotion|booth|stand|hall|fair|expo|summit|webinar|conference|register|registration|valid|invoice|contract|license|since|founded|established|copyright|deadline|order|orders|price|prices|application|applications|vacancy|vacancies|tender|tenders|submissions|quotations
visit|meet|join|see us at
messe|halle|angebot|rabatt`)

// returnDate is the date that an absence ends at, as its text and the words of its subject
// say it: of several the latest. It is after the day of writing, and at most maxAbsence
// days; zero if there is none. It is midnight in the zone of whoever wrote. It is sure if
// a word says so, and else only a date of an absence.
func returnDate(text string, written time.Time) (date time.Time, sure bool) {
	if written.Year() < 2000 || written.Year() > 2200 {
		return time.Time{}, false
	}
	all := tokens(text)
	sentences := map[int][]token{}
	for _, word := range wordsOf(all) {
		sentences[word.sentence] = append(sentences[word.sentence], word)
	}
	found := mentions(all, written)
	now := midnight(written)
	best, end := 0, time.Time{}
	for i, m := range found {
		if !m.date.After(now) || m.date.After(now.AddDate(0, 0, maxAbsence)) {
			continue
		}
		rank := m.rank(all, sentences[all[m.from].sentence], i+1 < len(found) && ends(all, m, found[i+1]))
		if rank > 0 && m.date.After(end) && !m.date.After(end.AddDate(0, 0, 4)) {
			rank = max(rank, best) // "until Friday 10 July; on Monday 13 July …"
		}
		if rank > best || rank == best && rank > 0 && m.date.After(date) {
			best, date = rank, m.date
		}
		if rank > 1 {
			end = m.date
		}
	}
	return date, best > 1
}

// ends tells whether the next date is the end of a range that starts with m.
func ends(all []token, m, next mention) bool {
	if all[m.from].sentence != all[next.from].sentence || next.from-m.to > 4 {
		return false
	}
	for i := m.to; i <= next.from && i < len(all); i++ {
		if joins[all[i].text] && all[i].kind != number {
			return true
		}
	}
	return false
}

// rank is how sure it is that a date is a return: 3 with a word of returning or the end of an
// absence, 2 for an end without one, 1 for a date that may be one, 0 for a start or another date.
func (m mention) rank(all []token, sentence []token, starts bool) int {
	if starts {
		return 0
	}
	back, away, other := has(sentence, backWords), has(sentence, awayWords), has(sentence, otherWords)
	before := m.before(all)
	if other && !away && !has(sentence, surelyBack) {
		return 0
	}
	switch {
	case deadlineWords[before] && !has(sentence, surelyBack):
		return 0
	case m.span && !untilWords[before]:
		if back || away {
			return 1
		}
		return 0
	case untilWords[before] && (away || back):
		return 3
	case sinceWords[before]:
		if (back || !m.away(all)) && !(away && m.away(all)) {
			return 3
		}
		return 0
	case back:
		return 3
	case untilWords[before] || before == "-" || before == "–" || before == "—":
		return 2
	case other:
		return 0
	}
	return 1
}

// deadlineWords come before dates until which something is promised.
var deadlineWords = set("by к ко позднее later")

var surelyBack = phrases(`
верн*|возвращ*|выхожу|выйду|буду|будем
back|return*|zurück`)

// before is the word before a date, past weekdays, articles and marks other than dashes.
func (m mention) before(all []token) string {
	for i := m.from - 1; i >= 0 && i >= m.from-4; i-- {
		switch text := all[i].text; {
		case text == "-" || text == "–" || text == "—":
			return text
		case all[i].kind == mark, weekdays[text] > 0:
		case strings.Contains(" the on week конца конец до и including einschließlich einschl включно incl inkl zum dem den le el am утра вечера середины начала ", " "+text+" ") && text != "до":
		default:
			return text
		}
	}
	return ""
}

// away tells whether the words right after a date are of an absence: "с 5 июля в отпуске".
func (m mention) away(all []token) bool {
	after := wordsOf(all[m.to:min(len(all), m.to+6)])
	from, _, ok := find(after, awayWords)
	_, backAt, isBack := find(after, backWords)
	return ok && (!isBack || from < backAt)
}
