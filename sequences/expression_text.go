package sequences

import (
	"slices"
	"strings"
)

// String is the expression as people write it; it parses back to the same, unless a
// map said more than a text may hold. It is empty for the zero Expression.
func (e Expression) String() string {
	var b strings.Builder
	e.write(&b, 0)
	return b.String()
}

// MarshalText makes an expression one line of JSON.
func (e Expression) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// How closely the operators bind; what binds less closely stands in parentheses.
var bindings = map[Op]int{Or: 1, And: 2, Not: 3}

// write adds the expression, as a part of one whose operator binds that closely.
func (e *Expression) write(b *strings.Builder, outer int) {
	if own, operator := bindings[e.Op]; operator && own < outer {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch e.Op {
	case "":
	case And, Or:
		for i := range e.Of {
			if i > 0 {
				b.WriteString(" " + string(e.Op) + " ")
			}
			e.Of[i].write(b, bindings[e.Op]+1)
		}
	case Not:
		e.writeNot(b)
	case In:
		e.writeIn(b, false)
	case Happened:
		e.Happening.write(b, e.Span)
	case OlderThan, Within:
		b.WriteString(e.Field + " " + string(e.Op) + " " + e.Span.String())
	case Never:
		b.WriteString(e.Field + " never")
	default:
		e.writeComparison(b, string(e.Op))
	}
}

// writeNot prefers the operators that say no themselves.
func (e *Expression) writeNot(b *strings.Builder) {
	inner := &e.Of[0]
	switch {
	case inner.Op == In && !inner.has():
		inner.writeIn(b, true)
	case inner.Op == Equal:
		inner.writeComparison(b, "!=")
	default:
		b.WriteString("not ")
		inner.write(b, bindings[Not])
	}
}

// has tells whether it is written products has pump, which has no word for its contrary.
func (e *Expression) has() bool {
	return e.Field == FieldProducts && len(e.Values) == 1 && e.Values[0] != ""
}

func (e *Expression) writeComparison(b *strings.Builder, op string) {
	e.writeField(b)
	b.WriteString(" " + op + " ")
	if len(e.Values) == 1 {
		b.WriteString(e.Values[0]) // a date
	} else {
		b.WriteString(numberText(e.Number))
	}
}

func (e *Expression) writeIn(b *strings.Builder, not bool) {
	e.writeField(b)
	switch {
	case len(e.Values) == 1 && e.Values[0] == "":
		b.WriteString(either(not, " is not empty", " is empty"))
	case e.has():
		b.WriteString(" has " + e.spelled(e.Values[0]))
	case len(e.Values) == 1:
		b.WriteString(either(not, " != ", " = ") + e.spelled(e.Values[0]))
	default:
		var values []string
		for _, v := range e.Values {
			values = append(values, e.spelled(v))
		}
		b.WriteString(either(not, " not in [", " in [") + strings.Join(values, ", ") + "]")
	}
}

func (e *Expression) writeField(b *strings.Builder) {
	b.WriteString(e.Field)
	if e.Field == FieldAttributes {
		b.WriteByte('.')
		if isWord(e.Attribute) {
			b.WriteString(e.Attribute)
		} else {
			b.WriteString(inQuotes(e.Attribute))
		}
	}
}

// spelled is a value, in quotes where it would be read as something else.
func (e *Expression) spelled(v string) string {
	readsAsNumber := e.Field == FieldAttributes && looksLikeNumber(v)
	if !isWord(v) || slices.Contains(keywords, strings.ToLower(v)) || readsAsNumber && mustNumber(v) != v {
		return inQuotes(v)
	}
	return v
}

func (s *Sought) write(b *strings.Builder, span Duration) {
	if s.Any {
		b.WriteString("any ")
	}
	if isEvent(s.Kind) {
		b.WriteString(eventFunction + "(" + s.Kind + ")")
	} else {
		b.WriteString(s.Kind)
	}
	for i, step := range s.Steps {
		b.WriteString([]string{"(", ", "}[min(i, 1)] + step.Name)
	}
	if len(s.Steps) > 0 {
		b.WriteByte(')')
	}
	if s.Age != "" {
		b.WriteString(" " + string(s.Age) + " " + span.String())
	}
}

func inQuotes(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
