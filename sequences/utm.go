package sequences

import (
	"net/url"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
)

// UTM says by which parameters analytics tell where a visit came from. The zero value
// switches them off; of one that is on, empty values are the usual ones.
type UTM struct {
	On bool
	UTMValues
}

// UTMValues are the parameters that links get.
type UTMValues struct {
	Source   string `yaml:"source" jsonschema:"default=seventh" jsonschema_description:"utm_source"`
	Medium   string `yaml:"medium" jsonschema:"default=email" jsonschema_description:"utm_medium"`
	Campaign string `yaml:"campaign" jsonschema_description:"utm_campaign; the sequence's name if left out"`
	Content  string `yaml:"content" jsonschema_description:"utm_content; the step's id if left out"`
}

func (u *UTM) decodeYAML(d *decoder, n ast.Node, path string) {
	switch n := n.(type) {
	case *ast.BoolNode:
		*u = UTM{On: n.Value}
	case *ast.MappingNode:
		u.On = true
		d.fill(n, path, &u.UTMValues)
		if len(n.Values) == 0 {
			d.problem(d.at(n), "this map is empty: write utm: true for the usual parameters, or values of your own, for example utm: { campaign: spring }")
		}
		for _, v := range []struct{ key, value string }{{"source", u.Source}, {"medium", u.Medium}, {"campaign", u.Campaign}, {"content", u.Content}} {
			if len(v.value) > 100 {
				d.problem(d.spotOf(joinPath(path, v.key)), "this is too long for an address: write at most 100 letters")
			}
		}
	default:
		d.problem(d.at(n), "expected true, false or values of your own, for example utm: { campaign: spring }, found %s", kind(n))
	}
}

func utmSchema(r *jsonschema.Reflector) *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "boolean"}, inline(UTMValues{}, r.Mapper)}}
}

// UTMOf returns the parameters that the links of a step's letter get; all empty for none.
// What the step says goes before what the sequence says.
func (s *Sequence) UTMOf(id string, step Step) UTMValues {
	switch {
	case step.UTM != nil && !step.UTM.On, step.UTM == nil && (s.UTM == nil || !s.UTM.On):
		return UTMValues{}
	}
	v := UTMValues{Source: "seventh", Medium: "email", Campaign: s.Name, Content: id}
	for _, u := range []*UTM{s.UTM, step.UTM} {
		if u == nil {
			continue
		}
		for _, part := range []struct {
			to   *string
			from string
		}{{&v.Source, u.Source}, {&v.Medium, u.Medium}, {&v.Campaign, u.Campaign}, {&v.Content, u.Content}} {
			if part.from != "" {
				*part.to = part.from
			}
		}
	}
	return v
}

// AddTo adds the parameters to an address. Everything that stands there stays as it is,
// byte for byte; a parameter that it has already keeps its value.
func (v UTMValues) AddTo(address string) string {
	if v == (UTMValues{}) || !isWebAddress(address) {
		return address
	}
	rest, fragment, hasFragment := strings.Cut(address, "#")
	_, query, hasQuery := strings.Cut(rest, "?")
	there := make(map[string]bool)
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		key, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
		there[strings.ToLower(key)] = true
	}
	var out strings.Builder
	out.WriteString(rest)
	joint := "?"
	if hasQuery {
		joint = "&"
		if query == "" || strings.HasSuffix(query, "&") {
			joint = ""
		}
	}
	for _, p := range []struct{ key, value string }{{"utm_source", v.Source}, {"utm_medium", v.Medium}, {"utm_campaign", v.Campaign}, {"utm_content", v.Content}} {
		if p.value == "" || there[p.key] {
			continue
		}
		out.WriteString(joint + p.key + "=" + url.QueryEscape(p.value))
		joint = "&"
	}
	if hasFragment {
		out.WriteString("#" + fragment)
	}
	return out.String()
}

func isWebAddress(address string) bool {
	scheme, _, found := strings.Cut(address, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}
