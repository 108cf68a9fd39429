package sequences

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparisonSigns are those that ask for more or less.
var comparisonSigns = []string{"<", "<=", ">", ">="}

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
		what := either(declared == "number", "number: write for example %s %s 75", "number and no date: write for example %s %s 75 or 2026-03-02")
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
