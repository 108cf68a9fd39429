package inbound

import "time"

var (
	nextWords  = set("next следующий следующего следующей следующую следующем следующая nächste nächsten nächster nächstes kommenden kommende prochaine prochain próxima próximo przyszły przyszłym przyszłego наступного наступний наступну")
	eachWords  = set("every each каждый каждую каждое jeden chaque cada кожен кожну all по")
	endWords   = set("конца конец концу конце end ende fin finales końca koniec кінця кінець")
	midWords   = set("середины середине середину mid middle mitte mi mediados połowy середини")
	startWords = set("начала начале началу beginning start early anfang début principios początku початку")
	inWords    = set("через in after спустя dans za en через after")
	spanWords  = set("на for еще ближайшие ближайшую следующие следующую next für pour por na")
	smallWords = set("of the this этой этого текущей текущего в on der des diesen dieser dieses de la du am late")
)

// vague reads "end of the month", "до конца июля", "mid-June", "early September".
func (d *dateReader) vague(i int) int {
	which := d.word(i)
	end, mid, start := endWords[which], midWords[which], startWords[which]
	if !end && !mid && !start {
		return 0
	}
	j, further := i+1, 0
	for smallWords[d.word(j)] || d.word(j) == "-" && d.glued(j) {
		j++
	}
	if nextWords[d.word(j)] {
		further = 1
		j++
	}
	year, mon := d.base.Year(), int(d.base.Month())
	switch what := d.word(j); {
	case months[what] > 0:
		date, ok := d.on(0, months[what], map[bool]int{true: 15, false: 1}[mid])
		if end {
			at, _ := d.on(0, months[what], 1)
			if months[what] == mon { // this month's end is still ahead
				at = time.Date(year, d.base.Month(), 1, 0, 0, 0, 0, d.base.Location())
			}
			date, ok = at.AddDate(0, 1, -1), true
		}
		if !ok {
			return 0
		}
		return d.add(date, i, j+1, true, true)
	case units[what] == week || what == "woche":
		monday := d.base.AddDate(0, 0, -(int(d.base.Weekday())+6)%7+7*further)
		offset := 4
		if mid {
			offset = 2
		} else if start {
			offset = 0
			if further == 0 {
				offset = 7
			}
		}
		return d.add(monday.AddDate(0, 0, offset), i, j+1, false, true)
	case units[what] == month || what == "monats" || what == "mes":
		first := time.Date(year, time.Month(mon+further), 1, 0, 0, 0, 0, d.base.Location())
		switch {
		case end:
			return d.add(first.AddDate(0, 1, -1), i, j+1, false, true)
		case mid:
			return d.add(first.AddDate(0, 0, 14), i, j+1, false, true)
		}
		if further == 0 {
			first = first.AddDate(0, 1, 0)
		}
		return d.add(first, i, j+1, false, true)
	case end && (what == "года" || what == "year" || what == "jahres" || what == "año" || what == "roku"):
		return d.add(time.Date(year+further, 12, 31, 0, 0, 0, 0, d.base.Location()), i, j+1, false, true)
	case end && (what == "квартала" || what == "quarter"):
		return d.add(time.Date(year, time.Month((mon-1)/3*3+4), 0, 0, 0, 0, 0, d.base.Location()), i, j+1, false, true)
	}
	return 0
}

// amountAt reads an amount of units at i ("две недели", "10 working days", "a week"); without a number it is one.
func (d *dateReader) amountAt(i int) (n int, u unit, to int) {
	if d.word(i) == "a" && d.word(i+1) == "couple" {
		i++
	}
	n = amounts[d.word(i)]
	if m := d.num(i, 1, 2); m > 0 {
		n = m
	}
	j := i
	if n > 0 {
		j++
	}
	working := false
	switch d.word(j) {
	case "of", "целую", "целых":
		j++
	case "working", "business", "рабочих", "рабочий", "рабочего":
		working = true
		j++
	}
	u = units[d.word(j)]
	if u == 0 {
		return 0, 0, 0
	}
	if u == day && working {
		u = workday
	}
	return n, u, j + 1
}

// later reads "через неделю", "in two weeks", "tomorrow", "next week", "next month".
func (d *dateReader) later(i int) int {
	switch word := d.word(i); {
	case word == "завтра" || word == "tomorrow" || word == "morgen" || word == "demain" || word == "mañana" || word == "jutro":
		return d.add(d.base.AddDate(0, 0, 1), i, i+1, false, false)
	case word == "day" && d.word(i+1) == "after" && d.word(i+2) == "tomorrow":
		return d.add(d.base.AddDate(0, 0, 2), i, i+3, false, false)
	case word == "послезавтра" || word == "übermorgen":
		return d.add(d.base.AddDate(0, 0, 2), i, i+1, false, false)
	case inWords[word]:
		j := i + 1
		if d.word(j) == "ровно" || d.word(j) == "about" || d.word(j) == "примерно" {
			j++
		}
		n, u, to := d.amountAt(j)
		if to == 0 || n == 0 && word != "через" && word != "спустя" {
			return 0
		}
		return d.add(u.add(d.base, max(n, 1)), i, to, false, false)
	case nextWords[word] && units[d.word(i+1)] == week && months[d.word(i+1)] == 0:
		monday := d.base.AddDate(0, 0, 7-(int(d.base.Weekday())+6)%7)
		return d.add(monday, i, i+2, false, true)
	case nextWords[word] && (units[d.word(i+1)] == month || d.word(i+1) == "месяце"),
		nextWords[word] && d.word(i+1) == "неделе":
		if d.word(i+1) == "неделе" {
			return d.add(d.base.AddDate(0, 0, 7-(int(d.base.Weekday())+6)%7), i, i+2, false, true)
		}
		first := time.Date(d.base.Year(), d.base.Month()+1, 1, 0, 0, 0, 0, d.base.Location())
		return d.add(first, i, i+2, false, true)
	}
	return 0
}

