package inbound

import (
	"strings"
	"time"
)

// months are the names of months, their cases and short forms: Russian, English, German,
// French, Spanish, Italian, Polish, Ukrainian, Kazakh and some
// of their neighbours.
var months = names(`
январь января ocak január ianuarie januára siječnja januari ledna janeiro tammikuuta январе янв january jan januar jänner janvier enero gennaio stycznia styczeń січня қаңтар қаңтарға қаңтарда
февраль февраля şubat február februarie februára februari února fevereiro helmikuuta феврале фев февр february feb februar février fevrier febrero febbraio lutego luty лютого ақпан ақпанға ақпанда
март марта március martie marts ožujka marca maart března março maaliskuuta марте мар march mar märz maerz mars marzo marca marzec березня наурыз наурызға наурызда
апрель апреля nisan április aprilie travnja apríla dubna huhtikuuta апреле апр april apr avril abril aprile kwietnia kwiecień квітня сәуір сәуірге сәуірде
май мая mayıs május mai svibnja mája mei maj května maio toukokuuta мае may mai mayo maggio maja травня мамыр мамырға мамырда
июнь июня haziran június iunie lipnja júna kesäkuun června junho kesäkuuta июне июн june jun juni juin junio giugno czerwca czerwiec червня маусым маусымға маусымда
июль июля temmuz július iulie srpnja júla heinäkuun července julho heinäkuuta июле июл july jul juli juillet julio luglio lipca lipiec липня шілде шілдеге шілдеде
август августа ağustos augusztus kolovoza augusta elokuun augusti augustus srpna elokuuta августе авг august aug août aout agosto sierpnia sierpień серпня тамыз тамызға тамызда
сентябрь сентября eylül szeptember septembrie rujna septembra září setembro syyskuuta сентябре сен сент september sep sept septembre septiembre settembre września wrzesień вересня қыркүйек қыркүйекке қыркүйекте
октябрь октября ekim október octombrie října októbra října outubro lokakuuta октябре окт october oct oktober okt octobre octubre ottobre października październik жовтня қазан қазанға қазанда
ноябрь ноября kasım november noiembrie novembra listopadu novembro marraskuuta ноябре ноя нояб november nov novembre noviembre listopada listopad листопада қараша қарашаға қарашада
декабрь декабря aralık december decembrie prosince decembra prosince dezembro joulukuuta декабре дек december dec dezember dez décembre decembre diciembre dicembre grudnia grudzień грудня желтоқсан желтоқсанге желтоқсанде`)

// weekdays are the names of weekdays from Monday. Plurals ("on Mondays", "по вторникам") are habits, no dates.
var weekdays = names(`
понедельник понедельника maandag måndag mandag pondělí segunda понедельнике понедельнику пн monday mon montag lundi lunes lunedì poniedziałek poniedziałku poniedziałka понеділок понеділка дүйсенбі дүйсенбіде
вторник вторника dinsdag tisdag tirsdag úterý terça вторнике вторнику вт tuesday tue tues dienstag mardi martes martedì wtorek wtorku вівторок вівторка сейсенбі
среда среду woensdag onsdag středa středu quarta среды среде ср wednesday wed mittwoch mercredi miércoles miercoles mercoledì środa środę środy середа середу середи сәрсенбі
четверг четверга donderdag torsdag čtvrtek quinta четверге четвергу чт thursday thu thur thurs donnerstag jeudi jueves giovedì czwartek czwartku четвер бейсенбі
пятница пятницу vrijdag fredag pátek sexta пятницы пятнице пт friday fri freitag vendredi viernes venerdì piątek piątku п'ятниця п'ятницю п'ятниці жұма
суббота субботу zaterdag lördag lørdag субботы субботе сб saturday samstag samedi sábado sabato sobota sobotę soboty субота суботу суботи сенбі
воскресенье воскресенья zondag söndag søndag воскресенью вс sunday sonntag dimanche domingo domenica niedziela niedzielę niedzieli неділя неділю неділі жексенбі`)

// names numbers the lines from 1.
func names(lines string) map[string]int {
	all := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		for word := range set(line) {
			all[small(word)] = i + 1
		}
	}
	return all
}

// ordinals are days of a month in words.
var ordinals = ordinalWords()

func ordinalWords() map[string]int {
	all := map[string]int{
		"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
		"thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
		"ersten": 1, "erster": 1, "premier": 1,
	}
	stems := strings.Fields("перв втор треть четверт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат шестнадцат семнадцат восемнадцат девятнадцат двадцат")
	for i, stem := range stems {
		for _, end := range []string{"ого", "его", "ое", "ье", "ому", "ему"} {
			all[stem+end] = i + 1
		}
	}
	for _, end := range []string{"ого", "ое", "ому"} {
		all["тридцат"+end] = 30
	}
	return all
}

// tens come before an ordinal: "двадцать первого", "twenty first".
var tens = map[string]int{"двадцать": 20, "тридцать": 30, "twenty": 20, "thirty": 30}

// amounts are numbers in words, as they count days and weeks.
var amounts = map[string]int{
	"один": 1, "одну": 1, "одного": 1, "пару": 2, "два": 2, "две": 2, "двух": 2, "три": 3, "трех": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7, "восемь": 8, "девять": 9, "десять": 10,
	"a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "fourteen": 14,
	"einer": 1, "eine": 1, "zwei": 2, "drei": 3, "vier": 4, "une": 1, "deux": 2, "trois": 3, "una": 1, "dos": 2, "tres": 3, "dwa": 2, "trzy": 3,
}

type unit int

const (
	day unit = iota + 1
	workday
	week
	fortnight
	month
)

// units are what amounts count.
var units = map[string]unit{
	"день": day, "дня": day, "дней": day, "сутки": day, "суток": day, "day": day, "days": day, "tag": day, "tage": day, "tagen": day, "jour": day, "jours": day, "día": day, "días": day, "dni": day, "днів": day, "дні": day,
	"неделю": week, "неделя": week, "недели": week, "недель": week, "недельку": week, "week": week, "weeks": week, "woche": week, "wochen": week, "semaine": week, "semaines": week, "semana": week, "semanas": week,
	"tydzień": week, "tygodnie": week, "tygodni": week, "тиждень": week, "тижні": week, "тижнів": week, "fortnight": fortnight,
	"месяц": month, "месяца": month, "месяцев": month, "month": month, "months": month, "monat": month, "monate": month, "monaten": month, "mois": month, "mes": month, "miesiąc": month, "місяць": month,
}

// add is the date after an amount of units.
func (u unit) add(date time.Time, n int) time.Time {
	switch u {
	case workday:
		for n > 0 {
			date = date.AddDate(0, 0, 1)
			if weekday := date.Weekday(); weekday != time.Saturday && weekday != time.Sunday {
				n--
			}
		}
		return date
	case week:
		return date.AddDate(0, 0, 7*n)
	case fortnight:
		return date.AddDate(0, 0, 14*n)
	case month:
		return date.AddDate(0, n, 0)
	}
	return date.AddDate(0, 0, n)
}
