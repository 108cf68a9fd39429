package templates

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// slowly is a letter of which html/template and text/template execute every part.
func slowly(l *Letter) *Letter {
	slow := *l
	for _, p := range []*part{&slow.subject, &slow.html, &slow.text} {
		p.unknown = "everything"
	}
	slow.frame, slow.destinations = slices.Clone(l.frame), slices.Clone(l.destinations)
	for i := range slow.frame {
		slow.frame[i].part.unknown = "everything"
	}
	for i := range slow.destinations {
		slow.destinations[i].unknown = "everything"
	}
	return &slow
}

// left returns the nodes that a letter leaves to templates.
func left(l *Letter) []string {
	parts := append([]part{l.subject, l.html, l.text}, l.destinations...)
	for _, f := range l.frame {
		parts = append(parts, f.part)
	}
	var nodes []string
	for _, p := range parts {
		if p.unknown != "" {
			nodes = append(nodes, p.unknown)
		}
	}
	return nodes
}

// compare renders a letter both ways.
func compare(t *testing.T, l *Letter, s Source) {
	t.Helper()
	fast, err := l.Render(s)
	slow, slowErr := slowly(l).Render(s)
	if fmt.Sprint(err) != fmt.Sprint(slowErr) {
		t.Fatalf("%s: error %v, by templates %v", l.Path, err, slowErr)
	}
	if !reflect.DeepEqual(slow, fast) {
		t.Fatalf("%s for %+v: programs differ from templates (-templates +programs):\n%s", l.Path, s, cmp.Diff(slow, fast, cmpopts.IgnoreUnexported(Rendered{})))
	}
}

// anything makes data of every kind that a CRM may send for the fields of a letter, hostile ones and none included.
func anything(r *rand.Rand, l *Letter) Data {
	text := func() string {
		words := append([]string{"Анна", "ООО «Белов и сыновья»", "🎉👩‍💻", ".", ".\r\n.\r\n", "\ufdd0\uffff", "+7 495", "NaN", "0x10", "1e3", "-0", "12", "ru", "C",
			"2026-03-12", "2026-03-12T10:00:00Z", "a b+c&d=e/f?g#h%41%zz", "mailto:a@b", "data:x", strings.Repeat("длинно ", 300)}, hostile...)
		s := words[r.IntN(len(words))]
		if r.IntN(4) == 0 {
			s += words[r.IntN(len(words))]
		}
		return s
	}
	moment := time.Unix(1_700_000_000+r.Int64N(100_000_000), 0).In(time.FixedZone("", r.IntN(12)*3600))
	var none *time.Time
	field := func() any {
		name := text()
		kinds := []any{nil, "", name, name, name, &name, r.IntN(3), int64(r.IntN(200)) - 100, r.Float64() * 1e9, float64(r.IntN(60)), 1e21, r.IntN(2) == 0,
			moment, &moment, time.Time{}, none, []string{name, text()}, []any{name, 1.5, nil}, []string{}, map[string]any{"a": name}, [2]int{1, 2}, uint8(7)}
		return kinds[r.IntN(len(kinds))]
	}
	d := Data{}
	for _, path := range slices.Concat(l.Fields, []string{"link.open"}) {
		if r.IntN(5) == 0 {
			continue
		}
		names := strings.Split(path, ".")
		into := map[string]any(d)
		for _, name := range names[:len(names)-1] {
			into = group(into, name)
		}
		into[names[len(names)-1]] = field()
	}
	if r.IntN(2) == 0 {
		group(d, "link")["clicks"] = []string{"https://t.example/0", text(), "https://t.example/2?a=b&c=d"}
	}
	if r.IntN(10) == 0 {
		delete(d, []string{"client", "rep", "company", "offer", "link"}[r.IntN(5)])
	}
	return d
}

func TestBuiltInLettersAreProgramsThatDoWhatTheirTemplatesDo(t *testing.T) {
	t.Parallel()
	set, problems := builtIn(t, "ru")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, l := range set.Letters() {
		if nodes := left(l); nodes != nil {
			t.Errorf("%s leaves %q to templates", l.Path, nodes)
		}
		compare(t, l, SampleData(l.locale, monday))
		for range 60 {
			compare(t, l, anything(r, l))
		}
	}
}

