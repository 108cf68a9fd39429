package templates

import (
	"errors"
	"strconv"
	"sync"
)

// A program is a template compiled to steps. It does what executing the template does, byte for byte, without reflection and
// without looking up fields by name: they stand in numbered slots.

type step interface{ run(*machine) }

type (
	// fixedStep is a fixed part of the letter.
	fixedStep struct{ index, size int }
	// literalStep is text of a line, which has no fixed parts.
	literalStep string
	// printStep prints a value, made safe for its place by each escaper in turn.
	printStep struct {
		value    expression
		escapers []escaper
	}
	ifStep struct {
		condition expression
		yes, no   []step
	}
	// withStep makes a value the dot, unless it is empty.
	withStep struct {
		value   expression
		yes, no []step
	}
	// rangeStep makes each item of a list the dot.
	rangeStep struct {
		list       expression
		each, none []step
	}
)

// machine runs the programs of one letter for one client. It is also the writer of templates that have no program.
type machine struct {
	slots []datum
	dot   datum   // inside of with and range
	stack []datum // arguments of functions under way
	out   []byte  // personal bytes of both parts
	cuts  []cut
	part  int // where the cuts of the present part begin
	size  int // of the present part, in bytes
}

// cut is a segment whose bytes, if they are personal, are out[from:to].
type cut struct{ fixed, from, to int }

var machines = sync.Pool{New: func() any { return new(machine) }}

// release gives the machine back, without what it knows of a client.
func (m *machine) release() {
	clear(m.slots)
	clear(m.stack[:cap(m.stack)])
	m.dot, m.stack = datum{}, m.stack[:0]
	if cap(m.out) > maxPart/8 {
		m.out = nil // a rare letter is not to be carried along for ever
	}
	machines.Put(m)
}

func (m *machine) begin() { m.part, m.size = len(m.cuts), 0 }

// run stops where a part has become too long; whoever has begun it asks for its size.
func (m *machine) run(steps []step) {
	for _, s := range steps {
		if m.size > maxPart {
			return
		}
		s.run(m)
	}
}

func (s fixedStep) run(m *machine) {
	m.cuts = append(m.cuts, cut{fixed: s.index})
	m.size += s.size
}

func (s literalStep) run(m *machine) {
	m.out = append(m.out, s...)
	m.size += len(s)
}

func (s *printStep) run(m *machine) {
	text := s.value.eval(m).String()
	from := len(m.out)
	if len(s.escapers) == 0 {
		m.out = append(m.out, text...)
	} else {
		m.out = s.escape(m.out, text)
	}
	m.personal(from)
}

// escape appends text as the last escaper makes it of what those before it have made.
func (s *printStep) escape(dst []byte, text string) []byte {
	last := len(s.escapers) - 1
	for _, escape := range s.escapers[:last] {
		escaped := escape(dst, text)
		if made := escaped[len(dst):]; string(made) != text {
			text = string(made)
		}
		dst = escaped[:len(dst)]
	}
	return s.escapers[last](dst, text)
}

// personal notes that what stands in out from there on is the client's.
func (m *machine) personal(from int) {
	to := len(m.out)
	if to == from {
		return
	}
	m.size += to - from
	if last := len(m.cuts) - 1; last >= m.part && m.cuts[last].fixed < 0 {
		m.cuts[last].to = to
		return
	}
	m.cuts = append(m.cuts, cut{fixed: -1, from: from, to: to})
}

func (s *ifStep) run(m *machine) {
	if s.condition.eval(m).truth() {
		m.run(s.yes)
		return
	}
	m.run(s.no)
}

func (s *withStep) run(m *machine) {
	v := s.value.eval(m)
	if !v.truth() {
		m.run(s.no)
		return
	}
	outer := m.dot
	m.dot = v
	m.run(s.yes)
	m.dot = outer
}

func (s *rangeStep) run(m *machine) {
	items, _ := s.list.eval(m).other.(list)
	if len(items) == 0 {
		m.run(s.none)
		return
	}
	outer := m.dot
	for _, item := range items {
		m.dot = datum{text: item}
		m.run(s.each)
	}
	m.dot = outer
}

// markedWriter takes what a marked template writes (see segments.go).
type markedWriter struct {
	*machine
	fixed [][]byte
}

func (w markedWriter) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == 0 {
		i, err := strconv.Atoi(string(p[1 : len(p)-1]))
		if err != nil || i >= len(w.fixed) {
			return 0, errors.New("a value holds a marker of fixed parts")
		}
		fixedStep{i, len(w.fixed[i])}.run(w.machine)
	} else {
		from := len(w.out)
		w.out = append(w.out, p...)
		w.personal(from)
	}
	if w.size > maxPart {
		return 0, errTooLong
	}
	return len(p), nil
}
