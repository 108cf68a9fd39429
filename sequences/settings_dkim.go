package sequences

import (
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"
	"golang.org/x/net/idna"
)

// DKIM are the keys that letters from a domain are signed with: one, or two (RSA and
// Ed25519). A domain without a key of its own is signed with its parent domain's.
type DKIM []DKIMKey

// DKIMKey is one key of a domain.
type DKIMKey struct {
	Selector string    `yaml:"selector" jsonschema:"required" jsonschema_description:"write the name under which the public key stands in the DNS: s2026 for s2026._domainkey.example.com"`
	Key      Reference `yaml:"key" jsonschema:"required" jsonschema_description:"write where the private key is kept: file:/etc/seventh/dkim.pem or env:DKIM_KEY"`
}

// Reference says where a secret is kept, env:NAME or file:PATH. The secret itself
// never stands in the content folder: that lies in git.
type Reference string

const (
	maxDKIMKeys = 2
	dkimExample = "{ selector: s2026, key: file:/etc/seventh/dkim.pem }"
)

var (
	selectorPattern  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	referencePattern = regexp.MustCompile(`^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`)
)

func (k *DKIM) decodeYAML(d *decoder, n ast.Node, path string) {
	*k = nil
	d.dkimDomain(strings.TrimPrefix(path, "dkim."), d.keys[path])
	items := []ast.Node{n}
	if list, ok := n.(*ast.SequenceNode); ok {
		items = list.Values
	}
	if len(items) == 0 {
		d.problem(d.at(n), "this list is empty: write a key like %s, or remove the domain", dkimExample)
	}
	if len(items) > maxDKIMKeys {
		d.problem(d.at(n), "%d keys are too many: keep one RSA key and, if you like, one Ed25519 key", len(items))
		return
	}
	for _, item := range items {
		if _, ok := item.(*ast.MappingNode); !ok {
			d.secretProblem(d.at(item), "a key is missing here: write %s", dkimExample)
			continue
		}
		var key DKIMKey
		d.fill(item, path, &key)
		if key.Selector != "" && !selectorPattern.MatchString(key.Selector) {
			d.problem(d.spotOf(path+".selector"), "%s cannot be a selector: write small Latin letters, digits and hyphens, for example s2026", quoted(key.Selector))
		}
		if len(*k) > 0 && key.Selector != "" && (*k)[0].Selector == key.Selector {
			d.problem(d.spotOf(path+".selector"), "the selector %s is used twice: each key has a record of its own in the DNS, and so a selector of its own", quoted(key.Selector))
		}
		*k = append(*k, key)
	}
}

func (d *decoder) dkimDomain(domain string, at spot) {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || domain != strings.ToLower(domain) || !strings.Contains(ascii, ".") || !selectorPattern.MatchString(ascii) {
		d.problem(at, "%s is not a domain: write what stands behind the @ of the senders' addresses, in small letters, for example example.com", quoted(domain))
	}
}

func (r *Reference) decodeYAML(d *decoder, n ast.Node, _ string) {
	written := ""
	switch n := n.(type) {
	case *ast.StringNode:
		written = n.Value
	case *ast.LiteralNode:
		written = n.Value.Value // a key of several lines
	}
	if !referencePattern.MatchString(written) {
		d.secretProblem(d.at(n), "only env:NAME or file:PATH may stand here, as this folder lies in git: "+
			"put the secret into a file or a variable, and take it out of git's history if it has been there")
		return
	}
	*r = Reference(written)
}

// secretProblem does not show the line, as the secret may stand in it.
func (d *decoder) secretProblem(at spot, format string, args ...any) {
	before := len(d.problems)
	d.problem(at, format, args...)
	if len(d.problems) > before {
		d.problems[before].Source = ""
	}
}

func dkimSchema(r *jsonschema.Reflector) *jsonschema.Schema {
	one := inline(DKIMKey{}, r.Mapper)
	least, most := uint64(1), uint64(maxDKIMKeys)
	return &jsonschema.Schema{
		Description: "keys that letters from this domain are signed with: " + dkimExample + ", or a list of two",
		OneOf:       []*jsonschema.Schema{one, {Type: "array", Items: one, MinItems: &least, MaxItems: &most}},
	}
}

func referenceSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: referencePattern.String(), Examples: []any{"env:NAME", "file:/etc/seventh/secret"}}
}