// corpus is bodies with everything that letters may hold.
var corpus = []string{
	everything[strings.Index(everything, "---\nHello")+len("---\n"):],
	"{{ if .client.name }}\na\n{{ else if .client.company }}\nb\n{{ else if .rep.name }}\nc\n{{ else }}\nd\n{{ end }}\n",
	"{{ if and .client.name (or .client.company (not .rep.name)) }}\n{{ and .client.name .client.company .rep.phone }} {{ or .client.name .client.company 5 }} {{ .client.name | and .rep.phone }}\n{{ end }}\n",
	"{{ with .client }}\n{{ .name }} {{ $.rep.name }}\n{{ with .attributes }}\n{{ .industry }}\n{{ else }}\nnever\n{{ end }}\n{{ end }}\n",
	"{{ with .client.source }}\n{{ . }}\n{{ with $.rep.name | upper }}\n{{ . }} {{ len . }}\n{{ else }}\n{{ . | lower }}\n{{ end }}\n{{ . }}\n{{ else }}\nnone\n{{ end }}\n",
	"{{ range .client.products }}\n- {{ . | title }} \n{{ if eq . $.client.source \"Ann\" }}\nyes\n{{ end }}\n{{ with $.client.company }}\n{{ . }}\n{{ end }}\n{{ else }}\nnothing\n{{ end }}\n",
	"{{ with .client }}\n{{ range .products }}\n1. {{ . }} {{ index $.client.products 0 }} {{ index $.client.products $.client.attributes.employees }}\n{{ end }}\n{{ end }}\n",
	"{{ .client.last_purchase_at }} {{ .client.last_purchase_at | date \"2 January 2006, Monday\" }} {{ .client.name | date .client.source }} {{ date \"Jan Mon\" .client.attributes.industry }}\n",
	"{{ .client.attributes.employees }} {{ plural .client.attributes.employees \"one\" \"few\" \"many\" }} {{ .client.products | len | upper }} {{ 1.50 }} {{ 0x1F }} {{ -7 }} {{ true }}\n",
	"{{ eq .client.attributes.employees 12 }} {{ eq .client.attributes.employees .client.source 1e3 \"NaN\" }} {{ ne .client.attributes.employees 0x10 }} {{ lt .client.attributes.employees 5.5 }} {{ gt .client.last_purchase_at .offer.expires_at }}\n",
	"{{ .client.attributes.employees | default 2.5 }} {{ .client.products | default .client.source | default true }} {{ (.client.name | default (.client.company | upper)) | lower | title }}\n",
	"[{{ .client.name }}](https://a.example/{{ .client.company }}?a={{ .client.name | upper }}&b={{ .client.products }}#{{ .client.source }}) [{{ .client.name }}]({{ .company.site }} \"{{ .client.name }}\") [m](mailto:{{ .rep.email }}?subject={{ .client.name }}) [t](tel:{{ .rep.phone }})\n\n![{{ .client.name }}](https://i.example/{{ .client.name }}?{{ .client.name }})\n",
	"| a | b |\n|---|---|\n| {{ .client.name }} | `{{ .client.company }}` |\n\n> {{ .client.name }}\n\n## {{ .client.company | title }}\n\n&#123;{ {{ \"{{\" }} {{ \"<&>\" }}{{/* no */}}\n",
}

func TestProgramsDoWhatTemplatesDo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for i, body := range corpus {
		l := compiled(t, head+body).letter
		for range 300 {
			compare(t, l, anything(r, l))
		}
		if nodes := left(l); nodes != nil && !strings.Contains(body, "0x") {
			t.Errorf("body %d leaves %q to templates", i, nodes)
		}
	}
}

func TestEveryFunctionHasAProgram(t *testing.T) {
	t.Parallel()
	for name, call := range arity {
		if nodes := left(letter(t, "{{ "+call.example+" }}")); nodes != nil {
			t.Errorf("%s leaves %q to templates", name, nodes)
		}
	}
}

