package sequences

import (
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Letters are the letters of an email step: one, or the pool of a repeat.
type Letters []string

// Whether a letter answers the one before it.
const (
	ThreadReply = "reply"
	ThreadNew   = "new"
)

// Offer is what a letter offers until a deadline, counted for each client from
// the letter.
type Offer struct {
	Name    string   `yaml:"name" jsonschema:"required" jsonschema_description:"write the offer's name, for example name: spring"`
	Expires Duration `yaml:"expires" jsonschema:"required" jsonschema_description:"write how long it holds after the letter, for example expires: 3bd"`
}

// Deadline is until when an offer holds that was made at a moment, in its location.
// Letters name a day, so that day is the client's to its end; an offer for hours or
// minutes ends on time.
func (o *Offer) Deadline(made time.Time, cal Calendar) time.Time {
	ends := o.Expires.Add(made, cal)
	if o.Expires.Unit == Hour || o.Expires.Unit == Minute {
		return ends
	}
	return DateOf(ends).Next().Start(ends.Location()).Add(-time.Second)
}

// Repeat sends the letters of a pool one after the other.
type Repeat struct {
	Every  Duration `yaml:"every" cadence:"too" jsonschema:"required,pattern=^(cadence|[0-9]+(m|h|d|w|mo|bd))$" jsonschema_description:"write the time between two letters, for example every: 21d"`
	Times  int      `yaml:"times" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"most letters; without it as many as there are"`
	UsedUp string   `yaml:"used_up" jsonschema:"enum=stop,enum=wait,default=stop" jsonschema_description:"when the client has had all letters; stop: the next step follows, wait: until there is a new letter"`
}

// What a repeat does when a client has had all its letters.
const (
	UsedUpStop = "stop"
	UsedUpWait = "wait"
)

// First is the only letter of a step that is no repeat; "" for a step without letters.
func (l Letters) First() string {
	if len(l) == 0 {
		return ""
	}
	return l[0]
}

func (l *Letters) decodeYAML(d *decoder, n ast.Node, path string) {
	*l = nil
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	if len(items) == 0 {
		d.problem(d.at(n), "this list has no letters: write at least one, for example [c/tip-1, c/tip-2]")
	}
	seen := map[string]bool{}
	for _, item := range items {
		s, ok := d.text(item)
		if !ok || !d.letterName(d.at(item), s) {
			continue
		}
		if seen[s] {
			d.problem(d.at(item), "%s is listed twice: keep one of them", quoted(s))
			continue
		}
		seen[s] = true
		*l = append(*l, s)
	}
}

// letterName checks the name of a letter; nothing is said of an empty one.
func (d *decoder) letterName(at spot, s string) bool {
	switch {
	case s == "":
		return false // told already
	case strings.HasSuffix(s, ".md"):
		d.problem(at, "%s is a file: write the letter's name without language and .md, for example c/guide", quoted(s))
		return false
	case !templatePattern.MatchString(s):
		d.problem(at, "%s cannot be a letter: write its path in templates/ in Latin letters, digits, -, _ and /, for example c/guide", quoted(s))
		return false
	}
	return true
}

func checkEmail(d *decoder, s *Step, path string) {
	if o := s.Offer; o != nil && o.Name != "" {
		d.name(d.spotOf(path+".offer.name"), o.Name)
	}
	if s.Repeat == nil && len(s.Email) > 1 {
		d.problem(d.spotOf(path+".email"), "a step sends one letter: add repeat: { every: 21d } to send these one after the other, or make a step of each")
	}
	if s.Repeat != nil && s.Repeat.UsedUp == "" {
		s.Repeat.UsedUp = UsedUpStop
	}
}
