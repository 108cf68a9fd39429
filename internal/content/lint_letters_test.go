package content

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const lintLayout = "<html><body>{{ .body }}<a href=\"{{ .link.unsubscribe }}\">unsubscribe</a></body></html>\n"

// linted loads a folder of one sequence that sends templates/hello.md, and tells the problems.
func linted(t *testing.T, files map[string]string) []string {
	t.Helper()
	fsys := fstest.MapFS{
		"seventh.yaml":          {Data: []byte("time_zone: Europe/Moscow\nsenders: { team: { email: team@example.com } }\nfallback_sender: team\nattributes: { industry: {} }\n")},
		"sequences/hello.yaml":  {Data: []byte("sequence: hello\nsteps: [{ id: one, email: hello, offer: { name: spring, expires: 5bd } }]\n")},
		"templates/layout.html": {Data: []byte(lintLayout)},
	}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	folder, problems, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if (folder == nil) != (len(Mistakes(problems)) > 0) {
		t.Errorf("with %v the folder is %v", problems, folder)
	}
	var told []string
	for _, p := range problems {
		told = append(told, p.String())
	}
	return told
}

func body(text string) map[string]string {
	return map[string]string{"templates/hello.md": "---\nsubject: Hello\n---\n" + text + "\n"}
}

func TestEditorsEyeOnLetters(t *testing.T) {
	t.Parallel()
	layout := func(text string) map[string]string {
		files := body("Hi.")
		files["templates/layout.html"] = text
		return files
	}
	const onlyYours = "works only on your own computer or network: write the address that clients can open"
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"a good letter", body("[Case](https://example.com/case?for={{ .client.attributes.industry }}), [mail](mailto:a@example.com), [call](tel:+74950000000), {{ .company.site }}\n\n" +
			"![A chart](https://example.com/a.png)\n\n[Site]({{ .company.site }})"), nil},
		{"a subject of 78 characters", map[string]string{"templates/hello.md": "---\nsubject: " + strings.Repeat("ы", 78) + "\n---\nHi.\n"}, nil},
		{"a subject of 79 characters", map[string]string{"templates/hello.md": "---\npreheader: x\nsubject: " + strings.Repeat("ы", 79) + "\n---\nHi.\n"}, []string{
			"templates/hello.md:3:1: warning: the subject has 79 characters for a sample client, and most mail programs cut it after 78: shorten it, or begin with what matters"}},
		{"a link to the top of the page", body("[Top](#top)"), []string{
			`templates/hello.md:4:7: the link "#top" leads nowhere in a letter: write a full address, for example https://example.com/page`}},
		{"a link to be filled in", body("[Case](https://example.com/todo)"), []string{
			`templates/hello.md:4:8: the link "https://example.com/todo" was to be filled in: write the address it leads to`}},
		{"a link to somebody's own machine", body("Look at <http://localhost:8080/x> and [here](http://192.168.1.5/) and [there](https://crm.local/)."), []string{
			`templates/hello.md:4:10: the link "http://localhost:8080/x" ` + onlyYours, `templates/hello.md:4:46: the link "http://192.168.1.5/" ` + onlyYours,
			`templates/hello.md:4:79: the link "https://crm.local/" ` + onlyYours}},
		{"a link to half a name", body("[Case](https://example/case)"), []string{
			`templates/hello.md:4:8: the link "https://example/case" names no web site: write its whole name, for example https://example.com`}},
		{"a mail address that is none", body("[Mail](mailto:)"), []string{
			`templates/hello.md:4:8: the link "mailto:" has no address: write it behind the colon`}},
		{"a relative link is told once", body("[Case](/case)"), []string{
			`templates/hello.md:4:8: a link must begin with https://, mailto: or tel:, not "/case"`}},
		{"a picture without words", body("![](https://example.com/a.png)"), []string{
			"templates/hello.md:4:5: warning: this picture has no text for readers who do not see it: write ![what it shows](https://…)"}},
		{"links of the layout", layout(`<html><body><a href="">a</a><a href="index.html">b</a><a href="https://firm example.com/">c</a><a name="top">d</a>
<A HREF='#'>e</A><a href="ftp://example.com">f</a><a href="{{ .company.site }}">g</a><a href="https:///x">h</a>
{{ .body }}<a href="{{ .link.unsubscribe }}">u</a></body></html>`), []string{
			`templates/layout.html:1:16: this link is empty: write where it leads, for example https://example.com/page`,
			`templates/layout.html:1:32: the link "index.html" must begin with https://, mailto: or tel:, because a letter has no page that it could go on from`,
			`templates/layout.html:1:58: the link "https://firm example.com/" has a space in it: remove it, or write %20`,
			`templates/layout.html:2:4: the link "#" leads nowhere in a letter: write a full address, for example https://example.com/page`,
			`templates/layout.html:2:21: the link "ftp://example.com" must begin with https://, mailto: or tel:, because a letter has no page that it could go on from`,
			`templates/layout.html:2:89: "https:///x" is not a web address: write one like https://example.com/page`}},
		{"pictures of the layout", layout(`<html><body><img alt="" src="https://example.com/logo.png"><img src="/logo.png" alt="Logo"><img src="https://example.com/logo.png">` +
			`{{ .body }}<a href="{{ .link.unsubscribe }}">u</a></body></html>`), []string{
			`templates/layout.html:1:65: a picture needs an https:// address that anybody can open, not "/logo.png"`,
			`templates/layout.html:1:92: warning: this picture has no text for readers who do not see it: write alt="what it shows", or alt="" for mere decoration`}},
		{"a way out for some", layout(`<html><body>{{ .body }}
{{ if .client.company }}<a href="{{ .link.unsubscribe }}">u</a>{{ end }}</body></html>`), []string{
			"templates/layout.html:2:37: some clients get a letter without a link to unsubscribe: write {{ .link.unsubscribe }} into a link that stands outside of all {{ if }}, or in each branch"}},
		{"a way out in each language", layout(`<html><body>{{ .body }}
{{ if eq .locale "ru" }}<a href="{{ .link.unsubscribe }}">o</a>{{ else }}<a href="{{ .link.unsubscribe }}">u</a>{{ end }}</body></html>`), nil},
		{"a way out of the letter's own", map[string]string{
			"templates/layout.html": "<html><body>{{ .body }}</body></html>\n",
			"templates/hello.md":    "---\nsubject: Hello\n---\n[Unsubscribe]({{ .link.unsubscribe }})\n",
		}, nil},
		{"one letter without the way out that others have", map[string]string{
			"templates/layout.html": "<html><body>{{ .body }}</body></html>\n",
			"templates/hello.en.md": "---\nsubject: Hello\n---\n[Unsubscribe]({{ .link.unsubscribe }})\n",
			"templates/hello.ru.md": "---\nsubject: Hello\n---\nHi.\n",
		}, []string{"templates/hello.ru.md:4:1: this letter has no way out: write [Unsubscribe]({{ .link.unsubscribe }}) below it, or put the link into the layout for all letters"}},
		{"no way out at all", layout("<html><body>{{ .body }}</body></html>\n"), []string{
			"templates/layout.html:1:1: the layout has no {{ .link.unsubscribe }}: every letter must offer a way out"}},
		{"a letter that nobody sends", map[string]string{"templates/hello.md": "---\nsubject: Hello\n---\nHi.\n", "templates/old.en.md": "---\nsubject: Old\n---\nHi.\n"}, []string{
			"templates/old.en.md:1:1: warning: no sequence sends this letter: name it in the `email:` of a step, or remove the file"}},
		{"an offer that was not translated", map[string]string{
			"templates/hello.en.md": "---\nsubject: Hello\n---\n{{ .offer.name }} until {{ .offer.expires_at }}\n",
			"templates/hello.ru.md": "---\nsubject: Hello {{ .client.first_name }}\n---\nHi.\n",
		}, []string{
			"templates/hello.en.md:1:1: warning: templates/hello.ru.md shows {{ .client.first_name }}, and this variant does not: was it forgotten in the translation?",
			"templates/hello.ru.md:1:1: warning: templates/hello.en.md shows {{ .offer.expires_at }}, {{ .offer.name }}, and this variant does not: was it forgotten in the translation?"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := linted(t, tc.files); !slices.Equal(got, tc.want) {
				t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

func TestLanguagesThatLettersLack(t *testing.T) {
	t.Parallel()
	const text = "---\nsubject: Hello\n---\nHi.\n"
	l := loading{folder: &Folder{files: fstest.MapFS{
		"seventh.yaml":          {Data: []byte("time_zone: Europe/Moscow\nsenders: { team: { email: team@example.com } }\nfallback_sender: team\n")},
		"templates/layout.html": {Data: []byte(lintLayout)},
	}}}
	for _, name := range []string{"all.en", "all.ru", "half.ru", "neutral", "neutral.ru", "foreign.de", "foreign.en", "foreign.ru", "region.en-GB", "region.ru"} {
		l.folder.files["templates/"+name+".md"] = &fstest.MapFile{Data: []byte(text)}
	}
	l.load()
	for _, name := range l.folder.Letters.Names() {
		l.lintVariants(name, nil)
	}
	if len(l.problems) > 0 {
		t.Errorf("without locales in the settings it told %v", l.problems)
	}
	for _, name := range l.folder.Letters.Names() {
		l.lintVariants(name, []string{"ru", "en"})
	}
	var told []string
	for _, p := range l.problems {
		told = append(told, p.String())
	}
	want := []string{
		"templates/foreign.de.md:1:1: warning: nobody gets this letter: \"de\" is none of the `locales` in seventh.yaml (ru, en); add it there, or remove the file",
		`templates/half.ru.md:1:1: warning: the letter half is not written in "en", and clients with that language get it in "ru": write templates/half.en.md`,
	}
	if !slices.Equal(told, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}

// What was fit to be published stays in force, whatever the lints have learned since.
func TestFolderInForceIsNotLinted(t *testing.T) {
	t.Parallel()
	files := body("[Case](http://localhost/)")
	if told := linted(t, files); len(told) != 1 {
		t.Fatalf("told %v", told)
	}
	l := loading{folder: &Folder{files: fstest.MapFS{
		"seventh.yaml":          {Data: []byte("time_zone: Europe/Moscow\nsenders: { team: { email: team@example.com } }\nfallback_sender: team\n")},
		"templates/layout.html": {Data: []byte(lintLayout)}, "templates/hello.md": {Data: []byte(files["templates/hello.md"])},
	}}}
	l.load()
	if folder, problems := l.result(); folder == nil || len(problems) > 0 {
		t.Errorf("the folder in force is %v with %v", folder, problems)
	}
}