func TestWhatHasNoProgramIsLeftToItsTemplate(t *testing.T) {
	t.Parallel()
	layout := strings.Replace(plainLayout, "<p>", `<p style="color: {{ .client.source }}">`, 1)
	set, problems := Load(fstest.MapFS{
		layoutPath:       {Data: []byte(layout)},
		"templates/x.md": {Data: []byte("---\nsubject: '{{ .client.name }} {{ 0x1F }}'\n---\nHi {{ .client.name }}, [go](https://e.example/{{ .client.name }})\n")},
	}, nil, "en")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	l := set.Letter("x", "")
	if diff := cmp.Diff([]string{"0x1F", "_html_template_cssvaluefilter", "0x1F"}, left(l)); diff != "" {
		t.Errorf("left to templates (-want +got):\n%s", diff)
	}
	r, err := l.Render(client(map[string]any{"name": "<Ann>", "source": "expression(1)"}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Subject, "<Ann> 31"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	if got, want := r.Destinations, []string{"https://e.example/%3CAnn%3E"}; !slices.Equal(got, want) {
		t.Errorf("destinations %q, want %q", got, want)
	}
	html := string(r.HTMLBytes(l))
	for _, want := range []string{`<p style="color: ZgotmplZ">`, `Hi &lt;Ann&gt;, <a href="https://e.example/%3CAnn%3E">`} {
		if !strings.Contains(html, want) {
			t.Errorf("there is no %s in\n%s", want, html)
		}
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		compare(t, l, anything(rnd, l))
	}
}

func TestValuesOfASourceMayBePointers(t *testing.T) {
	t.Parallel()
	name, products, none := "A\nB", []string{"x", "y"}, (*string)(nil)
	l := letter(t, "{{ .client.name }} {{ .client.products }} {{ .client.company }} {{ .client.last_purchase_at }}")
	d := client(map[string]any{"name": &name, "products": &products, "company": none, "last_purchase_at": &monday})
	if got, want := textOf(t, "{{ .client.name }} {{ .client.products }} [{{ .client.company }}] {{ .client.last_purchase_at }}", d), "A B x, y [] 2 March 2026"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	compare(t, l, d)
	if r, err := l.Render(nil); err != nil || r.Subject != "s" {
		t.Errorf("without a source: %v, %v", r, err)
	}
}

func TestRenderToWritesOverAnotherLetter(t *testing.T) {
	t.Parallel()
	first := letter(t, "{{ range .client.products }}\n- {{ . }}\n{{ end }}\n[a](https://e.example/{{ .client.name }}) [b](https://e.example/b)\n")
	second := letter(t, "Hello {{ .client.name }}, [look](https://e.example/{{ .client.name }}/2)")
	d := client(map[string]any{"name": "Ann", "products": []string{"x", "y", "z"}})
	var r Rendered
	if err := first.RenderTo(&r, d); err != nil {
		t.Fatal(err)
	}
	subject, destinations := r.Subject, r.Destinations
	if err := second.RenderTo(&r, d); err != nil {
		t.Fatal(err)
	}
	want, err := second.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &r, cmpopts.IgnoreUnexported(Rendered{})); diff != "" {
		t.Errorf("the second letter differs (-alone +after another):\n%s", diff)
	}
	if subject != "s" || !slices.Equal(destinations, []string{"https://e.example/Ann", ""}) {
		t.Errorf("what was kept of the first letter is now %q, %q", subject, destinations)
	}
	products := make([]string, 6000)
	for i := range products {
		products[i] = fmt.Sprintf("%0100d", i)
	}
	if err := first.RenderTo(&r, client(map[string]any{"products": products})); err == nil || r.HTML != nil || r.Text != nil {
		t.Errorf("after an error (%v) there is a letter: %v", err, r.HTML)
	}
}

func FuzzProgram(f *testing.F) {
	for i, body := range corpus {
		f.Add(body, hostile[i%len(hostile)], uint64(i))
	}
	f.Fuzz(func(t *testing.T, body, value string, seed uint64) {
		set, problems := Load(content("x.md", head+body), []string{"industry", "employees"}, "ru")
		if len(problems) > 0 || len(value) > 10_000 {
			return
		}
		r, l := rand.New(rand.NewPCG(seed, 1)), set.Letter("x", "")
		for range 4 {
			d := anything(r, l)
			group(d, "client")["name"] = value
			compare(t, l, d)
		}
	})
}
