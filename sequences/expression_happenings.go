package sequences

import (
	"regexp"
	"slices"
	"strings"
)

// functions are what can have happened to a client, and whether of a step.
var functions = []function{
	{"sent", true}, {"opened", true}, {"clicked", true}, {"replied", true}, {"bounced", true},
	{"purchased", false}, {"called", false}, {"met", false}, {"done", true}, {eventFunction, false},
}

type function struct {
	name  string
	steps bool
}

const eventFunction = "event"

// events are those that the CRM tells, beside custom:NAME.
var events = []string{
	"purchase", "deal_opened", "deal_won", "deal_lost", "meeting_booked", "request", "refusal", "owner_changed", "category_changed",
}

const customEvent = "custom:"

var customEventPattern = regexp.MustCompile(`^custom:[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

// isEvent tells whether a kind of happening is an event's type.
func isEvent(kind string) bool {
	return strings.HasPrefix(kind, customEvent) || slices.Contains(events, kind)
}

func isFunction(name string) bool { return slices.Contains(functionNames(), name) }

func functionNames() []string {
	var list []string
	for _, f := range functions {
		list = append(list, f.name)
	}
	return list
}

// happening reads [any] function [(step, …)] [within 3d | older than 3d].
func (p *expressionParser) happening() (Expression, bool) {
	start := p.peek()
	e := Expression{Op: Happened}
	e.Happening.Any = p.takeWord("any")
	name := p.take()
	if e.Happening.Any && !ofHits(name.text) {
		p.problem(start.at, "any stands before opened and clicked only, whose machines it lets count: write for example any opened(guide)")
		return e, false
	}
	i := slices.IndexFunc(functions, func(f function) bool { return f.name == name.text })
	if !p.happenings {
		p.problem(start.at, "%s is about one run of a sequence: it can stand in if, wait and exit_on, but not in audience and where", quoted(name.text))
	}
	e.Happening.Kind = name.text
	ok := true
	switch {
	case name.text == eventFunction:
		ok = p.event(&e.Happening)
	case functions[i].steps:
		ok = p.steps(name, &e.Happening)
	case p.peek().is(sign, "("):
		p.problem(p.peek().at, "%s is not about a step: write %s alone", name.text, name.text)
		return e, false
	}
	if !ok {
		p.skip()
		p.takeSign(")") // that of the function
		return e, false
	}
	if op := p.peek(); op.kind == sign && (op.text == "=" || op.text == "!=" || slices.Contains(comparisonSigns, op.text)) {
		p.problem(op.at, "%s is compared with nothing: write %s, and for what did not happen not %s", name.text, functionExample(name.text), functionExample(name.text))
		return e, false
	}
	e.Happening.Age, e.Span, _, ok = p.age(name.text)
	return e, ok
}

func functionExample(name string) string {
	switch name {
	case "sent", "opened", "clicked", "bounced":
		return name + "(guide)"
	case "done":
		return "done(ring)"
	case eventFunction:
		return "event(deal_won)"
	}
	return name
}

// steps reads an optional (step, …).
func (p *expressionParser) steps(function lexeme, s *Sought) bool {
	opening := p.peek()
	if !p.takeSign("(") {
		if opening.kind == inQuote || opening.kind == word && !slices.Contains(keywords, opening.text) && !p.starts(opening) {
			p.problem(opening.at, "the step stands in parentheses: write %s(%s)", function.text, opening.text)
			return false
		}
		return true
	}
	if p.takeSign(")") {
		p.problem(opening.at, "no step stands in the parentheses: write %s for any step, or its id: %s", function.text, functionExample(function.text))
		return true
	}
	for {
		l := p.peek()
		if l.kind != word && l.kind != inQuote {
			p.problem(l.at, "the id of a step is missing: write for example %s", functionExample(function.text))
			return false
		}
		p.next++
		if !namePattern.MatchString(l.text) {
			p.problem(l.at, "%s is no id of a step: write it as it stands behind id:, for example %s", quoted(l.text), functionExample(function.text))
		}
		at := p.places[l.at]
		s.Steps = append(s.Steps, StepName{Name: l.text, Line: at.line, Column: at.column})
		behind := p.peek()
		switch {
		case p.takeSign(")"):
			return true
		case p.takeSign(","):
		case p.takeWord("or"):
			p.problem(behind.at, "write a comma between the steps: any one of them is enough")
		case behind.kind == word && !slices.Contains(keywords, behind.text):
			p.problem(behind.at, "a comma is missing before %s: write one", behind.shown())
		default:
			p.problem(opening.at, `this "(" is never closed: add ")"; within { } or [ ] of the file put the whole expression in quotes`)
			return false
		}
	}
}

// event reads (NAME).
func (p *expressionParser) event(s *Sought) bool {
	opening := p.peek()
	if !p.takeSign("(") {
		p.problem(opening.at, "event needs a name in parentheses: write for example event(deal_won) or event(custom:webinar)")
		return false
	}
	l := p.peek()
	if l.kind != word && l.kind != inQuote {
		p.problem(l.at, "the event's name is missing: write for example event(deal_won) or event(custom:webinar)")
		return false
	}
	p.next++
	if behind := p.peek(); !p.takeSign(")") {
		if behind.is(sign, ",") {
			p.problem(behind.at, "event takes one name: write event(%s) or event(…)", l.text)
		} else {
			p.problem(opening.at, `this "(" is never closed: add ")"`)
		}
		return false
	}
	s.Kind = l.text
	switch {
	case slices.Contains(events, l.text), customEventPattern.MatchString(l.text):
	case !customEventPattern.MatchString(customEvent + l.text), strings.HasPrefix(l.text, customEvent):
		p.problem(l.at, "%s cannot be an event: its name holds Latin letters, digits, -, _ and ., for example event(custom:webinar)", quoted(l.text))
	case DidYouMean(l.text, events) != "":
		p.problem(l.at, "unknown event %s%s An event of your own is written event(custom:%s).", quoted(l.text), DidYouMean(l.text, events), l.text)
	default:
		s.Kind = customEvent + l.text
	}
	return true
}
