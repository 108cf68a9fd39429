package worker

import (
	"seventh/internal/engine"
	"seventh/sequences"
	"seventh/templates"
)

// Preview is what a letter shows to its client when nobody is sent it: the same as
// the real one, but for its links. They lead where they lead, untracked, and the way
// out leads to the page that is named.
func Preview(settings *sequences.Settings, l *engine.Letter, unsubscribe string) templates.Source {
	return preview{&fields{settings: settings, Letter: l, unsubscribe: unsubscribe}}
}

type preview struct{ fields *fields }

func (p preview) Field(path string) any {
	if path == "link.open" || path == "link.clicks" || path == "link.honeypot" {
		return nil
	}
	return p.fields.Field(path)
}
