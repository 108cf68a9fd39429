package templates

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Every letter of testdata is rendered for the sample client, in both parts.
func TestGoldenLetters(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	paths, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fsys["templates/"+filepath.Base(path)] = &fstest.MapFile{Data: data}
	}
	set, problems := Load(fsys, []string{"industry", "employees"}, "en")
	if diff := cmp.Diff([]Problem(nil), problems); diff != "" {
		t.Fatal(diff)
	}
	for _, l := range set.Letters() {
		d := SampleData(l.Locale, monday)
		d["link"].(map[string]any)["open"] = "https://go.example/o/1"
		html, text := render(t, l, d)
		base := "testdata/" + strings.TrimSuffix(filepath.Base(l.Path), ".md")
		golden(t, base+".html", html)
		golden(t, base+".txt", text)
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	path = filepath.Join(filepath.Dir(path), "golden", filepath.Base(path))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (run with -update to accept):\n%s", path, diff)
	}
}

// builtIn loads the built-in letters, with the attributes they use.
func builtIn(t testing.TB, locale string) (*Set, []Problem) {
	t.Helper()
	var attributes []string
	err := fs.WalkDir(Library(), "templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(Library(), path)
		for _, m := range regexp.MustCompile(`client\.attributes\.(\w+)`).FindAllSubmatch(data, -1) {
			attributes = append(attributes, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return Load(Library(), attributes, locale)
}

func TestLibraryCompiles(t *testing.T) {
	t.Parallel()
	set, problems := builtIn(t, "en")
	for _, p := range problems {
		t.Error(p)
	}
	for _, l := range set.Letters() {
		for _, d := range []Data{nil, SampleData(l.Locale, monday)} {
			html, text := render(t, l, d)
			if strings.Contains(html+text, "<no value>") || strings.Contains(html+text, "<nil>") || strings.Contains(html, "ZgotmplZ") {
				t.Errorf("%s prints a missing value", l.Path)
			}
		}
	}
}

func TestClientGetsLetterInOwnLanguage(t *testing.T) {
	t.Parallel()
	const text = "---\nsubject: s\n---\nHello\n"
	set, _ := Load(content("c/a.ru.md", text, "c/a.en.md", text, "c/a.pt-BR.md", text, "only.md", text, "german.de.md", text, "two.md", text, "two.de.md", text), nil, "en")
	for _, test := range []struct{ name, locale, want string }{
		{"c/a", "ru", "ru"},
		{"c/a", "ru-RU", "ru"},
		{"c/a", "pt-BR", "pt-BR"},
		{"c/a", "fr", "en"},
		{"c/a", "", "en"},
		{"only", "ru", ""},
		{"german", "fr", "de"},
		{"two", "fr", ""},
	} {
		if got := set.Letter(test.name, test.locale).Locale; got != test.want {
			t.Errorf("%s for %q: got the letter in %q, want %q", test.name, test.locale, got, test.want)
		}
	}
	if set.Letter("none", "en") != nil || set.Has("none") || !set.Has("only") {
		t.Error("a template that does not exist")
	}
	if diff := cmp.Diff([]string{"c/a", "german", "only", "two"}, set.Names()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"en", "pt-BR", "ru"}, set.Locales("c/a")); diff != "" {
		t.Error(diff)
	}
}

func TestEqualInputCompilesToEqualBytes(t *testing.T) {
	t.Parallel()
	load := func() [][][]byte {
		set, _ := Load(Library(), []string{"industry"}, "en")
		var fixed [][][]byte
		for _, l := range set.Letters() {
			fixed = append(fixed, l.Fixed)
		}
		return fixed
	}
	if diff := cmp.Diff(load(), load()); diff != "" {
		t.Error(diff)
	}
}

func TestLetterKnowsItsFieldsAndLinks(t *testing.T) {
	t.Parallel()
	l := letter(t, "{{ .client.first_name }} [a](https://a.example/?x={{ .client.attributes.industry }}) [b](https://b.example/B)\n\n[mail](mailto:{{ .rep.email }}) {{ .client.first_name }}\n")
	want := []string{"client.attributes.industry", "client.first_name", "link.unsubscribe", "rep.email"}
	if diff := cmp.Diff(want, l.Fields); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Link{{}, {Destination: "https://b.example/B"}}, l.Links); diff != "" {
		t.Error(diff)
	}
}

func TestFieldsAreSortedAndHoldAttributes(t *testing.T) {
	t.Parallel()
	fields := Fields([]string{"industry"})
	if !slices.IsSorted(fields) || !slices.Contains(fields, "client.attributes.industry") || slices.Contains(fields, "link.clicks") {
		t.Error(fields)
	}
}
