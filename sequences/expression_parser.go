package sequences

import (
	"fmt"
	"slices"
	"strings"
)

const (
	maxExpression = 2000 // characters; nobody understands a longer one
	maxNested     = 10   // parentheses and nots within one another
)

// ParseExpression reads a filter as a text, by the rules of audience and where.
// With settings, attributes that they do not declare are problems. Problems are
// placed within the text, in the order of the text.
func ParseExpression(text string, s *Settings) (Filter, []Problem) {
	e, problems := parseAlone(text, s, false)
	return Filter{e}, problems
}

// ParseCondition is ParseExpression by the rules of if, wait and exit_on.
func ParseCondition(text string, s *Settings) (Condition, []Problem) {
	e, problems := parseAlone(text, s, true)
	return Condition{e}, problems
}

func parseAlone(text string, s *Settings, happenings bool) (Expression, []Problem) {
	src := newlines([]byte(text))
	d := &decoder{file: "expression", lines: sourceLines(src), settings: s}
	runes := []rune(string(src))
	places := make([]spot, len(runes)+1)
	at := spot{1, 1}
	for i, r := range runes {
		places[i] = at
		at.column++
		if r == '\n' {
			at = spot{at.line + 1, 1}
		}
	}
	places[len(runes)] = at
	e := d.parseExpression(runes, places, happenings)
	return e, d.sorted()
}

// expressionParser reads an expression by recursive descent:
//
//	or        = and { "or" and }
//	and       = unary { "and" unary }
//	unary     = "not" unary | "(" or ")" | condition
//	condition = happening | field comparison
//
// After a mistake it goes on behind the next and, or, or ")", so that all mistakes
// are told at once.
type expressionParser struct {
	d          *decoder
	places     []spot // of every character and of the end
	list       []lexeme
	next       int
	happenings bool

	// The comparison before, for what is often forgotten.
	before struct {
		field, op, value string
		end              int // the lexeme behind it
	}
}

func (d *decoder) parseExpression(text []rune, places []spot, happenings bool) Expression {
	p := &expressionParser{d: d, places: places, happenings: happenings}
	if len(text) > maxExpression {
		p.problem(0, "this expression is longer than %d characters: an attribute or a segment says the same shorter", maxExpression)
		return Expression{}
	}
	p.list = p.lexemes(text)
	if p.peek().kind == end {
		p.problem(0, "the expression is empty: write a condition, for example category = C")
		return Expression{}
	}
	e := p.or(0)
	for p.peek().kind != end { // only a ")" stops before the end
		p.problem(p.peek().at, `this ")" has no "(" before it: remove it`)
		p.next++
		if p.peek().kind != end {
			p.takeWord("and", "or")
			p.or(0)
		}
	}
	return e
}

func (p *expressionParser) problem(at int, format string, args ...any) {
	p.d.problem(p.places[min(at, len(p.places)-1)], format, args...)
}

func (p *expressionParser) peek() lexeme { return p.list[p.next] }

// after is the lexeme behind the next one.
func (p *expressionParser) after() lexeme { return p.list[min(p.next+1, len(p.list)-1)] }

// take moves on, but never behind the end.
func (p *expressionParser) take() lexeme {
	l := p.list[p.next]
	if l.kind != end {
		p.next++
	}
	return l
}

// takeWord moves on if one of the words stands next.
func (p *expressionParser) takeWord(words ...string) bool {
	if l := p.peek(); l.kind != word || !slices.Contains(words, l.text) {
		return false
	}
	p.next++
	return true
}

func (p *expressionParser) takeSign(text string) bool {
	if l := p.peek(); l.kind != sign || l.text != text {
		return false
	}
	p.next++
	return true
}

func (l lexeme) is(kind lexemeKind, text string) bool { return l.kind == kind && l.text == text }

// shown is a lexeme in a message.
func (l lexeme) shown() string {
	if l.kind == end {
		return "the end"
	}
	return quoted(l.text)
}

func (p *expressionParser) or(depth int) Expression {
	list := []Expression{p.and(depth)}
	for p.takeWord("or") {
		list = append(list, p.and(depth))
	}
	return joinedBy(Or, list)
}

