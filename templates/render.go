package templates

import (
	"fmt"
	htmltemplate "html/template"
	"io"
	"reflect"
	"strings"
	texttemplate "text/template"
)

// Letter is one compiled template in one locale. It is safe for concurrent use.
type Letter struct {
	Name   string   // "c/case"
	Locale string   // "ru"; "" when the file names none
	Path   string   // of the file in the content folder
	Fields []string // paths of the fields that the letter and its layout use, sorted
	Links  []Link   // tracked links by index
	Fixed  [][]byte // what is the same in every copy, of both parts; equal input gives equal bytes

	locale       string     // Locale, or the default one
	paths        [][]string // Fields, split at the dots
	subject      *texttemplate.Template
	frame        map[string]*texttemplate.Template // preheader and title, where they hold fields
	html         *htmltemplate.Template
	text         *texttemplate.Template
	destinations []*texttemplate.Template // by link index; nil where Links has the destination
}

// Rendered is a letter for one client.
type Rendered struct {
	Subject      string    // one line
	HTML, Text   []Segment // what to join for the two parts
	Destinations []string  // by link index, where the destination holds fields; "" where Letter.Links has it
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
func (l *Letter) Render(d Data) (*Rendered, error) {
	r, view, err := l.prepare(d)
	if err != nil {
		return nil, fmt.Errorf("rendering %s: %w", l.Path, err)
	}
	if r.HTML, err = l.segments(l.html, view); err != nil {
		return nil, fmt.Errorf("rendering %s as HTML: %w", l.Path, err)
	}
	if r.Text, err = l.segments(l.text, view); err != nil {
		return nil, fmt.Errorf("rendering %s as text: %w", l.Path, err)
	}
	return r, nil
}

// prepare renders what both parts need: the subject, destinations of links, preheader and title.
func (l *Letter) prepare(d Data) (*Rendered, map[string]any, error) {
	view := l.view(d)
	r := &Rendered{Destinations: make([]string, len(l.Links))}
	subject, err := line(l.subject, view)
	if err != nil {
		return nil, nil, fmt.Errorf("subject: %w", err)
	}
	r.Subject = strings.TrimSpace(subject)
	for i, t := range l.destinations {
		if r.Destinations[i], err = line(t, view); err != nil {
			return nil, nil, fmt.Errorf("link %d: %w", i, err)
		}
	}
	for name, t := range l.frame {
		if view[name], err = line(t, view); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	link := group(view, "link")
	link["open"] = value(lookup(d, []string{"link", "open"}), l.locale)
	clicks, tracked := value(lookup(d, []string{"link", "clicks"}), l.locale).(list)
	if !tracked {
		clicks = l.untracked(r.Destinations)
	}
	link["clicks"] = clicks
	return r, view, nil
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

func (l *Letter) segments(t interface{ Execute(io.Writer, any) error }, view map[string]any) ([]Segment, error) {
	w := segmentWriter{fixed: l.Fixed}
	err := t.Execute(&w, view)
	return w.segments, err
}

// line renders one line of text; control characters in it become spaces, so that a subject cannot begin another header.
func line(t *texttemplate.Template, view map[string]any) (string, error) {
	if t == nil {
		return "", nil
	}
	var out strings.Builder
	if err := t.Execute(&out, view); err != nil {
		return "", err
	}
	if out.Len() > maxPart {
		return "", errTooLong
	}
	return clean(out.String()), nil
}

// view is the data as templates see it: every field the letter uses is there, as one of the types of value.go.
func (l *Letter) view(d Data) map[string]any {
	view := make(map[string]any, 8)
	for _, path := range l.paths {
		into := view
		for _, name := range path[:len(path)-1] {
			into = group(into, name)
		}
		into[path[len(path)-1]] = value(lookup(d, path), l.locale)
	}
	if client, used := view["client"].(map[string]any); used {
		if products, asked := client["products"]; asked {
			client["products"] = asList(products) // loops go over it, also when it is missing
		}
	}
	return view
}

func group(m map[string]any, name string) map[string]any {
	g, ok := m[name].(map[string]any)
	if !ok {
		g = map[string]any{}
		m[name] = g
	}
	return g
}

// lookup finds a field in a caller's data, whatever kind of maps it is made of.
func lookup(d Data, path []string) any {
	var v any = map[string]any(d)
	for _, name := range path {
		switch m := v.(type) {
		case map[string]any:
			v = m[name]
		case Data:
			v = m[name]
		case map[string]string:
			v = m[name]
		default:
			m2 := reflect.ValueOf(v)
			if m2.Kind() != reflect.Map || m2.Type().Key().Kind() != reflect.String {
				return nil
			}
			item := m2.MapIndex(reflect.ValueOf(name).Convert(m2.Type().Key()))
			if !item.IsValid() {
				return nil
			}
			v = item.Interface()
		}
	}
	return v
}
