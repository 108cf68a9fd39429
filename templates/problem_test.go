package templates

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const head = "---\nsubject: s\n---\n" // the body begins in line 4

func TestProblemsAreToldWithPlaceAndCure(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, letter, want string }{
		{"unknown field", head + "Привет, {{ .client.frist_name }}!", "4:12: unknown field .client.frist_name, did you mean .client.first_name?"},
		{"unknown field in a condition", head + "{{ if and .client.company .client.nmae }}\nx\n{{ end }}", "4:27: unknown field .client.nmae, did you mean .client.name?"},
		{"unknown attribute", head + "{{ .client.attributes.size }}", "4:4: unknown attribute .client.attributes.size: declare it under attributes in seventh.yaml"},
		{"mistyped attribute", head + "{{ .client.attributes.indutsry }}", "4:4: unknown attribute .client.attributes.indutsry, did you mean .client.attributes.industry?"},
		{"group", head + "{{ .rep }}", "4:4: .rep is a group of fields, not a field: write one of its fields, as in .rep.email"},
		{"own links", head + "{{ .link.open }}", "4:4: .link.open is filled in by itself: remove it"},
		{"unclosed action", head + "Hello {{ .client.name", "4:7: {{ is not closed on this line: write }} after the field"},
		{"unclosed quote", head + `{{ .client.name | default "x }}`, `4:1: cannot read {{ .client.name | default "x }}: unterminated quoted string`},
		{"unclosed comment", head + "{{/* note", "4:1: the comment {{/* is not closed: end it with */}}"},
		{"trim marks", head + "{{- .client.name }}", "4:1: write {{ and }} without the trim marks {{- and -}}: lines of conditions leave no blank lines here"},
		{"missing end", head + "{{ if .client.name }}\nx", "4:1: {{ if }} has no {{ end }}"},
		{"end alone", head + "x\n\n{{ end }}", "6:1: {{ end }} without an {{ if }}, {{ range }} or {{ with }} before it"},
		{"else alone", head + "{{ else }}", "4:1: {{ else }} without an {{ if }} before it"},
		{"two elses", head + "{{ if .client.name }}\na\n{{ else }}\nb\n{{ else }}\nc\n{{ end }}", "8:1: a second {{ else }} for one {{ if }}: the last one can have no condition, those before it are {{ else if … }}"},
		{"inline condition", head + "Dear {{ if .client.name }}{{ .client.name }}{{ end }}", "4:6: {{ if .client.name }} must stand on a line of its own, with the text on the lines below it and {{ end }} on a line of its own too"},
		{"condition in code", head + "```\n{{ if .client.name }}\n{{ end }}\n```", "5:1: {{ if .client.name }} must stand on a line of its own, not indented and not inside of code\n6:1: {{ end }} must stand on a line of its own, not indented and not inside of code"},
		{"condition across a quotation", head + "{{ if .client.name }}\n\n> x\n>\n> {{ end }}", "4:1: {{ if .client.name }} stands in another list or quotation than its {{ end }}: put both at the same depth, with empty lines around\n8:3: {{ end }} stands in another list or quotation than what it belongs to: put both at the same depth, with empty lines around"},
		{"unknown function", head + "{{ .client.name | uper }}", "4:19: unknown function uper, did you mean upper? (there are and, date, default, eq, gt, index, len, lower, lt, ne, not, or, plural, title, upper)"},
		{"call", head + "{{ call .client.name }}", "4:4: unknown function call (there are and, date, default, eq, gt, index, len, lower, lt, ne, not, or, plural, title, upper)"},
		{"wrong number of arguments", head + "{{ .client.name | default }}", `4:19: default: write it as .client.first_name | default "there"`},
		{"argument to a field", head + `{{ .client.name "x" }}`, "4:4: .client.name is not a function: separate it by | or remove what stands beside it"},
		{"method call", head + "{{ .client.last_purchase_at.Year }}", "4:4: unknown field .client.last_purchase_at.Year, did you mean .client.last_purchase_at?"},
		{"template", head + `{{ template "x" }}`, `4:1: {{ template "x" }} is not allowed in letters: they have fields, if, range and with`},
		{"define", head + `{{ define "x" }}`, `4:1: {{ define "x" }} is not allowed in letters: they have fields, if, range and with`},
		{"field without its dot", head + "{{ client.first_name }}", "4:4: a field begins with a dot: write .client.first_name"},
		{"variable", head + "{{ $x := .client.name }}", "4:1: variables are not supported"},
		{"loop over a number", head + "{{ range 1000000000 }}\nx\n{{ end }}", "4:1: a loop goes over the client's products: {{ range .client.products }}"},
		{"field in a loop", head + "{{ range .client.products }}\n{{ .client.name }}\n{{ end }}", "5:4: inside {{ range }} and {{ with }} a dot is the value itself: write $.client.name"},
		{"dot outside of loops", head + "{{ . }}", "4:4: a dot alone means something only inside {{ range }} and {{ with }}"},
		{"raw HTML", head + "a <b>bold</b> word", "4:3: HTML is not allowed in letters: write Markdown; a button is a paragraph of one bold link, **[Text](https://…)**; looks belong to layout.html\n4:10: HTML is not allowed in letters: write Markdown; a button is a paragraph of one bold link, **[Text](https://…)**; looks belong to layout.html"},
		{"script", head + "<script>\nalert(1)\n</script>", "4:1: HTML is not allowed in letters: write Markdown; a button is a paragraph of one bold link, **[Text](https://…)**; looks belong to layout.html"},
		{"javascript", head + "[x](javascript:alert(1))", `4:5: a link must begin with https://, mailto: or tel:, not "javascript:alert(1)"`},
		{"hidden javascript", head + "[x](java&#115;cript:alert)", `4:5: a link must begin with https://, mailto: or tel:, not "javascript:alert"`},
		{"data", head + "[x](data:text/html,x)", `4:5: a link must begin with https://, mailto: or tel:, not "data:text/html,x"`},
		{"relative", head + "{{ .client.name }} [x](/about)", `4:24: a link must begin with https://, mailto: or tel:, not "/about"`},
		{"field as host", head + "[x](https://{{ .client.company }}/)", `4:5: a link must begin with a literal https://host/: fields may stand only after the host, not "https://{{ .client.company }}/"`},
		{"field at the end of the host", head + "[x](https://example.com{{ .client.company }})", `4:5: a link must begin with a literal https://host/: fields may stand only after the host, not "https://example.com{{ .client.company }}"`},
		{"field as the whole", head + "[x]({{ .client.source }})", `4:5: a link must begin with a literal https://host/: fields may stand only after the host, not "{{ .client.source }}"`},
		{"user in a link", head + "[x](https://bank.example@evil.example/)", `4:5: "https://bank.example@evil.example/" is not a web address`},
		{"loop value in a link", head + "{{ range .client.products }}\n[x](https://e.example/?p={{ . }})\n{{ end }}", "5:5: a link cannot use the value of a loop: {{ . }} means something else in every round"},
		{"image by http", head + "![x](http://e.example/x.png)", `4:6: an image needs an https:// address that anybody can open, not "http://e.example/x.png"`},
		{"no front matter", "Hello", "1:1: a letter begins with front matter: a line ---, subject: …, and a line --- again"},
		{"open front matter", "---\nsubject: s\nHello", "1:1: the front matter is not closed: write a line --- below it"},
		{"no subject", "---\npreheader: p\n---\nHello", "1:1: the letter has no subject: write subject: … in the front matter"},
		{"unknown key", "---\nsubject: s\nprehaeder: x\n---\nHello", `3:1: unknown key "prehaeder", did you mean preheader? (a letter has subject, preheader, title)`},
		{"field in the subject", "---\nsubject: \"Привет, {{ .client.nam }}\"\n---\nHello", "2:22: unknown field .client.nam, did you mean .client.name?"},
		{"list as a subject", "---\nsubject: [a, b]\n---\nHello", "2:10: subject must be text; text that begins with {{ stands in quotes"},
		{"all at once", "---\nsubject: \"{{ .client.x }}\"\n---\n{{ .rep.x }} {{ foo }}\n\n[x](/y) <b>", "2:14: unknown field .client.x\n4:4: unknown field .rep.x\n4:17: unknown function foo (there are and, date, default, eq, gt, index, len, lower, lt, ne, not, or, plural, title, upper)\n6:5: a link must begin with https://, mailto: or tel:, not \"/y\"\n6:9: HTML is not allowed in letters: write Markdown; a button is a paragraph of one bold link, **[Text](https://…)**; looks belong to layout.html"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set, problems := Load(content("x.md", test.letter), []string{"industry"}, "en")
			if diff := cmp.Diff(test.want, printed(problems, "templates/x.md:")); diff != "" {
				t.Error(diff)
			}
			if set.Has("x") {
				t.Error("a letter with problems is in the set")
			}
		})
	}
}

