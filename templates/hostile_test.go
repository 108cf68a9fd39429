package templates

import (
	"bytes"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"testing"
	texttemplate "text/template"

	"golang.org/x/net/html"
)

const everything = `---
subject: "{{ .client.first_name }} and {{ .client.company }}"
preheader: For {{ .client.first_name }}
title: "{{ .client.company }}"
---
Hello {{ .client.first_name | default "there" }}, **{{ .client.company }}**!

{{ if .client.attributes.industry }}
You are in {{ .client.attributes.industry | upper }}: [look](https://example.com/{{ .client.attributes.industry }}/x?i={{ .client.attributes.industry }} "for {{ .client.first_name }}").
{{ else if gt .client.attributes.employees 5 }}
{{ .client.attributes.employees }} {{ plural .client.attributes.employees "person" "people" }}
{{ else }}
We know little.
{{ end }}

{{ range .client.products }}
1. {{ . }} for {{ $.client.company | title }}
{{ end }}

{{ with .client.source }}
From {{ . }}.
{{ end }}

` + "`{{ .client.first_name }}` &#123;&#123; .client &#125;&#125; {\\{ ![{{ .client.company }}](https://i.example/{{ .client.company }}.png?c={{ .client.company }})" + `

**[{{ .client.first_name }}](https://example.com/b)**
`

var hostile = []string{
	"", "Ann", "Анна", `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><script>`,
	`javascript:alert(1)`, `{{ .client.email }}`, "{{end}}", "\x000\x00", "\x00", "0\x00", "a\r\nBcc: x@evil.example", "\u2028x\u2029", "--></style>",
	`[x](https://evil.example)`, `<a href="https://evil.example">x</a>`, "qzv00001q", "<!--qzv00001q-->", "../../admin?x=1#y", "//evil.example/",
	"%0d%0a", "\xff\xfe", strings.Repeat("x", 5000), "&lt;b&gt;", "`", "\\", "a\x1b[31mb", "&#60;script&#62;",
}

func hostileData(a, b string) Data {
	return Data{
		"client": map[string]any{"first_name": a, "company": b, "source": a, "products": []string{a, b},
			"attributes": map[string]any{"industry": b, "employees": len(a)}},
		"link": map[string]any{"unsubscribe": "https://u.example/1", "open": "https://u.example/o", "clicks": []string{"https://u.example/c0", "https://u.example/c1"}},
	}
}

func TestHostileDataStaysText(t *testing.T) {
	t.Parallel()
	l := compiled(t, everything).letter
	for i, a := range hostile {
		checkHostile(t, l, hostileData(a, "x"))
		checkHostile(t, l, hostileData(a, hostile[(i*7+3)%len(hostile)]))
	}
}

// checkHostile renders and looks for anything a client's data may have added to the page.
func checkHostile(t *testing.T, l *Letter, d Data) {
	t.Helper()
	r, err := l.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(r.Subject, "\r\n\x00\u2028\u2029") {
		t.Errorf("the subject %q is more than a line", r.Subject)
	}
	for _, dest := range r.Destinations {
		if dest != "" && !strings.HasPrefix(dest, "https://example.com/") || strings.ContainsAny(dest, " \r\n\"<>") {
			t.Errorf("%q leads elsewhere", dest)
		}
	}
	for tokens := html.NewTokenizer(bytes.NewReader(r.HTMLBytes(l))); tokens.Next() != html.ErrorToken; {
		token := tokens.Token()
		switch token.Type {
		case html.CommentToken:
			t.Errorf("a comment: %s", token)
		case html.StartTagToken, html.SelfClosingTagToken:
			checkTag(t, token)
		}
	}
}

func checkTag(t *testing.T, token html.Token) {
	t.Helper()
	if !strings.Contains(" html head title meta body p strong a ol li code img em ", " "+token.Data+" ") {
		t.Errorf("the element %s", token)
	}
	for _, a := range token.Attr {
		switch a.Key {
		case "href", "src":
			if !strings.HasPrefix(a.Val, "https://u.example/") && !strings.HasPrefix(a.Val, "https://i.example/") {
				t.Errorf("a link to %q", a.Val)
			}
		case "alt", "title", "class", "width", "height":
		default:
			t.Errorf("the attribute %s of %s", a.Key, token)
		}
	}
}

