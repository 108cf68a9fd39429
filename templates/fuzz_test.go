package templates

import (
	"testing"
)

func FuzzLoad(f *testing.F) {
	f.Add(everything)
	for _, body := range []string{"{{ if .client.name }}\n- a\n{{ end }}\n- b", "{{{ .client.name }}}", "| a |\n|---|\n{{ if .client.name }}\n| b |\n{{ end }}",
		"[x]: https://e.example\n\n[x] {{ .rep.email }}@x.example <a@b.example>", "{{ `", "&#113;zv00000q", "\x00{{/**/}}{", "> {{ end }}"} {
		f.Add(head + body)
	}
	f.Add("---\nsubject: &a [*a]\n---\n")
	f.Add("---\nsubject: !!binary x\n? y\n: |\n  z\n---\n")
	f.Fuzz(func(t *testing.T, source string) {
		set, problems := Load(content("x.md", source), []string{"industry", "employees"}, "en")
		if set.Has("x") == (len(problems) > 0) {
			t.Fatalf("a letter with problems, or none without: %v", problems)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("no place: %+v", p)
			}
		}
		for _, l := range set.Letters() {
			for _, d := range []Data{nil, hostileData("<b>", "\x00'\"")} {
				if _, err := l.Render(d); err != nil {
					t.Error(err)
				}
				compare(t, l, d)
			}
		}
	})
}

func FuzzRender(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "x")
	}
	u := compiled(f, everything)
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 10_000 {
			return // a letter has its limit
		}
		d := hostileData(a, b)
		u.check(t, d)
		checkHostile(t, u.letter, d)
	})
}
