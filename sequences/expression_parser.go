package sequences

import (
	"bytes"
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
	src := bytes.ToValidUTF8(newlines([]byte(text)), []byte("\uFFFD"))
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
	tooDeep    bool // told, and given up

	// The comparison before, for what is often forgotten.
	before struct {
		field, op, value string
		end              int // the lexeme behind it
	}
}

func (d *decoder) parseExpression(text []rune, places []spot, happenings bool) Expression {
	p := &expressionParser{d: d, places: places, happenings: happenings}
	before := len(d.problems)
	if len(text) > maxExpression {
		p.problem(0, "this expression is longer than %d characters: an attribute or a segment says the same shorter", maxExpression)
		return Expression{}
	}
	p.list = p.lexemes(text)
	if p.peek().kind == end {
		if len(d.problems) > before {
			return Expression{}
		}
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
			p.problem(l.at, `a comma joins no conditions: write "and" or "or" instead`)
			p.next++
			p.takeWord("and")
		default:
			p.problem(l.at, "%s", p.unjoined(l))
			if !p.starts(l) && !l.is(sign, "(") {
				p.skip()
				continue
			}
		}
		list = append(list, p.unary(depth))
	}
}

func (p *expressionParser) unary(depth int) Expression {
	l := p.peek()
	opens := l.is(sign, "(")
	if (opens || l.is(word, "not")) && depth == maxNested {
		p.problem(l.at, "parentheses and nots stand more than %d deep within one another: simplify the expression", maxNested)
		p.next, p.tooDeep = len(p.list)-1, true
		return Expression{}
	}
	switch {
	case opens:
		p.next++
		inner := p.or(depth + 1)
		if !p.takeSign(")") && !p.tooDeep {
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
