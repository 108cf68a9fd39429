package sequences

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Step is one link of a chain: what happens, and how long after the step before.
type Step struct {
	ID    string   `yaml:"id" jsonschema:"required,pattern=^[a-z0-9][a-z0-9_-]*$" jsonschema_description:"write a name for the step that never changes, for example id: guide"`
	After Duration `yaml:"after" cadence:"too" jsonschema:"pattern=^(cadence|[0-9]+(m|h|d|w|mo|bd))$" jsonschema_description:"delay since the step before; cadence: the time between letters of the client's category; without it at once"`
	Email string   `yaml:"email" jsonschema:"example=c/guide" jsonschema_description:"the letter: a file in templates/ without .md and language"`
	Offer *Offer   `yaml:"offer" jsonschema_description:"an offer with a deadline of each client's own"`
	// Thread is ThreadReply or ThreadNew, which is also meant by "".
	Thread string   `yaml:"thread" jsonschema:"enum=reply,enum=new,default=new" jsonschema_description:"reply: the letter answers the one before it, from the same mailbox and in the same conversation"`
	MaxAge Duration `yaml:"max_age" jsonschema_description:"how late the letter may be before missed decides; without it the sequence's"`

	Line   int `yaml:"-"` // of Email's value, for checks against the letters
	Column int `yaml:"-"`
}

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

// stepKinds are the keys that say what a step does, each with its own check; a
// step has exactly one. A new kind is a field of Step, a line here and its check.
var stepKinds = []struct {
	key   string
	check func(d *decoder, s *Step, path string)
}{
	{"email", checkEmail},
}

// decodeYAML reads the fields and then checks what makes them a step.
func (s *Step) decodeYAML(d *decoder, n ast.Node, path string) {
	before := len(d.problems)
	d.fill(n, path, s)
	if _, ok := n.(*ast.MappingNode); !ok {
		return
	}
	if at, written := d.spots[joinPath(path, "id")]; written && s.ID != "" {
		d.name(at, s.ID)
	}
	if o := s.Offer; o != nil && o.Name != "" {
		d.name(d.spotOf(path+".offer.name"), o.Name)
	}
	var keys []string
	for _, k := range stepKinds {
		keys = append(keys, k.key)
		if _, written := d.keys[joinPath(path, k.key)]; written {
			k.check(d, s, path)
			return
		}
	}
	if len(d.problems) > before {
		return // most likely the key that is missing is one of them, misspelt
	}
	d.problem(d.at(n), "this step does nothing: say what it does with %s, for example email: c/guide", strings.Join(keys, ", "))
}

func checkEmail(d *decoder, s *Step, path string) {
	at := d.spotOf(path + ".email")
	s.Line, s.Column = at.line, at.column
	switch {
	case s.Email == "":
		return // told already
	case strings.HasSuffix(s.Email, ".md"):
		d.problem(at, "%s is a file: write the letter's name without language and .md, for example c/guide", quoted(s.Email))
	case !templatePattern.MatchString(s.Email):
		d.problem(at, "%s cannot be a letter: write its path in templates/ in Latin letters, digits, -, _ and /, for example c/guide", quoted(s.Email))
	}
}

// checkSteps holds what concerns the steps together: there are some, and no two
// have one id.
func (d *decoder) checkSteps(steps []Step) {
	if at, written := d.spots["steps"]; written && steps != nil && len(steps) == 0 {
		d.problem(at, "the sequence has no steps: write at least one, for example - { id: guide, email: c/guide }")
	}
	if len(steps) > 0 && steps[0].Thread == ThreadReply {
		d.problem(d.spotOf("steps[0].thread"), "the first letter has none before it to answer: remove thread: reply here")
	}
	lines := map[string]int{}
	for i, step := range steps {
		at := d.spotOf("steps[" + strconv.Itoa(i) + "].id")
		if line, twice := lines[step.ID]; twice && step.ID != "" {
			d.problem(at, "step id %s is already used on line %d: every step needs its own", quoted(step.ID), line)
			continue
		}
		lines[step.ID] = at.line
	}
}
