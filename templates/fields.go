package templates

import (
	"slices"
	"strings"
)

// Data is what one letter is filled with: the groups client, rep, previous_rep, company, offer and link, each a map of the fields that
// [Fields] names. Any of them may be missing: a missing or nil field prints as nothing and counts as false.
// The sender adds fields of link that authors never write themselves: open, the URL of the pixel, honeypot, the link that nobody can see, and clicks, a
// []string with the tracked URL of each link by its index. Without clicks, links lead straight to their destinations.
type Data map[string]any

var builtinFields = []string{
	"client.category", "client.company", "client.email", "client.external_id", "client.first_name", "client.last_name",
	"client.last_purchase_at", "client.locale", "client.name", "client.products", "client.source", "client.stage",
	"client.temperature",
	"company.address", "company.email", "company.name", "company.phone", "company.site",
	"link.unsubscribe",
	"offer.expires_at", "offer.name",
	"previous_rep.email", "previous_rep.name", "previous_rep.phone", // empty but in a handover letter: who looked after the client before
	"rep.email", "rep.first_name", "rep.name", "rep.phone", "rep.position",
}

// Fields returns the path of every field an author may use, sorted; attributes are the client attributes that the settings declare.
func Fields(attributes []string) []string {
	fields := slices.Clone(builtinFields)
	for _, name := range attributes {
		fields = append(fields, "client.attributes."+name)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// Fields that only the layout has; what they hold is known when a letter is compiled.
var layoutFields = []string{"body", "locale", "preheader", "title"}

// dictionary is the fields one text may use.
type dictionary struct {
	names  []string // sorted
	fields map[string]bool
	groups map[string]bool // "client", "client.attributes", …
}

func newDictionary(names []string) dictionary {
	d := dictionary{names: names, fields: map[string]bool{}, groups: map[string]bool{}}
	for _, name := range names {
		d.fields[name] = true
		for i, c := range name {
			if c == '.' {
				d.groups[name[:i]] = true
			}
		}
	}
	return d
}

// missing explains an unknown field.
func (d dictionary) missing(path string) string {
	switch {
	case path == "link.open" || path == "link.clicks" || path == "link.honeypot":
		return "." + path + " is filled in by itself: remove it"
	case d.groups[path]:
		return "." + path + " is a group of fields, not a field: write one of its fields, as in ." + d.first(path)
	case strings.HasPrefix(path, "client.attributes."):
		hint := d.nearest(path)
		if hint == "" {
			hint = ": declare it under attributes in seventh.yaml"
		}
		return "unknown attribute ." + path + hint
	}
	return "unknown field ." + path + d.nearest(path)
}

// nearest suggests a field of the same group, or else of any.
func (d dictionary) nearest(path string) string {
	group := path[:strings.LastIndexByte(path, '.')+1]
	var names, siblings []string
	for _, name := range d.names {
		names = append(names, "."+name)
		if rest, ok := strings.CutPrefix(name, group); ok && group != "" {
			siblings = append(siblings, rest)
		}
	}
	if hint := didYouMean(strings.TrimPrefix(path, group), siblings); hint != "" {
		return strings.Replace(hint, "mean ", "mean ."+group, 1)
	}
	if d.groups[strings.TrimSuffix(group, ".")] {
		return ""
	}
	return didYouMean("."+path, names)
}

func (d dictionary) first(group string) string {
	for _, name := range d.names {
		if strings.HasPrefix(name, group+".") {
			return name
		}
	}
	return group
}