func TestLayoutProblems(t *testing.T) {
	t.Parallel()
	const unsubscribe = `<a href="{{ .link.unsubscribe }}">x</a>`
	tests := []struct{ name, layout, want string }{
		{"no way out", "<body>{{ .body }}</body>", "1:1: the layout has no {{ .link.unsubscribe }}: every letter must offer a way out"},
		{"no place", "<body>" + unsubscribe + "</body>", "1:1: the layout has no {{ .body }}: write it where the letter goes"},
		{"two places", "<body>{{ .body }}{{ .body }}" + unsubscribe + "</body>", "1:18: {{ .body }} can stand in the layout only once"},
		{"no page", "{{ .body }}" + unsubscribe, "1:1: the layout has no <body>: it is a whole HTML page"},
		{"condition in a tag", "<body {{ if .title }} id=x {{ end }}>{{ .body }}" + unsubscribe + "</body>", "1:7: {{ if .title }} stands inside of a tag: fields and conditions go into the quotes of an attribute or between elements\n1:28: {{ end }} stands inside of a tag: fields and conditions go into the quotes of an attribute or between elements"},
		{"field in CSS", "<head><style>a { color: {{ .rep.name }} }</style></head><body>{{ .body }}" + unsubscribe + "</body>", "1:25: {{ .rep.name }}: a <style> holds no fields"},
		{"unknown field", "<body>{{ .body }}{{ .titel }}" + unsubscribe + "</body>", "1:21: unknown field .titel, did you mean .title?"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{layoutPath: {Data: []byte(test.layout)}}
			_, problems := Load(fsys, nil, "en")
			if diff := cmp.Diff(test.want, printed(problems, layoutPath+":")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMissingLayoutIsAProblem(t *testing.T) {
	t.Parallel()
	fsys := content("x.md", head+"Hello")
	delete(fsys, layoutPath)
	_, problems := Load(fsys, nil, "en")
	if want := "1:1: there is no layout: every letter needs one, with {{ .body }} and {{ .link.unsubscribe }}"; printed(problems, layoutPath+":") != want {
		t.Error(problems)
	}
}

func TestProblemShowsTheLine(t *testing.T) {
	t.Parallel()
	_, problems := Load(content("x.md", head+"one\r\nДва {{ .rep.x }} три\r\n"), nil, "en")
	want := []Problem{{File: "templates/x.md", Line: 5, Column: 8, Message: "unknown field .rep.x", Source: "Два {{ .rep.x }} три"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func printed(problems []Problem, file string) string {
	var lines []string
	for _, p := range problems {
		lines = append(lines, strings.TrimPrefix(p.String(), file))
	}
	return strings.Join(lines, "\n")
}
