package content

import (
	"cmp"
	"fmt"
	"slices"

	"seventh/sequences"
)

// categories checks that the chains which the settings name for categories exist.
func (l *loading) categories() {
	written := make([]string, len(l.folder.Sequences))
	for i, s := range l.folder.Sequences {
		written[i] = s.Name
	}
	for _, name := range sequences.Categories {
		c := l.folder.Settings.Categories[name]
		if c.Line == 0 || slices.Contains(written, c.Chain) {
			continue
		}
		if l.folder.files["sequences/"+c.Chain+".yaml"] != nil || l.folder.files["sequences/"+c.Chain+".yml"] != nil {
			continue // its own problems are told already
		}
		l.problem(SettingsFile, c.Line, c.Column, fmt.Sprintf(
			"there is no sequence %q for the clients of category %s%s Write it, or chain: none", c.Chain, name, cmp.Or(sequences.DidYouMean(c.Chain, written), ".")))
	}
}
