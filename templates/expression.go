package templates

// expression is a pipeline of a program.
type expression interface{ eval(*machine) datum }

type (
	constantExpression datum
	fieldExpression    int // the slot
	dotExpression      struct{}
	// choiceExpression is and (until false) or or (until true): the first argument that decides, else the last.
	choiceExpression struct {
		until bool
		args  []expression
	}
	notExpression     struct{ arg expression }
	defaultExpression struct{ fallback, arg expression }
	indexExpression   struct {
		arg      expression
		position int
	}
	dateExpression struct {
		format dateFormat
		arg    expression
	}
	callExpression struct {
		function func([]datum) datum
		args     []expression
	}
)

func (e constantExpression) eval(*machine) datum { return datum(e) }
func (e fieldExpression) eval(m *machine) datum  { return m.slots[e] }
func (dotExpression) eval(m *machine) datum      { return m.dot }

func (e choiceExpression) eval(m *machine) datum {
	var v datum
	for _, arg := range e.args {
		if v = arg.eval(m); v.truth() == e.until {
			return v
		}
	}
	return v
}

func (e notExpression) eval(m *machine) datum { return datum{other: !e.arg.eval(m).truth()} }

func (e defaultExpression) eval(m *machine) datum {
	if v := e.arg.eval(m); v.String() != "" {
		return v
	}
	return e.fallback.eval(m)
}

func (e indexExpression) eval(m *machine) datum {
	l, ok := e.arg.eval(m).other.(list)
	if !ok || e.position < 0 || e.position >= len(l) {
		return datum{}
	}
	return datum{text: l[e.position]}
}

func (e dateExpression) eval(m *machine) datum {
	return datum{text: e.format.write(e.arg.eval(m).value())}
}

func (e callExpression) eval(m *machine) datum {
	bottom := len(m.stack)
	for _, arg := range e.args {
		v := arg.eval(m)
		m.stack = append(m.stack, v)
	}
	v := e.function(m.stack[bottom:])
	m.stack = m.stack[:bottom]
	return v
}

// adapt lets a program call one of the functions of letters. It is nil for a function of another shape, or called otherwise
// than it is declared: then html/template and text/template do it.
func adapt(function any, given int) func([]datum) datum {
	switch f := function.(type) {
	case func(any) string:
		if given == 1 {
			return func(a []datum) datum { return datum{text: f(a[0].value())} }
		}
	case func(any) int:
		if given == 1 {
			return func(a []datum) datum { return datum{other: f(a[0].value())} }
		}
	case func(any, any) string:
		if given == 2 {
			return func(a []datum) datum { return datum{text: f(a[0].value(), a[1].value())} }
		}
	case func(any, any) bool:
		if given == 2 {
			return func(a []datum) datum { return datum{other: f(a[0].value(), a[1].value())} }
		}
	case func(any, any) any:
		if given == 2 {
			return func(a []datum) datum { return toDatum(f(a[0].value(), a[1].value())) }
		}
	case func(any, ...any) bool:
		if given >= 1 {
			return func(a []datum) datum { return datum{other: f(a[0].value(), values(a[1:])...)} }
		}
	case func(any, ...any) string:
		if given >= 2 { // plural, which takes a form at least
			return func(a []datum) datum { return datum{text: f(a[0].value(), values(a[1:])...)} }
		}
	}
	return nil
}

func values(args []datum) []any {
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a.value()
	}
	return values
}
