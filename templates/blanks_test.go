package templates

import (
	"slices"
	"strings"
	"testing"
)

func TestHolesInALetter(t *testing.T) {
	t.Parallel()
	const head = "---\nsubject: s\n---\n"
	for _, tc := range []struct {
		name, letter string
		data         Data
		want         []string
	}{
		{"everything is known", head + "{{ .client.first_name }}", client(map[string]any{"first_name": "Ann"}), nil},
		{"a field of the text", head + "Dear {{ .client.first_name }}, hi", client(nil), []string{"x.md:4:6: {{ .client.first_name }} is empty for this client and has no default"}},
		{"a field with a default", head + "Dear {{ .client.first_name | default \"friend\" }}", client(nil), nil},
		{"a default that is empty too", head + "{{ .rep.phone | default .company.phone }}", client(nil),
			[]string{"x.md:4:1: {{ .rep.phone | default .company.phone }} is empty for this client and its default is empty too"}},
		{"the subject, in quotes", "---\npreheader: p\nsubject: \"Hello, {{ .client.first_name | upper }}\"\n---\nHi", client(nil),
			[]string{"x.md:3:18: {{ .client.first_name | upper }} is empty for this client and has no default"}},
		{"what a condition leaves out", head + "{{ if .client.company }}\n\nAt {{ .client.company }}\n\n{{ else }}\n\nFor {{ .client.last_name }}\n\n{{ end }}", client(nil),
			[]string{"x.md:10:5: {{ .client.last_name }} is empty for this client and has no default"}},
		{"a link", head + "[Case](https://example.com/?for={{ .client.attributes.industry }})", client(nil),
			[]string{"x.md:4:33: {{ .client.attributes.industry }} is empty for this client and has no default"}},
		{"a loop, once", head + "{{ range .client.products }}\n\n- {{ . }} for {{ $.client.company }}\n\n{{ end }}", client(map[string]any{"products": []string{"a", "b"}}),
			[]string{"x.md:6:15: {{ $.client.company }} is empty for this client and has no default"}},
		{"a number is never empty", head + "{{ len .client.products }} {{ .client.attributes.employees }}", client(map[string]any{"attributes": map[string]any{"employees": 0}}), nil},
		{"a comment and a brace", head + "{{/* .client.company */}} {{ \"{{\" }} {", client(nil), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			fsys := content("x.md", tc.letter)
			set, problems := Load(fsys, []string{"industry", "employees"}, "en")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			blanks, err := set.Letter("x", "").Blanks(fsys, tc.data)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range blanks {
				if p.Severity != Warning {
					t.Errorf("%s is no warning", p)
				}
				got = append(got, strings.TrimPrefix(p.String(), "templates/"))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("told %q, want %q", got, tc.want)
			}
		})
	}
}

// The layout is looked at, too: without its client's rep a letter may be signed by nobody.
func TestHolesInTheLayout(t *testing.T) {
	t.Parallel()
	fsys := content("x.md", "---\nsubject: s\n---\nHi")
	fsys[layoutPath].Data = []byte("<html><head><title>{{ .title }}</title></head><body>{{ if .preheader }}{{ .preheader }}{{ end }}{{ .body }}{{ .rep.name }}" +
		"<a href=\"{{ .link.unsubscribe }}\">u</a></body></html>")
	set, problems := Load(fsys, nil, "en")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	blanks, err := set.Letter("x", "").Blanks(fsys, client(nil))
	if err != nil || len(blanks) != 1 || !strings.HasPrefix(blanks[0].String(), "templates/layout.html:1:108: {{ .rep.name }} is empty") {
		t.Errorf("told %v (%v)", blanks, err)
	}
}
