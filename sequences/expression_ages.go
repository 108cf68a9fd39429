package sequences

import (
	"slices"
)

// moments are the fields that say when something happened last.
var moments = []string{FieldLastPurchase, FieldLastTouch, FieldLastHumanTouch}

// momentAge reads older than, within and never.
func (p *expressionParser) momentAge(field lexeme) (Expression, bool) {
	e := Expression{Field: field.text}
	if p.takeWord("never") {
		e.Op = Never
		return e, true
	}
	age, span, written, ok := p.age(field.text)
	if !written {
		p.problem(p.peek().at, "%s needs older than, within or never: write for example %s", field.text, p.momentExample(field.text))
		return e, false
	}
	e.Op, e.Span = age, span
	return e, ok
}

// momentExample is what was probably meant.
func (p *expressionParser) momentExample(field string) string {
	meant, not := field+" older than "+p.spanBehind(), ""
	for _, l := range p.list[p.next:min(p.next+3, len(p.list))] {
		switch {
		case l.is(word, "not"), l.is(sign, "!="):
			not = "not "
		case l.is(word, "never"), l.is(word, "empty"):
			return not + field + " never"
		case l.is(word, "and"), l.is(word, "or"):
			return meant
		}
	}
	return meant
}

// age reads an optional "within 3d" or "older than 3d" behind what.
func (p *expressionParser) age(what string) (age Op, span Duration, written, ok bool) {
	l := p.peek()
	switch {
	case p.takeWord("within"):
		age = Within
	case p.takeWord("older"):
		age = OlderThan
		if !p.takeWord("than") {
			p.problem(l.at, "older stands with than: write for example %s older than 180d", what)
			return age, span, true, false
		}
	case l.is(word, "older_than"), l.is(word, "older-than"):
		p.problem(l.at, "write older than in two words: %s older than %s", what, p.spanBehind())
		return age, span, true, false
	default:
		return "", span, false, true
	}
	d := p.peek()
	if d.kind != word || slices.Contains(keywords, d.text) {
		p.problem(d.at, "a duration is missing after %s: %s", age, durationForms)
		return age, span, true, false
	}
	p.next++
	span, err := ParseDuration(d.text)
	if unit := p.peek(); err != nil && unit.kind == word && unitWords[unit.text] != "" {
		p.next++
		p.problem(d.at, "a duration is one word: write %s%s", d.text, unitWords[unit.text])
	} else if err != nil {
		p.problem(d.at, "%s", err)
	}
	return age, span, true, true
}

// unitWords are units written out.
var unitWords = map[string]Unit{
	"minute": Minute, "minutes": Minute, "hour": Hour, "hours": Hour, "day": Day, "days": Day, "d": Day,
	"week": Week, "weeks": Week, "w": Week, "month": Month, "months": Month, "mo": Month,
}

// spanBehind is the duration behind the next lexeme, or one as an example.
func (p *expressionParser) spanBehind() string {
	if l := p.after(); l.kind == word && durationPattern.MatchString(l.text) {
		return l.text
	}
	return "180d"
}
