package sequences

// Segment is a named filter over clients.
type Segment struct {
	Name  string `yaml:"segment" jsonschema:"required,pattern=^[a-z0-9][a-z0-9_-]*$" jsonschema_description:"write the segment's name, for example segment: quiet-customers"`
	Title string `yaml:"title" jsonschema_description:"what people read; the name if left out"`
	Where Filter `yaml:"where" jsonschema:"required" jsonschema_description:"write which clients belong to it, for example where: { category: [C, D] }"`
	File  string `yaml:"-"` // as given to ParseSegment
}

// ParseSegment reads one file of segments/, by the rules of ParseSequence.
func ParseSegment(file string, src []byte, s *Settings) (*Segment, []Problem) {
	g := &Segment{File: file}
	d := decode(file, src, s, g, "a segment")
	if at, written := d.spots["segment"]; written && g.Name != "" {
		d.name(at, g.Name)
	}
	if g.Title == "" {
		g.Title = g.Name
	}
	return g, d.sorted()
}
