package templates

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Letter is one compiled template in one locale. It is safe for concurrent use.
type Letter struct {
	Name   string   // "c/case"
	Locale string   // "ru"; "" when the file names none
	Path   string   // of the file in the content folder
	Fields []string // paths of the fields that the letter and its layout use, sorted
	Links  []Link   // tracked links by index
	Fixed  [][]byte // what is the same in every copy, of both parts; equal input gives equal bytes

	locale       string   // Locale, or the default one
	slots        []string // paths of the values of a program: Fields, then these
	open         int      // slots of link.open, link.honeypot and link.clicks
	honeypot     int
	clicks       int
	subject      part
	frame        []frameLine
	html, text   part
	destinations []part // by link index; empty where Links has the destination
}

// part is one template of a letter: compiled to steps, and as it is executed when there is a node without a step.
type part struct {
	steps    []step
	template interface{ Execute(io.Writer, any) error } // nil: nothing is written
	unknown  string                                     // the node without a step, if any
}

// frameLine is the preheader or the title, where it holds fields.
type frameLine struct {
	slot         int
	name, source string
	subject      bool // it says what the subject says, as the title does unless a letter gives it one
	part         part
}

// Rendered is a letter for one client.
type Rendered struct {
	Subject      string    // one line
	HTML, Text   []Segment // what to join for the two parts
	Destinations []string  // by link index, where the destination holds fields; "" where Letter.Links has it

	segments []Segment // of both parts
	personal []byte    // what they point into
}

// HTMLBytes joins the HTML part; l is the letter that was rendered.
func (r *Rendered) HTMLBytes(l *Letter) []byte { return l.joined(r.HTML) }

// TextBytes joins the text part; l is the letter that was rendered.
func (r *Rendered) TextBytes(l *Letter) []byte { return l.joined(r.Text) }

func (l *Letter) joined(segments []Segment) []byte {
	var out []byte
	for _, s := range segments {
		if s.Fixed >= 0 {
			out = append(out, l.Fixed[s.Fixed]...)
			continue
		}
		out = append(out, s.Personal...)
	}
	return out
}

// Render fills the letter with a client's data. There is no partial letter: on an error the result is nil.
func (l *Letter) Render(s Source) (*Rendered, error) {
	r := new(Rendered)
	if err := l.RenderTo(r, s); err != nil {
		return nil, err
	}
	return r, nil
}

// RenderTo is Render into a value that may have held another letter, whose parts it writes over; its subject and destinations
// stay with whoever has kept them. After an error there is no letter in r.
func (l *Letter) RenderTo(r *Rendered, s Source) error {
	if s == nil {
		s = Data(nil)
	}
	m := machines.Get().(*machine)
	defer m.release()
	m.fill(l, s)
	*r = Rendered{Destinations: make([]string, len(l.Links)), segments: r.segments[:0], personal: r.personal[:0]}
	if err := l.prepare(m, s, r); err != nil {
		return fmt.Errorf("rendering %s: %w", l.Path, err)
	}
	if err := l.write(m, l.html); err != nil {
		return fmt.Errorf("rendering %s as HTML: %w", l.Path, err)
	}
	second := len(m.cuts)
	if err := l.write(m, l.text); err != nil {
		return fmt.Errorf("rendering %s as text: %w", l.Path, err)
	}
	r.take(m.cuts, m.out, second)
	return nil
}

// take copies both parts, of which the second begins at a cut.
func (r *Rendered) take(cuts []cut, out []byte, second int) {
	r.personal = append(r.personal, out...)
	r.segments = slices.Grow(r.segments, len(cuts))
	for _, c := range cuts {
		s := Segment{Fixed: c.fixed}
		if c.fixed < 0 {
			s.Personal = r.personal[c.from:c.to:c.to]
		}
		r.segments = append(r.segments, s)
	}
	r.HTML, r.Text = r.segments[:second:second], r.segments[second:]
}

// prepare renders what both parts need: the subject, destinations of links, preheader and title.
func (l *Letter) prepare(m *machine, s Source, r *Rendered) error {
	subject, err := l.line(m, l.subject)
	if err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	r.Subject = strings.TrimSpace(subject)
	for i, d := range l.destinations {
		if r.Destinations[i], err = l.line(m, d); err != nil {
			return fmt.Errorf("link %d: %w", i, err)
		}
	}
	for _, f := range l.frame {
		text := subject
		if !f.subject {
			if text, err = l.line(m, f.part); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
		}
		m.slots[f.slot] = datum{text: text}
	}
	m.slots[l.open] = datumOf(s.Field("link.open"), l.locale)
	m.slots[l.honeypot] = datumOf(s.Field("link.honeypot"), l.locale)
	clicks := value(s.Field("link.clicks"), l.locale)
	if _, tracked := clicks.(list); !tracked {
		clicks = l.untracked(r.Destinations)
	}
	m.slots[l.clicks] = datum{other: clicks}
	return nil
}

// untracked makes links lead straight to their destinations.
func (l *Letter) untracked(personal []string) list {
	clicks := make(list, len(l.Links))
	for i, link := range l.Links {
		clicks[i] = link.Destination
		if clicks[i] == "" {
			clicks[i] = personal[i]
		}
	}
	return clicks
}

// write adds a part to the machine's.
func (l *Letter) write(m *machine, p part) error {
	m.begin()
	if p.unknown != "" {
		return p.template.Execute(markedWriter{m, l.Fixed}, l.view(m))
	}
	m.run(p.steps)
	if m.size > maxPart {
		return errTooLong
	}
	return nil
}

// line renders one line of text; control characters in it become spaces, so that a subject cannot begin another header.
func (l *Letter) line(m *machine, p part) (string, error) {
	if p.template == nil {
		return "", nil
	}
	if p.unknown != "" {
		var out strings.Builder
		if err := p.template.Execute(&out, l.view(m)); err != nil {
			return "", err
		}
		if out.Len() > maxPart {
			return "", errTooLong
		}
		return clean(out.String()), nil
	}
	m.begin()
	m.run(p.steps)
	text := string(m.out)
	m.out, m.cuts = m.out[:0], m.cuts[:0] // lines come before the parts
	if len(text) > maxPart {
		return "", errTooLong
	}
	return clean(text), nil
}

// fill looks up every field that the letter uses.
func (m *machine) fill(l *Letter, s Source) {
	m.out, m.cuts = m.out[:0], m.cuts[:0]
	m.slots = slices.Grow(m.slots[:0], len(l.slots))[:len(l.slots)]
	for i, path := range l.Fields {
		m.slots[i] = datumOf(s.Field(path), l.locale)
		if path == "client.products" {
			m.slots[i] = datum{other: asList(m.slots[i].value())} // loops go over it, also when it is missing
		}
	}
}

// view is the values of a machine as templates take them: maps of groups.
func (l *Letter) view(m *machine) map[string]any {
	view := make(map[string]any, 8)
	for i, path := range l.slots {
		into, name := view, path
		for {
			first, rest, more := strings.Cut(name, ".")
			if !more {
				break
			}
			into, name = group(into, first), rest
		}
		into[name] = m.slots[i].value()
	}
	return view
}

// emptyView is the view of nobody.
func (l *Letter) emptyView() map[string]any {
	var m machine
	m.fill(l, Data(nil))
	m.slots[l.clicks] = datum{other: make(list, len(l.Links))}
	return l.view(&m)
}

func group(m map[string]any, name string) map[string]any {
	g, ok := m[name].(map[string]any)
	if !ok {
		g = map[string]any{}
		m[name] = g
	}
	return g
}
