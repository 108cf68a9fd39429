package templates

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConditionTakesItsEmptyLineAway(t *testing.T) {
	t.Parallel()
	const body = "One\n\n{{ if .client.last_purchase_at }}\nThanks.\n\n{{ else }}\nWelcome.\n{{ end }}\n\n{{ if .client.company }}\nCompany\n{{ end }}\n\nTwo\n"
	never := time.Time{}
	for _, test := range []struct {
		name   string
		client map[string]any
		want   string
	}{
		{"bought", map[string]any{"last_purchase_at": monday}, "One\n\nThanks.\n\nTwo"},
		{"bought, by pointer", map[string]any{"last_purchase_at": &monday}, "One\n\nThanks.\n\nTwo"},
		{"never bought", nil, "One\n\nWelcome.\n\nTwo"},
		{"zero time", map[string]any{"last_purchase_at": never, "company": "x"}, "One\n\nWelcome.\n\nCompany\n\nTwo"},
		{"nil pointer", map[string]any{"last_purchase_at": (*time.Time)(nil)}, "One\n\nWelcome.\n\nTwo"},
	} {
		if diff := cmp.Diff(test.want, textOf(t, body, client(test.client))); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestLoopMakesItemsOfOneList(t *testing.T) {
	t.Parallel()
	const body = "You have:\n\n{{ range .client.products }}\n- {{ . }}\n{{ else }}\nnothing\n{{ end }}\n"
	const plain = "{{ range .client.products }}\n- {{ . }}\n{{ end }}\n"
	d := client(map[string]any{"products": []any{"Filter", "<Oil>"}})
	if diff := cmp.Diff("You have:\n\n- Filter\n\n- <Oil>", textOf(t, body, d)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("You have:\n\nnothing", textOf(t, body, nil)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("<ul>\n<li>Filter</li>\n<li>&lt;Oil&gt;</li>\n</ul>", htmlOf(t, plain, d)); diff != "" {
		t.Error(diff)
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	d := client(map[string]any{
		"first_name": "Ann", "company": "big co-op ABC", "products": []string{"a", "b"}, "last_purchase_at": monday,
		"attributes": map[string]any{"employees": 60.0, "industry": "2026-03-12"},
	})
	for _, test := range []struct{ body, want string }{
		{`{{ .client.last_name | default "friend" }}`, "friend"},
		{`{{ .client.first_name | default "friend" }}`, "Ann"},
		{`{{ .client.company | upper }} {{ .client.company | lower }} {{ .client.company | title }}`, "BIG CO-OP ABC big co-op abc Big Co-Op ABC"},
		{`{{ .client.last_purchase_at | date "02.01.2006" }} {{ .client.last_purchase_at }}`, "02.03.2026 2 March 2026"},
		{`{{ .client.attributes.industry | date "2 January" }}`, "12 March"},
		{`{{ .client.products }} {{ len .client.products }} {{ index .client.products 1 }} [{{ index .client.products 9 }}]`, "a, b 2 b []"},
		{`{{ len .client.products }} {{ plural (len .client.products) "part" "parts" }}`, "2 parts"},
		{`{{ .client.attributes.employees }} {{ gt .client.attributes.employees 50 }} {{ lt .client.source 5 }} {{ eq .client.attributes.employees 60 }}`, "60 true false true"},
		{`{{ and .client.first_name .client.company }} {{ or .client.last_name "x" }} {{ not .client.last_name }} {{ ne .client.first_name "Ann" }}`, "big co-op ABC x true false"},
		{`&#123;&#123; x {{ .client.first_name }} {{ "{{" }} {\{`, "{{ x Ann {{ {{"},
	} {
		if diff := cmp.Diff(test.want, textOf(t, test.body, d)); diff != "" {
			t.Errorf("%s: %s", test.body, diff)
		}
	}
}

func TestRussianPluralsAndDates(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "дней", 1: "день", 2: "дня", 5: "дней", 11: "дней", 14: "дней", 21: "день", 112: "дней", 1003: "дня"} {
		if got := plural("ru-RU", n, []any{"день", "дня", "дней"}); got != want {
			t.Errorf("%d %s, want %s", n, got, want)
		}
	}
	for layout, want := range map[string]string{
		"2 January 2006":    "2 марта 2026",
		"January 2006":      "март 2026",
		"Monday, 2 January": "понедельник, 2 марта",
		"Mon 02.01":         "пн 02.03",
		"2 Jan":             "2 марта",
	} {
		if got := formatDate("ru", layout, moment{Time: monday}); got != want {
			t.Errorf("%s: %s, want %s", layout, got, want)
		}
	}
}

func TestBothPartsShareLinks(t *testing.T) {
	t.Parallel()
	const body = "[One](https://a.example/1?c={{ .client.company }}) [mail](mailto:a@b.example) [out]({{ .link.unsubscribe }}) https://b.example/2\n\n**[Go](https://c.example/{{ .client.company }}/3)**\n"
	d := client(map[string]any{"company": "A/B & Ко?"})
	links := d["link"].(map[string]any)
	links["clicks"] = []string{"https://t.example/0", "https://t.example/1", "https://t.example/2"}
	l := letter(t, body)
	r, err := l.Render(d)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"https://a.example/1?c=A%2FB%20%26%20%D0%9A%D0%BE%3F", "", "https://c.example/A%2FB%20&%20%D0%9A%D0%BE%3F/3"}
	if diff := cmp.Diff(want, r.Destinations); diff != "" {
		t.Error(diff)
	}
	wantHTML := `<p><a href="https://t.example/0">One</a> <a href="mailto:a@b.example">mail</a> <a href="https://u.example/1">out</a> <a href="https://t.example/1">https://b.example/2</a></p>
<p><strong><a class="button" href="https://t.example/2">Go</a></strong></p>`
	if diff := cmp.Diff(wantHTML, htmlOf(t, body, d)); diff != "" {
		t.Error(diff)
	}
	wantText := "One: https://t.example/0 mail: a@b.example out: https://u.example/1 https://t.example/1\n\nGo: https://t.example/2"
	if diff := cmp.Diff(wantText, textOf(t, body, d)); diff != "" {
		t.Error(diff)
	}
}

func TestUntrackedLinksLeadToTheirDestinations(t *testing.T) {
	t.Parallel()
	got := textOf(t, "[One](https://a.example/1?c={{ .client.company }}) [Two](http://пример.рф/путь)", client(map[string]any{"company": "x y"}))
	if want := "One: https://a.example/1?c=x%20y Two: http://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C"; got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestSubjectIsOneLine(t *testing.T) {
	t.Parallel()
	set, _ := Load(content("x.md", "---\nsubject: 'Hi {{ .client.name }}'\n---\nx"), nil, "en")
	r, err := set.Letter("x", "").Render(client(map[string]any{"name": "A\r\nBcc: b@c.example\x00\u2028z"}))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Hi A  Bcc: b@c.example z"; r.Subject != want {
		t.Errorf("got %q, want %q", r.Subject, want)
	}
}

func TestConcurrentRendersDoNotMix(t *testing.T) {
	t.Parallel()
	l := letter(t, "Hello {{ .client.first_name }}")
	var wg sync.WaitGroup
	for _, name := range []string{"Ann", "Bob", "Cid", "Dan"} {
		wg.Go(func() {
			for range 50 {
				if r, err := l.Render(client(map[string]any{"first_name": name})); err != nil || string(r.HTML[1].Personal) != name {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	wg.Wait()
}
