package templates

import (
	"io/fs"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"
)

// Lint reads the layout and the letters of a content folder as an editor does before the mailing: links that lead nowhere and
// pictures that nobody sees. Such letters compile, and what was published with them stays in force; a new folder is better
// without. What Load has reported is not reported again.
func Lint(fsys fs.FS) []Problem {
	files, _ := readFiles(fsys)
	var problems []Problem
	for _, f := range files {
		if f.path == layoutPath {
			lintLayout(f)
		} else {
			lintLetter(f)
		}
		problems = append(problems, f.problems...)
	}
	sortProblems(problems)
	return problems
}

// lintLetter looks at the links of a letter that are well formed.
func lintLetter(f *file) {
	_, start := parseFrontMatter(f)
	words := newPlaceholders(f.text)
	body := words.mask(f.text[start:], start, scanActions(f, f.text[start:], start))
	d := parseMarkdown(f, words, body)
	f.problems = nil // Load's
	for _, n := range d.linkNodes() {
		switch n := n.(type) {
		case *ast.Image:
			at := d.locateDestination(n, n.Destination)
			if n.ChildCount() == 0 {
				f.warning(at, "this picture has no text for readers who do not see it: write ![what it shows](https://…)")
			}
			if dest, known := d.written(n.Destination); known && strings.HasPrefix(dest, "https://") {
				f.dead(at, dest)
			}
		case *ast.Link:
			if dest, known := d.written(n.Destination); known && lintable(dest) {
				f.dead(d.locateDestination(n, n.Destination), dest)
			}
		}
	}
}

// written is a destination as it was written, up to its first field; not known when there is nothing before that.
func (d *document) written(raw []byte) (dest string, known bool) {
	dest = string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(raw))))
	return upToField(d.words, dest)
}

func upToField(words *placeholders, dest string) (literal string, known bool) {
	if first := words.pattern.FindStringIndex(dest); first != nil {
		return dest[:first[0]], first[0] > 0
	}
	return dest, true
}

// lintable is what Load lets through in a letter.
func lintable(dest string) bool {
	for _, begins := range []string{"#", "http://", "https://", "mailto:", "tel:"} {
		if strings.HasPrefix(strings.ToLower(dest), begins) {
			return true
		}
	}
	return false
}

// lintLayout looks at links and pictures of the layout, which is plain HTML.
func lintLayout(f *file) {
	words := newPlaceholders(f.text)
	m := words.mask(f.text, 0, scanActions(f, f.text, 0))
	f.problems = nil // Load's
	tokens := html.NewTokenizer(strings.NewReader(m.text))
	at := 0
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		raw := strings.ToLower(string(tokens.Raw()))
		from := at
		at += len(raw)
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := tokens.Token()
		place := func(attribute string) int { return m.offset(from + max(0, strings.Index(raw, attribute+"="))) }
		switch token.Data {
		case "a", "area":
			if href, given := attributeOf(token, "href"); given {
				f.link(words, place("href"), href)
			}
		case "img":
			f.picture(words, token, place)
		}
	}
}

func attributeOf(token html.Token, name string) (value string, given bool) {
	for _, a := range token.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func (f *file) link(words *placeholders, at int, href string) {
	if dest, known := upToField(words, href); known {
		f.dead(at, strings.TrimSpace(dest))
	}
}

func (f *file) picture(words *placeholders, token html.Token, place func(string) int) {
	if _, given := attributeOf(token, "alt"); !given {
		f.warning(place("img"), `this picture has no text for readers who do not see it: write alt="what it shows", or alt="" for mere decoration`)
	}
	src, _ := attributeOf(token, "src")
	src, known := upToField(words, strings.TrimSpace(src))
	switch {
	case !known:
	case !strings.HasPrefix(strings.ToLower(src), "https://"):
		f.problem(place("src"), "a picture needs an https:// address that anybody can open, not %q", src)
	default:
		f.dead(place("src"), src)
	}
}

// dead reports an address that leads nowhere, as far as that can be told without trying it.
func (f *file) dead(at int, dest string) {
	scheme, rest, hasScheme := strings.Cut(dest, ":")
	switch scheme = strings.ToLower(scheme); {
	case dest == "":
		f.problem(at, "this link is empty: write where it leads, for example https://example.com/page")
	case strings.HasPrefix(dest, "#"):
		f.problem(at, "the link %q leads nowhere in a letter: write a full address, for example https://example.com/page", dest)
	case strings.ContainsAny(dest, " \t\n"):
		f.problem(at, "the link %q has a space in it: remove it, or write %%20", dest)
	case hasScheme && (scheme == "mailto" || scheme == "tel"):
		if rest == "" || scheme == "mailto" && !strings.Contains(rest, "@") {
			f.problem(at, "the link %q has no %s: write it behind the colon", dest, map[string]string{"mailto": "address", "tel": "number"}[scheme])
		}
	case scheme != "http" && scheme != "https" || !strings.HasPrefix(rest, "//"):
		f.problem(at, "the link %q must begin with https://, mailto: or tel:, because a letter has no page that it could go on from", dest)
	default:
		f.deadHost(at, dest)
	}
}

// deadHost reports hosts that are nobody's, or that only the author can reach.
func (f *file) deadHost(at int, dest string) {
	u, err := url.Parse(dest)
	if err != nil || u.Hostname() == "" {
		f.problem(at, "%q is not a web address: write one like https://example.com/page", dest)
		return
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ip, noName := netip.ParseAddr(host)
	switch {
	case placeholderPattern.MatchString(host) || placeholderPattern.MatchString(strings.ToLower(path.Base(u.Path))):
		f.problem(at, "the link %q was to be filled in: write the address it leads to", dest)
	case noName == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsLinkLocalUnicast()),
		host == "localhost", privateName.MatchString(host):
		f.problem(at, "the link %q works only on your own computer or network: write the address that clients can open", dest)
	case noName != nil && !strings.Contains(host, "."):
		f.problem(at, "the link %q names no web site: write its whole name, for example https://%s.com", dest, host)
	}
}

var (
	placeholderPattern = regexp.MustCompile(`(^|[.-])(todo|tbd|fixme|xxx+|changeme|placeholder|your-?(domain|company|site))([.-]|$)`)
	privateName        = regexp.MustCompile(`\.(localhost|local|internal|intranet|lan|invalid|test)$`)
)
