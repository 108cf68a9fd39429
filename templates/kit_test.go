package templates

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

const plainLayout = `<html><head><title>{{ .title }}</title></head><body>
{{ .body }}
<p><a href="{{ .link.unsubscribe }}">unsubscribe</a></p>
</body></html>
`

var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// content is a content folder of the plain layout and letters: names with their text in turn.
func content(letters ...string) fstest.MapFS {
	fsys := fstest.MapFS{layoutPath: {Data: []byte(plainLayout)}}
	for i := 0; i < len(letters); i += 2 {
		fsys["templates/"+letters[i]] = &fstest.MapFile{Data: []byte(letters[i+1])}
	}
	return fsys
}

// letter compiles one letter with the subject "s" and the given body.
func letter(t testing.TB, body string) *Letter {
	t.Helper()
	set, problems := Load(content("x.md", "---\nsubject: s\n---\n"+body), []string{"industry", "employees"}, "en")
	for _, p := range problems {
		t.Errorf("unexpected problem: %s", p)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return set.Letter("x", "")
}

func render(t testing.TB, l *Letter, d Data) (html, text string) {
	t.Helper()
	r, err := l.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(r.HTMLBytes(l)), string(r.TextBytes(l))
}

// client is data with some fields of a client and an unsubscribe link.
func client(fields map[string]any) Data {
	return Data{"client": fields, "link": map[string]any{"unsubscribe": "https://u.example/1"}}
}

// textOf is the text part without the layout's last line.
func textOf(t testing.TB, body string, d Data) string {
	t.Helper()
	_, text := render(t, letter(t, body), d)
	text, _, _ = strings.Cut(text, "unsubscribe: ")
	return strings.TrimSpace(text)
}

// htmlOf is the HTML of the letter alone.
func htmlOf(t testing.TB, body string, d Data) string {
	t.Helper()
	html, _ := render(t, letter(t, body), d)
	_, html, _ = strings.Cut(html, "<body>")
	html, _, _ = strings.Cut(html, `<p><a href="https://u.example/1">`)
	return strings.TrimSpace(html)
}