func TestUnsafeTypesAreOnlyText(t *testing.T) {
	t.Parallel()
	d := client(map[string]any{"first_name": htmltemplate.HTML("<b>x</b>"), "company": htmltemplate.URL("javascript:x")})
	if got, want := htmlOf(t, "{{ .client.first_name }} {{ .client.company }}", d), "<p>&lt;b&gt;x&lt;/b&gt; javascript:x</p>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// unmarked is a letter together with the templates it was compiled from, before markers took the place of text.
type unmarked struct {
	letter *Letter
	html   *htmltemplate.Template
	text   *texttemplate.Template
}

// compiled repeats what Load does up to the markers.
func compiled(t testing.TB, source string) unmarked {
	t.Helper()
	set, problems := Load(content("x.md", source), []string{"industry", "employees"}, "en")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	u := unmarked{letter: set.Letter("x", "")}
	f, lf := newFile("templates/x.md", []byte(source)), newFile(layoutPath, []byte(plainLayout))
	words := newPlaceholders(f.text, lf.text)
	frame := parseLayout(lf, Fields([]string{"industry", "employees"}), words, false)
	words = frame.words.with()
	head, start := parseFrontMatter(f)
	doc := parseMarkdown(f, words, words.mask(f.text[start:], start, scanActions(f, f.text[start:], start)))
	doc.links()
	body, err := doc.html()
	if err != nil {
		t.Fatal(err)
	}
	page, err := frame.frame(words, body)
	if err != nil {
		t.Fatal(err)
	}
	funcs := functions("en")
	page = strings.ReplaceAll(strings.ReplaceAll(page, "{{ .locale }}", "en"), "{{ .preheader }}", head.preheader.text)
	u.html = htmltemplate.Must(htmltemplate.New("").Funcs(funcs).Parse(page))
	u.text = texttemplate.Must(texttemplate.New("").Funcs(funcs).Parse(frame.frameText(words, doc.text())))
	return u
}

// check compares joined segments with the output of the templates.
func (u unmarked) check(t *testing.T, d Data) {
	t.Helper()
	r, err := u.letter.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	var m machine
	m.fill(u.letter, d)
	if err := u.letter.prepare(&m, d, &Rendered{Destinations: make([]string, len(u.letter.Links))}); err != nil {
		t.Fatal(err)
	}
	view := u.letter.view(&m)
	var page, text bytes.Buffer
	if err := u.html.Execute(&page, view); err != nil {
		t.Fatal(err)
	}
	if err := u.text.Execute(&text, view); err != nil {
		t.Fatal(err)
	}
	if got := r.HTMLBytes(u.letter); !bytes.Equal(got, page.Bytes()) {
		t.Errorf("segments and template differ:\n%s\n%s", got, page.Bytes())
	}
	if got := r.TextBytes(u.letter); !bytes.Equal(got, text.Bytes()) {
		t.Errorf("segments and template differ:\n%s\n%s", got, text.Bytes())
	}
	for i, s := range append(r.HTML, r.Text...) {
		if (s.Fixed >= 0) == (s.Personal != nil) {
			t.Errorf("segment %d is neither fixed nor personal: %v", i, s)
		}
	}
}

func TestSegmentsEqualTheTemplate(t *testing.T) {
	t.Parallel()
	u := compiled(t, everything)
	u.check(t, nil)
	for i, a := range hostile {
		u.check(t, hostileData(a, "x"))
		u.check(t, hostileData(a, hostile[(i*7+3)%len(hostile)]))
	}
}

func TestTooLongLetterIsAnError(t *testing.T) {
	t.Parallel()
	l := letter(t, "{{ range .client.products }}\n{{ . }}\n{{ end }}\n")
	products := make([]string, 6000)
	for i := range products {
		products[i] = fmt.Sprintf("%0100d", i)
	}
	if r, err := l.Render(client(map[string]any{"products": products})); err == nil || r != nil {
		t.Errorf("got %v, %v", r, err)
	}
	compare(t, l, client(map[string]any{"products": products}))
	compare(t, l, client(map[string]any{"products": products[:4500]}))
}
