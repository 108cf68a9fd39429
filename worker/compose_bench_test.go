package worker

import (
	"bytes"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
	"seventh/templates"
)

// composing is a worker with the letter of seventh bench, compiled, and one client's copy of it.
func composing(tb testing.TB) (*Worker, *edition, *engine.Letter) {
	tb.Helper()
	read := func(path string) *fstest.MapFile {
		data, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		return &fstest.MapFile{Data: data}
	}
	set, problems := templates.Load(fstest.MapFS{
		"templates/layout.html": read("../templates/library/templates/layout.html"),
		"templates/letter.md":   read("../cmd/seventh/bench/templates/letter.md"),
	}, []string{"industry"}, "en")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	letter := set.Letter("letter", "")
	compiled, err := mail.Compile(letter)
	if err != nil {
		tb.Fatal(err)
	}
	links, err := token.NewSealer(bytes.Repeat([]byte("k"), token.KeySize))
	if err != nil {
		tb.Fatal(err)
	}
	settings := &sequences.Settings{Tracking: sequences.Tracking{Honeypot: true}}
	settings.Company.Name, settings.Company.Address, settings.Company.Phone = "Bench Ltd", "1 Example Street", "+1 555 0100"
	bought := time.Date(2025, 8, 2, 9, 30, 0, 0, time.UTC)
	l := &engine.Letter{
		Client: &store.Client{
			FirstName: "Ann", LastName: "Brown", Company: "Brown & Sons", Email: "ann.brown@client.example", Address: "ann.brown@client.example",
			Attributes: map[string]any{"industry": "woodworking"}, LastPurchaseAt: &bought, Locale: "en",
		},
		From:    sequences.Sender{Email: "team@example.com", Name: "Bench team"},
		Version: &engine.Version{Sequence: &sequences.Sequence{Name: "now"}},
		Zone:    time.UTC,
	}
	l.Template = "letter"
	w := &Worker{options: Options{PublicURL: "https://mail.example.com", Links: links}}
	return w, &edition{settings: settings, set: set, compiled: map[parts]*mail.Compiled{{letter: letter}: compiled}}, l
}

func BenchmarkCompose(b *testing.B) {
	w, edition, l := composing(b)
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.compose(b.Context(), edition, l, now); err != nil {
			b.Fatal(err)
		}
	}
}
