package sequences

import (
	"fmt"
	"maps"
	"slices"
)

// Names knows the steps of a sequence by all ids they ever had: a step that was
// renamed is the same step, so that nobody gets it twice. The zero Names knows of no
// renaming.
type Names struct{ first map[string]string } // of an id that was renamed or is new: the first one of that step

// NamesOf collects what the versions of a sequence say with renamed_from.
func NamesOf(versions ...*Sequence) Names {
	n := Names{first: map[string]string{}}
	for _, v := range versions {
		for step := range v.All() {
			if step.RenamedFrom != "" {
				n.join(step.RenamedFrom, step.ID)
			}
		}
	}
	return n
}

func (n Names) join(was, id string) {
	a, b := n.root(was), n.root(id)
	n.first[was], n.first[id] = a, a
	for name, root := range n.first {
		if root == b {
			n.first[name] = a
		}
	}
}

func (n Names) root(id string) string {
	if root, renamed := n.first[id]; renamed {
		return root
	}
	return id
}

// Same tells whether two ids mean one step.
func (n Names) Same(a, b string) bool { return n.root(a) == n.root(b) }

// All are the ids of a step, the one asked about among them.
func (n Names) All(id string) []string {
	all := []string{id}
	for _, name := range slices.Sorted(maps.Keys(n.first)) {
		if name != id && n.Same(name, id) {
			all = append(all, name)
		}
	}
	return all
}

// In is the id that a step has in a version; false if that does not have it.
func (n Names) In(s *Sequence, id string) (string, bool) {
	if _, found := s.Step(id); found {
		return id, true
	}
	if len(n.first) == 0 {
		return "", false
	}
	for step := range s.All() {
		if n.Same(step.ID, id) {
			return step.ID, true
		}
	}
	return "", false
}

// Clash finds two steps of one version whose names say that they are one: an id was
// given to a second step. It is nil if there are none.
func (n Names) Clash(version *Sequence) error {
	ids := map[string]string{}
	for step := range version.All() {
		root := n.root(step.ID)
		if other, taken := ids[root]; taken {
			return fmt.Errorf("%s and %s are two names of one step, by renamed_from: give one of them an id that no step of this sequence ever had", quoted(other), quoted(step.ID))
		}
		ids[root] = step.ID
	}
	return nil
}
