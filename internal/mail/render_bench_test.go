package mail

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

	"seventh/templates"
)

// benchLetter is the letter of seventh bench in the built-in layout: six personal fields,
// one condition, one tracked link, the pixel and the way out.
func benchLetter(tb testing.TB, locale string) *templates.Letter {
	tb.Helper()
	source, err := os.ReadFile("../../cmd/seventh/bench/templates/letter.md")
	if err != nil {
		tb.Fatal(err)
	}
	layout, err := os.ReadFile("../../templates/library/templates/layout.html")
	if err != nil {
		tb.Fatal(err)
	}
	set, problems := templates.Load(fstest.MapFS{
		"templates/layout.html": {Data: layout}, "templates/letter.md": {Data: source},
	}, []string{"industry"}, locale)
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return set.Letter("letter", "")
}

// benchData is one client of benchLetter with every field filled in.
func benchData(locale string) templates.Data {
	d := templates.SampleData(locale, time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC))
	d["client"].(map[string]any)["attributes"] = map[string]any{"industry": "woodworking"}
	if locale == "ru" {
		d["client"].(map[string]any)["attributes"] = map[string]any{"industry": "деревообработка"}
	}
	const base = "https://mail.example.com/"
	d["link"] = map[string]any{
		"unsubscribe": base + "u/abcdefghijklmnopqrstuv", "open": base + "o/abcdefghijklmnopqrstuv", "clicks": []string{base + "c/abcdefghijklmnopqrstuv"},
	}
	return d
}

// benchHeader is the header that the worker writes above benchLetter.
func benchHeader(locale string) Header {
	h := Header{
		From: Address{Name: "Peter Hill", Email: "peter.hill@company.example"}, ReplyTo: Address{Name: "Peter Hill", Email: "peter.hill@company.example"},
		To: Address{Name: "Ann Brown", Email: "ann.brown@client.example"}, MessageID: "abcdefghijklmnopqrstuvwxyz@company.example",
		Date:        time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("", 3*60*60)),
		Unsubscribe: "https://mail.example.com/u/abcdefghijklmnopqrstuv", ListID: "now.company.example",
	}
	if locale == "ru" {
		h.From.Name, h.ReplyTo.Name, h.To.Name = "Пётр Холмов", "Пётр Холмов", "Анна Белова"
	}
	return h
}

func BenchmarkRenderAndCompose(b *testing.B) {
	for name, locale := range map[string]string{"latin": "en", "cyrillic": "ru"} {
		b.Run(name, func(b *testing.B) {
			l, d, h := benchLetter(b, locale), benchData(locale), benchHeader(locale)
			c, err := Compile(l)
			if err != nil {
				b.Fatal(err)
			}
			var rendered templates.Rendered // written over, as the worker does; the stream is kept
			var stream []byte
			b.ReportAllocs()
			for b.Loop() {
				if err := l.RenderTo(&rendered, d); err != nil {
					b.Fatal(err)
				}
				if stream, err = c.Compose(nil, h, &rendered); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(stream)), "bytes/stream")
		})
	}
}
