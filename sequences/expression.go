package sequences

import "slices"

// Op is what an Expression does.
type Op string

// The operations.
const (
	And Op = "and" // all of Of hold
	Or  Op = "or"  // one of Of holds
	Not Op = "not" // the one in Of does not hold

	In Op = "in" // the value, or one of several, is among Values

	// A number is compared with Number, a date with Values[0]. What is no number, or no
	// date, never matches. Equal is for FieldTouches only.
	Equal   Op = "="
	Less    Op = "<"
	AtMost  Op = "<="
	More    Op = ">"
	AtLeast Op = ">="

	// For the moments: last_purchase, last_touch, last_human_touch.
	OlderThan Op = "older than" // happened, at least Span ago
	Within    Op = "within"     // happened, less than Span ago
	Never     Op = "never"      // did not happen

	Happened Op = "happened" // there is such a Happening in the history
)

// Expression is a condition as a tree, exported so that a store can compile it to
// SQL. The zero Expression always holds. A value that a client does not have
// counts as "", and an empty list as one "".
type Expression struct {
	Op Op
	Of []Expression // of And, Or and Not

	Field     string
	Attribute string   // the attribute's name, with FieldAttributes
	Values    []string // of In; numbers and dates as true, 1.5, 2026-03-02
	Number    float64
	Span      Duration // of OlderThan and Within: compare with Span.Sub(now)

	Happening Sought // of Happened
}

// Sought is which happenings an expression looks for.
type Sought struct {
	Kind  string     // as in Happening
	Steps []StepName // whose; none: any step's, or no step's
	Any   bool       // opens and clicks by machines count too
	Age   Op         // "", or Within or OlderThan the expression's Span
}

// StepName is a step as an expression names it, and where.
type StepName struct {
	Name         string
	Line, Column int
}

// IsZero tells whether nothing is asked: the expression always holds.
func (e Expression) IsZero() bool { return e.Op == "" }

// Uses is what it takes to evaluate an expression beside the client's own fields.
type Uses struct {
	Steps   []StepUse // steps whose happenings are asked for, in the order of the text
	Touches bool      // Facts.Touches or LastTouchAt
	Human   bool      // Facts.LastHumanTouchAt
	History bool      // Facts.History
	Events  []string  // types of events from outside, such as custom:NAME, each once
}

// StepUse is a step that an expression names.
type StepUse struct {
	Function string // sent, opened, clicked, …
	StepName
}

// Uses tells what the expression needs to know.
func (e Expression) Uses() Uses {
	var u Uses
	e.addUses(&u)
	return u
}

func (e *Expression) addUses(u *Uses) {
	for i := range e.Of {
		e.Of[i].addUses(u)
	}
	if e.Op == Happened {
		u.History = true
		for _, step := range e.Happening.Steps {
			u.Steps = append(u.Steps, StepUse{Function: e.Happening.Kind, StepName: step})
		}
		if isEvent(e.Happening.Kind) && !slices.Contains(u.Events, e.Happening.Kind) {
			u.Events = append(u.Events, e.Happening.Kind)
		}
	}
	switch e.Field {
	case FieldTouches, FieldLastTouch:
		u.Touches = true
	case FieldLastHumanTouch:
		u.Human = true
	}
}

// joinedBy is list with And or Or between; nothing is added to the one there is,
// and what is joined by the same word already becomes part of it.
func joinedBy(op Op, list []Expression) Expression {
	var flat []Expression
	for _, e := range list {
		switch e.Op {
		case "":
		case op:
			flat = append(flat, e.Of...)
		default:
			flat = append(flat, e)
		}
	}
	switch len(flat) {
	case 0:
		return Expression{}
	case 1:
		return flat[0]
	}
	return Expression{Op: op, Of: flat}
}

func negated(e Expression) Expression { return Expression{Op: Not, Of: []Expression{e}} }