// length reads how long somebody is away: "на две недели", "for 10 days", "две недели".
func (d *dateReader) length(i int) int {
	j := i
	if spanWords[d.word(j)] {
		j++
		for d.word(j) == "the" || spanWords[d.word(j)] || d.word(j) == "whole" {
			j++
		}
	}
	n, u, to := d.amountAt(j)
	if to == 0 || n == 0 && j == i || eachWords[d.word(i-1)] {
		return 0
	}
	switch d.word(i - 1) {
	case "в", "within", "течение", "раз", "every", "за", "после", "after", "до", "к", "more", "менее", "ago", "last", "past":
		return 0
	}
	if d.word(to) == "ago" || d.word(to) == "назад" {
		return 0
	}
	return d.add(u.add(d.base, max(n, 1)), i, to, false, true)
}

// weekday reads "в понедельник", "next Monday". What follows or comes before the whole date is no new one.
func (d *dateReader) weekday(i int) int {
	n := weekdays[d.word(i)]
	if n == 0 || eachWords[d.word(i-1)] && d.word(i-1) != "по" {
		return 0
	}
	if next := d.word(i + 1); (next == "-" || next == "–" || next == "/" || next == "—") && weekdays[d.word(i+2)] > 0 {
		return 3 // opening hours
	}
	if d.word(i+1) == "week" { // "Friday week"
		anchor := d.base.AddDate(0, 0, (n-int(d.base.Weekday())+6)%7+8)
		return d.add(anchor, i, i+2, false, false)
	}
	for j := i + 1; j <= i+4 && j < len(d.all); j++ {
		switch d.word(j) {
		case ",", "(", "the", ".", "den", "числа", "-", "–", "—", "le":
			continue
		}
		probe := &dateReader{all: d.all, base: d.base, monthFirst: d.monthFirst}
		if probe.iso(j) > 0 || probe.numeric(j) > 0 || probe.dayAndMonth(j) > 0 || probe.monthAndDay(j) > 0 || probe.bareDay(j) > 0 {
			if len(probe.found) > 0 && (probe.found[0].date.Weekday()+6)%7 == time.Weekday(n-1) || len(probe.found) > 0 && probe.found[0].exact && d.all[j].sentence == d.all[i].sentence && j <= i+2 {
				return 1
			}
		}
		break
	}
	weekday := time.Weekday(n % 7)
	anchor := d.anchor()
	if len(d.found) > 0 {
		if last := d.found[len(d.found)-1]; last.to >= i-3 && last.date.Weekday() == weekday {
			return 1
		}
	}
	ahead := (int(weekday)-int(anchor.Weekday())+6)%7 + 1
	from := i
	if nextWords[d.word(i-1)] && anchor.Equal(d.base) {
		from--
		if (int(anchor.Weekday())+6)%7+ahead < 7 { // still this week
			ahead += 7
		}
	}
	d.add(anchor.AddDate(0, 0, ahead), from, i+1, false, false)
	return 1
}

// calendarWeek reads "KW 32", "week 32": its Monday.
func (d *dateReader) calendarWeek(i int) int {
	if word := d.word(i); word != "kw" && word != "week" && word != "cw" {
		return 0
	}
	n, to := d.num(i+1, 1, 2), i+2
	if d.word(i+1) == "." {
		n, to = d.num(i+2, 1, 2), i+3
	}
	if n < 1 || n > 53 {
		return 0
	}
	for year := d.base.Year(); year <= d.base.Year()+1; year++ {
		fourth := time.Date(year, 1, 4, 0, 0, 0, 0, d.base.Location()) // is in week 1 (ISO 8601)
		monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(n-1))
		if monday.After(d.base) {
			return d.add(monday, i, to, true, false)
		}
	}
	return 0
}

// bareMonth reads a month after a preposition: "до сентября", "back in September".
func (d *dateReader) bareMonth(i int) int {
	mon := months[d.word(i)]
	if mon == 0 || i == 0 || d.num(i+1, 1, 2) > 0 || d.all[i].glued {
		return 0
	}
	last := false
	switch before := d.word(i - 1); {
	case before == "весь", before == "all", before == "whole", before == "entire", before == "ganzen", before == "of" && (d.word(i-2) == "all" || d.word(i-2) == "whole" || d.word(i-2) == "rest"),
		before == "по" || before == "through" || before == "thru":
		last = true
	case untilWords[before], before == "в", before == "с", before == "in", before == "im", before == "ab", before == "en", before == "w":
	default:
		return 0
	}
	date, ok := d.on(0, mon, 1)
	if !ok {
		return 0
	}
	if last && mon == int(d.base.Month()) {
		date = time.Date(d.base.Year(), d.base.Month(), 1, 0, 0, 0, 0, d.base.Location())
	}
	if last {
		date = date.AddDate(0, 1, -1)
	}
	return d.add(date, i, i+1, true, true)
}
