package sequences

import (
	"fmt"
	"slices"
	"strings"
)

// fieldNames are all fields of an expression without those of attributes, in the
// order messages list them.
var fieldNames = func() []string {
	var list []string
	for _, f := range textFields {
		list = append(list, f.name)
	}
	return append(append(list, FieldTouches), moments...)
}()

// comparison reads what is said about a field.
func (p *expressionParser) comparison(field lexeme) (Expression, bool) {
	if slices.Contains(moments, field.text) {
		return p.momentAge(field)
	}
	if field.text == FieldTouches {
		return p.touches()
	}
	i := slices.IndexFunc(textFields, func(f textField) bool { return f.name == field.text })
	return p.text(Expression{Op: In, Field: field.text}, field.text, func(l lexeme) (string, bool) {
		known := textFields[i].values
		if known != nil && !slices.Contains(known, l.text) {
			p.problem(l.at, "%s", unknown(field.text, l.text, slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == "" })))
			return "", false
		}
		return l.text, true
	})
}

// text reads =, !=, in, not in, has and is empty of a field shown by name; one value
// at a time is checked.
func (p *expressionParser) text(e Expression, name string, check func(lexeme) (string, bool)) (Expression, bool) {
	op := p.take()
	not := false
	switch {
	case op.is(word, "not") && p.takeWord("in"):
		e.Values, not = nil, true
		return p.several(e, name, not, check)
	case op.is(word, "in"):
		return p.several(e, name, not, check)
	case op.is(word, "is"):
		not = p.takeWord("not")
		if p.takeWord("empty") {
			return oneValue(e, "", not), true
		}
		p.problem(op.at, "after is stands empty or not empty: to compare write %s %s %s", name, either(not, "!=", "="), p.exampleOf(e))
		return e, false
	case op.is(word, "has") && e.Field == FieldProducts, op.is(sign, "="), op.is(sign, "!="):
		return p.single(e, name, op, check)
	}
	p.problem(op.at, "%s", p.wrongOperator(e, name, op))
	return e, false
}

// single reads the one value behind =, != and has.
func (p *expressionParser) single(e Expression, name string, op lexeme, check func(lexeme) (string, bool)) (Expression, bool) {
	if e.Field == FieldProducts && op.text != "has" {
		p.problem(op.at, "a client has several products: write %sproducts has %s", either(op.text == "!=", "not ", ""), p.exampleOf(e))
		return e, false
	}
	if p.peek().is(sign, "[") {
		p.problem(op.at, "a list is compared with in: write %s %s [%s, …]", name, either(op.text == "!=", "not in", "in"), p.exampleOf(e))
		return e, false
	}
	l, ok := p.value(op)
	if !ok {
		return e, false
	}
	v, ok := check(l)
	p.before.field, p.before.op, p.before.value, p.before.end = name, op.text, l.text, p.next
	return oneValue(e, v, op.text == "!="), ok
}

func oneValue(e Expression, v string, not bool) Expression {
	e.Values = []string{v}
	if not {
		return negated(e)
	}
	return e
}

// value reads a value; on false a problem has been told.
func (p *expressionParser) value(op lexeme) (lexeme, bool) {
	l := p.peek()
	switch {
	case l.kind == inQuote, l.kind == word && !slices.Contains(keywords, l.text):
		return p.take(), true
	case l.is(word, "empty"), l.is(word, "never"):
		p.problem(l.at, "%s stands without %s: write is empty, is not empty, or never behind a last_…; as a value put it in quotes", quoted(l.text), op.shown())
	default:
		p.problem(l.at, "a value is missing after %s: write one, and a word like and, or, not or in as a value in quotes", op.shown())
	}
	if l.kind == word && p.after().kind == end {
		p.next++ // the value was meant
	}
	return l, false
}

// several reads the list behind in.
func (p *expressionParser) several(e Expression, name string, not bool, check func(lexeme) (string, bool)) (Expression, bool) {
	in := p.list[p.next-1]
	opening := p.peek()
	if !p.takeSign("[") {
		if opening.is(sign, "(") {
			p.problem(opening.at, "the values after in stand in [ ], not in ( ): write %s in [%s]", name, p.exampleOf(e))
		} else {
			p.problem(opening.at, "after in stands a list: write %s in [%s]", name, p.exampleOf(e))
		}
		return e, false
	}
	if p.takeSign("]") {
		p.problem(opening.at, "this list is empty, so no client would match: write a value or remove %s", name)
		return e, true
	}
	for {
		l, ok := p.value(in)
		if !ok {
			return e, false
		}
		v, fits := check(l)
		if fits && slices.Contains(e.Values, v) {
			p.problem(l.at, "%s is listed twice: keep one of them", quoted(l.text))
		}
		e.Values = append(e.Values, v)
		behind := p.peek()
		switch {
		case p.takeSign("]"):
			if not {
				e = negated(e)
			}
			return e, true
		case p.takeSign(","):
		case behind.kind == word && !slices.Contains(keywords, behind.text), behind.kind == inQuote:
			p.problem(behind.at, "a comma is missing before %s: write one; a value of several words stands in quotes", behind.shown())
		default:
			p.problem(opening.at, `this list is never closed: add "]"`)
			return e, false
		}
	}
}

// exampleOf is a value for messages: the next one written, or one that would do.
func (p *expressionParser) exampleOf(e Expression) string {
	for _, l := range p.list[p.next:min(p.next+2, len(p.list))] {
		if l.kind == inQuote || l.kind == word && !slices.Contains(keywords, l.text) {
			return e.spelled(l.text)
		}
	}
	switch e.Field {
	case FieldCategory:
		return "C"
	case FieldStage:
		return "lead"
	case FieldTemperature:
		return "warm"
	case FieldLocale:
		return "en"
	}
	return "…"
}

// wrongOperator tells how a field is compared.
func (p *expressionParser) wrongOperator(e Expression, name string, op lexeme) string {
	example := p.exampleOf(e)
	if op.is(word, "not") {
		contrary := either(e.Field == FieldProducts, "not products has "+example, name+" != "+example)
		return fmt.Sprintf("after %s stands not in, or not before the whole condition: write %s", name, contrary)
	}
	if op.is(word, "older") || op.is(word, "within") || op.is(word, "never") {
		return fmt.Sprintf("%s is for %s only; compare a date with < and >, for example attributes.contract_until < 2026-12-31", op.text, strings.Join(moments, ", "))
	}
	if e.Field == FieldProducts {
		return fmt.Sprintf("products are compared with has, in and not in, not with %s: write products has %s", op.shown(), example)
	}
	if op.kind == inQuote || op.kind == word && !slices.Contains(keywords, op.text) {
		return fmt.Sprintf("the comparison is missing between %s and %s: write %s = %s", name, op.shown(), name, e.spelled(op.text))
	}
	if op.kind == end || op.is(sign, ")") || op.is(word, "and") || op.is(word, "or") {
		return fmt.Sprintf("%s alone is no condition: write what it is compared with, for example %s = %s", name, name, example)
	}
	return fmt.Sprintf("%s is compared with =, !=, in and not in, not with %s: write %s = %s", name, op.shown(), name, example)
}
