package sequences

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// ExitOn is what ends a sequence for a client.
type ExitOn struct {
	Words      []string    // reply, purchase, …
	Conditions []Condition // whoever one of them holds for has reached the goal
}

// exitWords are the words of exit_on.
var exitWords = []string{"reply", "unsubscribe", "bounce", "complaint", "purchase", "category_change"}

// alwaysExit is what no sequence may go on after.
var alwaysExit = []string{"unsubscribe", "bounce", "complaint"}

// ExitsOn tells whether what (a word of exit_on) ends the sequence for a client.
// Unsubscribing, a bounce and a complaint always do.
func (s *Sequence) ExitsOn(what string) bool {
	return slices.Contains(alwaysExit, what) || slices.Contains(s.ExitOn.Words, what)
}

// Listens tells whether the sequence waits, or ends, by what happens to a client: it
// must be looked at then, not only when its next step is due.
func (s *Sequence) Listens() bool {
	if len(s.ExitOn.Conditions) > 0 {
		return true
	}
	for step := range s.All() {
		if step.Wait != nil && step.Wait.Event != nil {
			return true
		}
	}
	return false
}

// Conditions are all conditions of the sequence: of exit_on and of its steps.
func (s *Sequence) Conditions() []Condition {
	all := slices.Clone(s.ExitOn.Conditions)
	for step := range s.All() {
		if step.If != nil {
			all = append(all, *step.If)
		}
		if step.Wait != nil && step.Wait.Event != nil {
			all = append(all, *step.Wait.Event)
		}
	}
	return all
}

func (e *ExitOn) decodeYAML(d *decoder, n ast.Node, path string) {
	*e = ExitOn{}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.problem(d.at(n), "expected a list, found %s: write [one, two], or one a line after dashes", kind(n))
		return
	}
	seen := map[string]bool{}
	for _, item := range list.Values {
		if _, isMap := item.(*ast.MappingNode); isMap {
			var c Condition
			c.decodeYAML(d, item, path)
			e.Conditions = append(e.Conditions, c)
			continue
		}
		s, ok := d.text(item)
		if !ok {
			continue
		}
		if seen[s] {
			d.problem(d.at(item), "%s is listed twice: keep one of them", quoted(s))
			continue
		}
		seen[s] = true
		switch {
		case slices.Contains(exitWords, s):
			e.Words = append(e.Words, s)
		case namePattern.MatchString(strings.ReplaceAll(s, "_", "-")) && !isFunction(s):
			d.problem(d.at(item), "%s", unknown("value of exit_on", s, exitWords))
		default:
			var c Condition
			c.decodeYAML(d, item, path)
			e.Conditions = append(e.Conditions, c)
		}
	}
}

// exitSchema is a list of words and conditions.
func exitSchema() *jsonschema.Schema {
	words := make([]any, len(exitWords))
	for i, w := range exitWords {
		words[i] = w
	}
	return &jsonschema.Schema{Type: "array", UniqueItems: true, Items: &jsonschema.Schema{
		AnyOf: []*jsonschema.Schema{{Type: "string", Enum: words}, {Ref: "#/$defs/Condition"}},
	}}
}
