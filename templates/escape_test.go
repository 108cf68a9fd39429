package templates

import (
	htmltemplate "html/template"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
)

// places are where a field may stand in HTML, each with the escapers that html/template puts there.
var places = []struct {
	source   string
	escapers []string
}{
	{`<p>{{ . }}</p>`, []string{"_html_template_htmlescaper"}},
	{`<title>{{ . }}</title>`, []string{"_html_template_rcdataescaper"}},
	{`<a title="{{ . }}">x</a>`, []string{"_html_template_attrescaper"}},
	{`<a title={{ . }}>x</a>`, []string{"_html_template_nospaceescaper"}},
	{`<a href="{{ . }}">x</a>`, []string{"_html_template_urlfilter", "_html_template_urlnormalizer", "_html_template_attrescaper"}},
	{`<a href={{ . }}>x</a>`, []string{"_html_template_urlfilter", "_html_template_urlnormalizer", "_html_template_nospaceescaper"}},
	{`<a href="https://e.example/{{ . }}">x</a>`, []string{"_html_template_urlnormalizer", "_html_template_attrescaper"}},
	{`<a href='https://e.example/?q={{ . }}'>x</a>`, []string{"_html_template_urlescaper", "_html_template_attrescaper"}},
	{`<a href=https://e.example/{{ . }}>x</a>`, []string{"_html_template_urlnormalizer", "_html_template_nospaceescaper"}},
}

// escaping returns what fills one place with text: html/template, and our escapers.
func escaping(t testing.TB, place int) (theirs, ours func(text string) string) {
	t.Helper()
	source := places[place].source
	template := htmltemplate.Must(htmltemplate.New("").Parse(source))
	theirs = func(text string) string {
		var out strings.Builder
		if err := template.Execute(&out, text); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	theirs("") // escapes the template
	var names []string
	var s printStep
	for _, cmd := range template.Tree.Root.Nodes[1].(*parse.ActionNode).Pipe.Cmds[1:] {
		names = append(names, cmd.Args[0].String())
		s.escapers = append(s.escapers, escapers[cmd.Args[0].String()])
	}
	if !slices.Equal(names, places[place].escapers) {
		t.Fatalf("html/template puts %q into %s, want %q", names, source, places[place].escapers)
	}
	before, after, _ := strings.Cut(source, "{{ . }}")
	return theirs, func(text string) string { return before + string(s.escape(nil, text)) + after }
}

func TestEscapersDoWhatThoseOfHTMLTemplateDo(t *testing.T) {
	t.Parallel()
	var texts []string
	for r := range rune(0x250) {
		texts = append(texts, string(r), "a"+string(r)+"b")
	}
	for b := range 256 {
		texts = append(texts, string([]byte{'%', byte(b), '0'}), string([]byte{byte(b), 'x'}))
	}
	texts = append(texts, "\ufdcf\ufdd0\ufdef\ufdf0", "\uffef\ufff0\ufffd\uffff\U00010000", "%", "%4", "%41%4g%g4", "HTTPS://x", "mailTo:a", "data:a", "a/b:c", ":", "tel:1")
	texts = append(texts, hostile...)
	for place, p := range places {
		theirs, ours := escaping(t, place)
		for _, text := range texts {
			if want, got := theirs(text), ours(text); got != want {
				t.Errorf("%q in %s: %q, html/template: %q", text, p.source, got, want)
			}
		}
	}
}

func FuzzEscapers(f *testing.F) {
	for i, text := range hostile {
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, place uint8, text string) {
		i := int(place) % len(places)
		theirs, ours := escaping(t, i)
		if want, got := theirs(text), ours(text); got != want {
			t.Errorf("%q in %s: %q, html/template: %q", text, places[i].source, got, want)
		}
	})
}

func TestCleanTextIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for c := range rune(0x3000) {
		s := "x" + string(c) + "ы"
		if isClean(s) != (clean(s) == s) && c != '\uFFFD' {
			t.Errorf("%q: clean is %v", s, isClean(s))
		}
	}
	for range 1000 {
		b := []byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 'a'}
		if s := string(b); isClean(s) && clean(strings.Clone(s)+"\n") != s+" " {
			t.Errorf("%q is not clean", s)
		}
	}
}
