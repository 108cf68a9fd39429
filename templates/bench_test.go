package templates

import (
	"os"
	"testing"
)

func BenchmarkRender(b *testing.B) {
	typical, err := os.ReadFile("testdata/offer.en.md")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("cyrillic", func(b *testing.B) {
		set, _ := builtIn(b, "ru")
		l, d := set.Letter("c/case", "ru"), SampleData("ru", monday)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Render(d); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, source := range map[string]string{"typical": string(typical), "everything": everything} {
		b.Run(name, func(b *testing.B) {
			set, _ := Load(content("x.md", source), []string{"industry", "employees"}, "en")
			l, d := set.Letter("x", ""), SampleData("en", monday)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Render(d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