func (p *expressionParser) and(depth int) Expression {
	list := []Expression{p.unary(depth)}
	for {
		l := p.peek()
		switch {
		case l.kind == end, l.is(sign, ")"), l.is(word, "or"):
			return joinedBy(And, list)
		case l.is(word, "and"):
			p.next++
		case l.is(sign, ","):
			p.problem(l.at, "a comma joins no conditions: write and or or instead")
			p.next++
			p.takeWord("and")
		default:
			p.problem(l.at, "%s", p.unjoined(l))
			if l.kind != word || p.before.end == p.next {
				p.skip()
				continue
			}
		}
		list = append(list, p.unary(depth))
	}
}

// unjoined tells what is wrong with a lexeme right behind a condition.
func (p *expressionParser) unjoined(l lexeme) string {
	b := p.before
	switch {
	case b.end == p.next && l.kind != sign && !p.starts(l):
		return fmt.Sprintf("%s follows without and or or: put a value of several words in quotes, for example %s %s %s", l.shown(), b.field, b.op, inQuotes(b.value+" "+l.text))
	case l.kind == sign && !l.is(sign, "("):
		return fmt.Sprintf("%s does not fit here: a condition ends before it; write and or or and another one", l.shown())
	}
	return fmt.Sprintf("%s follows without and or or: write one of them before it", l.shown())
}

// starts tells whether a condition can start with the lexeme.
func (p *expressionParser) starts(l lexeme) bool {
	name, _, _ := strings.Cut(l.text, ".")
	return l.kind == word && (l.text == "not" || l.text == "any" || name == FieldAttributes || slices.Contains(fieldNames, l.text) || isFunction(l.text))
}

func (p *expressionParser) unary(depth int) Expression {
	l := p.peek()
	opens := l.is(sign, "(")
	if (opens || l.is(word, "not")) && depth == maxNested {
		p.problem(l.at, "parentheses and nots stand more than %d deep within one another: simplify the expression", maxNested)
		p.next = len(p.list) - 1
		return Expression{}
	}
	switch {
	case opens:
		p.next++
		inner := p.or(depth + 1)
		if !p.takeSign(")") {
			p.problem(l.at, `this "(" is never closed: add ")"; within { } or [ ] of the file put the whole expression in quotes`)
		}
		return inner
	case l.is(word, "not"):
		p.next++
		return negated(p.unary(depth + 1))
	}
	e, ok := p.condition(l)
	if !ok {
		p.skip()
	}
	return e
}

// skip goes on to where another condition may start.
func (p *expressionParser) skip() {
	for open := 0; ; p.next++ {
		switch l := p.peek(); {
		case l.kind == end, open == 0 && (l.is(word, "and") || l.is(word, "or") || l.is(sign, ")")):
			return
		case l.is(sign, "("):
			open++
		case l.is(sign, ")"):
			open--
		}
	}
}

// condition reads one condition; on false a problem has been told.
func (p *expressionParser) condition(l lexeme) (Expression, bool) {
	name, attribute, dotted := strings.Cut(l.text, ".")
	switch {
	case l.kind != word:
		return p.misplaced(l)
	case l.text == "any" || isFunction(l.text):
		return p.happening()
	case dotted && name == FieldAttributes:
		return p.attribute(l, attribute)
	case slices.Contains(fieldNames, l.text):
		p.next++
		return p.comparison(l)
	case slices.Contains(keywords, l.text):
		return p.misplaced(l)
	}
	p.problem(l.at, "%s", p.unknownName(l))
	return Expression{}, false
}

// misplaced is told where a condition should start and something else stands.
func (p *expressionParser) misplaced(l lexeme) (Expression, bool) {
	switch {
	case l.kind == inQuote:
		p.problem(l.at, "a condition starts with the name of a field without quotes, for example company = %s", inQuotes(l.text))
	case p.next == 0:
		p.problem(l.at, "a condition is missing before %s: write one, for example category = C", l.shown())
	default:
		p.problem(l.at, "a condition is missing between %s and %s: write one, for example category = C", p.list[p.next-1].shown(), l.shown())
	}
	return Expression{}, false
}

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
