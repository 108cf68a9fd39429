package sequences

import (
	"fmt"
	"slices"
	"strings"
)

// unjoined tells what is wrong with a lexeme right behind a condition.
func (p *expressionParser) unjoined(l lexeme) string {
	b := p.before
	switch {
	case b.end == p.next && l.kind != sign && !p.starts(l):
		return fmt.Sprintf(`%s follows without "and" or "or": put a value of several words in quotes, for example %s %s %s`, l.shown(), b.field, b.op, inQuotes(b.value+" "+l.text))
	case l.kind == sign && !l.is(sign, "("):
		return fmt.Sprintf(`%s does not fit here: a condition ends before it; write "and" or "or" and another one`, l.shown())
	}
	return fmt.Sprintf(`%s follows without "and" or "or": write one of them before it`, l.shown())
}

// starts tells whether a condition can start with the lexeme.
func (p *expressionParser) starts(l lexeme) bool {
	name, _, _ := strings.Cut(l.text, ".")
	return l.kind == word && (l.text == "not" || l.text == "any" || name == FieldAttributes || slices.Contains(fieldNames, l.text) || isFunction(l.text))
}

// misplaced is told where a condition should start and something else stands.
func (p *expressionParser) misplaced(l lexeme) (Expression, bool) {
	switch {
	case l.kind == inQuote && slices.Contains(fieldNames, l.text):
		p.problem(l.at, "the name of a field stands without quotes: write %s", l.text)
	case l.kind == inQuote:
		p.problem(l.at, "a condition starts with the name of a field, without quotes: write for example company = %s", inQuotes(l.text))
	case p.next == 0:
		p.problem(l.at, "a condition is missing before %s: write one, for example category = C", l.shown())
	default:
		p.problem(l.at, "a condition is missing between %s and %s: write one, for example category = C", p.list[p.next-1].shown(), l.shown())
	}
	return Expression{}, false
}

// synonyms are words for happenings that are too far from ours for a slip of the finger.
var synonyms = map[string]string{"reply": "replied", "answered": "replied", "bought": "purchased", "meeting": "met", "visited": "clicked"}

// unknownName knows the usual slips: an attribute without "attributes", a second
// value behind or, a name of templates.
func (p *expressionParser) unknownName(l lexeme) string {
	b, behind := p.before, p.after()
	alone := behind.kind == end || behind.is(word, "and") || behind.is(word, "or") || behind.is(sign, ")")
	if p.d.settings != nil {
		if _, declared := p.d.settings.Attributes[l.text]; declared {
			return fmt.Sprintf("%s is an attribute: write attributes.%s", quoted(l.text), l.text)
		}
	}
	if short, cut := strings.CutPrefix(strings.TrimPrefix(l.text, "."), "client."); cut && (slices.Contains(fieldNames, short) || strings.HasPrefix(short, "attributes.")) {
		return fmt.Sprintf("%s is how letters name it: write %s", quoted(l.text), short)
	}
	if first, rest, dotted := strings.Cut(l.text, "."); dotted && DidYouMean(first, []string{FieldAttributes}) != "" {
		return fmt.Sprintf("unknown field %s, did you mean \"attributes.%s\"?", quoted(l.text), rest)
	}
	if l.text == FieldAttributes {
		return "the attribute's name is missing: write it behind a dot, for example attributes.industry = food"
	}
	if meant := synonyms[l.text]; meant != "" {
		return fmt.Sprintf("unknown condition %s, did you mean %q?", quoted(l.text), meant)
	}
	if behind.is(sign, "(") {
		return unknown("function", l.text, functionNames())
	}
	if alone && DidYouMean(l.text, functionNames()) != "" {
		return unknown("condition", l.text, functionNames())
	}
	if alone && b.field != "" && p.next >= 2 && b.end == p.next-1 {
		return fmt.Sprintf("%s is no condition: to allow several values write %s in [%s, %s]", quoted(l.text), b.field, b.value, l.text)
	}
	return unknown("field", l.text, append(slices.Clone(fieldNames), "attributes.NAME"))
}
