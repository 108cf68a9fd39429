package sequences

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// moments are the fields that say when something happened last.
var moments = []string{FieldLastPurchase, FieldLastTouch, FieldLastHumanTouch}

// fieldNames are all fields of an expression without those of attributes, in the
// order messages list them.
var fieldNames = func() []string {
	var list []string
	for _, f := range textFields {
		list = append(list, f.name)
	}
	return append(append(list, FieldTouches), moments...)
}()

// comparisonSigns are those that ask for more or less.
var comparisonSigns = []string{"<", "<=", ">", ">="}

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
		p.problem(op.at, "after is stands empty or not empty: to compare write %s %s %s", name, map[bool]string{false: "=", true: "!="}[not], p.exampleOf(e))
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
		p.problem(op.at, "a client has several products: write %sproducts has %s", map[bool]string{true: "not "}[op.text == "!="], p.exampleOf(e))
		return e, false
	}
	if p.peek().is(sign, "[") {
		p.problem(op.at, "a list is compared with in: write %s %s [%s, …]", name, map[bool]string{false: "in", true: "not in"}[op.text == "!="], p.exampleOf(e))
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
	for good := true; ; {
		l, ok := p.value(in)
		if !ok {
			return e, false
		}
		v, fits := check(l)
		if good = good && fits; fits && slices.Contains(e.Values, v) {
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

// attribute reads what is said about attributes.NAME.
func (p *expressionParser) attribute(l lexeme, name string) (Expression, bool) {
	p.next++
	if quotedName := p.peek(); name == "" && quotedName.kind == inQuote {
		name = p.take().text
	}
	declared := ""
	if p.d.settings != nil {
		a, known := p.d.settings.Attributes[name]
		if !known {
			p.problem(l.at, "%s", unknown("attribute", name, names(p.d.settings.Attributes)))
			return Expression{}, false
		}
		declared = a.Type
	}
	if name == "" {
		p.problem(l.at, "the attribute's name is missing: write for example attributes.industry = food")
		return Expression{}, false
	}
	e := Expression{Op: In, Field: FieldAttributes, Attribute: name}
	shown := "attributes." + name
	if op := p.peek(); op.kind == sign && slices.Contains(comparisonSigns, op.text) {
		return p.order(e, shown, declared)
	}
	return p.text(e, shown, func(l lexeme) (string, bool) {
		text, cure := typedText(l.text, declared, l.kind == word && looksLikeNumber(l.text))
		if cure != "" {
			p.problem(l.at, "%s does not fit attribute %s of type %s: %s", quoted(l.text), name, declared, cure)
		}
		return text, cure == ""
	})
}

// order reads a comparison of an attribute with a number or a date.
func (p *expressionParser) order(e Expression, shown, declared string) (Expression, bool) {
	op := p.take()
	if declared == "string" || declared == "bool" {
		p.problem(op.at, "%s is of type %s, so nothing is more or less: compare with =, != or in", shown, declared)
		return e, false
	}
	l, ok := p.value(op)
	if !ok {
		return e, false
	}
	e.Op = Op(op.text)
	_, err := time.Parse(time.DateOnly, l.text)
	switch {
	case declared != "number" && err == nil:
		e.Values = []string{l.text}
	case declared == "date":
		p.problem(l.at, "%s is no date: write year-month-day, for example %s %s 2026-03-02", quoted(l.text), shown, op.text)
	case !looksLikeNumber(l.text):
		what := map[bool]string{true: "number: write for example %s %s 75", false: "number and no date: write for example %s %s 75 or 2026-03-02"}[declared == "number"]
		p.problem(l.at, "%s is no "+what, quoted(l.text), shown, op.text)
	default:
		e.Number = parsedNumber(mustNumber(l.text))
	}
	return e, true
}

// touches reads a comparison with a number of touches.
func (p *expressionParser) touches() (Expression, bool) {
	op := p.take()
	if op.kind != sign || op.text != "=" && op.text != "!=" && !slices.Contains(comparisonSigns, op.text) {
		p.problem(op.at, "touches is a number: compare it with =, !=, <, <=, > or >=, for example touches >= 7")
		return Expression{}, false
	}
	l, ok := p.value(op)
	if !ok {
		return Expression{}, false
	}
	n, err := strconv.Atoi(l.text)
	if err != nil || n < 0 || n > math.MaxInt32 || strings.HasPrefix(l.text, "+") {
		p.problem(l.at, "%s is no number of touches: write a whole number, for example touches >= 7", quoted(l.text))
		return Expression{}, true
	}
	e := Expression{Op: Op(op.text), Field: FieldTouches, Number: float64(n)}
	if op.text == "!=" {
		e.Op = Equal
		return negated(e), true
	}
	return e, true
}

// momentAge reads older than, within and never.
func (p *expressionParser) momentAge(field lexeme) (Expression, bool) {
	e := Expression{Field: field.text}
	if p.takeWord("never") {
		e.Op = Never
		return e, true
	}
	age, span, written, ok := p.age(field.text)
	if !written {
		p.problem(p.peek().at, "%s needs older than, within or never: write for example %s older than 180d", field.text, field.text)
		return e, false
	}
	e.Op, e.Span = age, span
	return e, ok
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
	if err != nil {
		p.problem(d.at, "%s", err)
	}
	return age, span, true, true
}

// spanBehind is the duration behind the next lexeme, or one as an example.
func (p *expressionParser) spanBehind() string {
	if l := p.after(); l.kind == word && durationPattern.MatchString(l.text) {
		return l.text
	}
	return "180d"
}
