package templates

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/idna"
)

// Link is one tracked link of a letter; its place in [Letter.Links] is its index.
type Link struct {
	Destination string // where it leads; "" when that holds fields and differs from client to client
	Offer       bool   // it takes up the letter's offer, and leads nowhere when that is over
}

// links gives every tracked link its index in the order of reading, and reports destinations that no letter may have.
// It returns, beside the links, template source of each destination with fields.
func (d *document) links() ([]Link, []string) {
	var links []Link
	var personal []string
	for _, n := range d.linkNodes() {
		switch n := n.(type) {
		case *ast.Image:
			if dest, ok := d.destination(n, n.Destination, true); ok {
				n.Destination = []byte(d.escapeFields(dest, false))
			}
		case *ast.Link:
			markButton(n)
			before := len(d.file.problems)
			dest, ok := d.destination(n, n.Destination, false)
			if !ok {
				if len(d.file.problems) == before {
					d.checkOffer(n)
				}
				continue
			}
			link, source := Link{Destination: dest, Offer: takesOffer(n)}, ""
			if d.words.pattern.MatchString(dest) {
				link.Destination = ""
				source = d.words.restore(d.escapeFields(dest, true))
			}
			n.Destination = []byte(d.words.insert("{{ index $.link.clicks " + strconv.Itoa(len(links)) + " }}"))
			links = append(links, link)
			personal = append(personal, source)
		}
	}
	return links, personal
}

// linkNodes collects links and images in the order of reading; addresses written without brackets become links like the others.
func (d *document) linkNodes() []ast.Node {
	var nodes []ast.Node
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n.(type) {
			case *ast.Link, *ast.Image, *ast.AutoLink:
				nodes = append(nodes, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for i, n := range nodes {
		if auto, ok := n.(*ast.AutoLink); ok {
			nodes[i] = d.fromAutoLink(auto)
		}
	}
	return nodes
}

func (d *document) fromAutoLink(auto *ast.AutoLink) *ast.Link {
	link := ast.NewLink()
	link.Destination = auto.URL(d.source)
	if auto.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(bytes.ToLower(link.Destination), []byte("mailto:")) {
		link.Destination = append([]byte("mailto:"), link.Destination...)
	}
	label := ast.NewString(auto.Label(d.source))
	label.SetRaw(true)
	link.AppendChild(link, label)
	auto.Parent().ReplaceChild(auto.Parent(), auto, link)
	return link
}

// destination checks where a link leads and reports whether it is to be tracked.
func (d *document) destination(n ast.Node, raw []byte, image bool) (string, bool) {
	dest := string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(raw))))
	scheme, rest, hasScheme := strings.Cut(dest, ":")
	scheme = strings.ToLower(scheme)
	report := func(format string, args ...any) {
		d.file.problem(d.locateDestination(n, raw), format, args...)
	}
	for _, a := range d.words.find(dest) {
		if a.relative {
			report("a link cannot use the value of a loop: %s means something else in every round", a.text)
			return "", false
		}
	}
	a, alone := d.words.only(dest)
	switch {
	case image && scheme != "https":
		report("an image needs an https:// address that anybody can open, not %q", d.words.plain(dest))
	case !image && alone && (a.inner() == ".link.unsubscribe" || a.inner() == ".company.site"):
	case !image && strings.HasPrefix(dest, "#"):
	case !image && hasScheme && (scheme == "mailto" || scheme == "tel"):
	case d.words.pattern.MatchString(scheme):
		report("a link must begin with a literal https://host/: fields may stand only after the host, not %q", d.words.plain(dest))
	case scheme != "http" && scheme != "https":
		report("a link must begin with https://, mailto: or tel:, not %q", d.words.plain(dest))
	default:
		return d.webAddress(scheme, rest, report)
	}
	return "", false
}

// webAddress normalises an http or https destination; its host must be literal.
func (d *document) webAddress(scheme, rest string, report func(string, ...any)) (string, bool) {
	rest, slashes := strings.CutPrefix(rest, "//")
	host, path := rest, ""
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		host, path = rest[:end], rest[end:]
	}
	written := d.words.plain(scheme + "://" + rest)
	if d.words.pattern.MatchString(host) {
		report("a link must begin with a literal https://host/: fields may stand only after the host, not %q", written)
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(hostName(host))
	u, parseErr := url.Parse(scheme + "://" + host)
	if !slashes || err != nil || parseErr != nil || ascii == "" || u.User != nil || strings.HasPrefix(path, `\`) {
		report("%q is not a web address", written)
		return "", false
	}
	host = ascii + strings.TrimPrefix(host, hostName(host))
	return scheme + "://" + host + string(util.URLEscape([]byte(path), false)), true
}

// hostName is a host without its port.
func hostName(host string) string {
	name, _, _ := strings.Cut(host, ":")
	return name
}

// escapeFields makes each field of a destination stay inside its place: one segment of the path, or one value of the query.
// Values in the query are left to html/template where the destination stands in HTML.
func (d *document) escapeFields(dest string, escapeQuery bool) string {
	query := strings.IndexAny(dest, "?#")
	var out strings.Builder
	from := 0
	for _, match := range d.words.pattern.FindAllStringIndex(dest, -1) {
		a, ok := d.words.only(dest[match[0]:match[1]])
		if !ok {
			continue
		}
		text := "{{ (" + a.inner() + ") | pathvalue }}"
		if query >= 0 && match[0] > query {
			text = a.text
			if escapeQuery {
				text = "{{ (" + a.inner() + ") | queryvalue }}"
			}
		}
		out.WriteString(dest[from:match[0]])
		out.WriteString(d.words.insert(text))
		from = match[1]
	}
	return out.String() + dest[from:]
}

// markButton gives the class "button" to a link that is, in bold, all of a paragraph.
func markButton(link *ast.Link) {
	bold, ok := link.Parent().(*ast.Emphasis)
	if !ok || bold.Level != 2 || bold.ChildCount() != 1 {
		return
	}
	if p, ok := bold.Parent().(*ast.Paragraph); ok && p.ChildCount() == 1 {
		link.SetAttributeString("class", []byte("button"))
	}
}

// locateDestination finds where a destination is written: after the text of its link.
func (d *document) locateDestination(n ast.Node, raw []byte) int {
	from, begun := 0, false
	_ = ast.Walk(n.Parent(), func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := c.(*ast.Text); ok && entering && !begun {
			from, begun = t.Segment.Start, true
		}
		return ast.WalkContinue, nil
	})
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := c.(*ast.Text); ok && entering {
			from = t.Segment.Stop
		}
		return ast.WalkContinue, nil
	})
	if at := bytes.Index(d.source[from:], raw); at >= 0 {
		from += at
	}
	return d.masked.offset(from)
}
