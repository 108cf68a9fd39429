package mail

import (
	"bytes"
	"testing"
)

// benchmark letters have the size that production ones have: 6 KB of HTML, 0.5 KB of text.
func benchmarkStory() story {
	s := stories()[0]
	s.letter.Fixed[6] = bytes.Repeat([]byte("<p style=\"margin:0 0 16px\">Some words of the letter, in HTML.</p>\n"), 85)
	return s
}

func BenchmarkCompose(b *testing.B) {
	s := benchmarkStory()
	c, err := Compile(s.letter)
	if err != nil {
		b.Fatal(err)
	}
	var stream []byte
	b.ReportAllocs()
	for b.Loop() {
		if stream, err = c.Compose(stream[:0], s.header, s.rendered); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(stream)), "bytes/stream")
}

func BenchmarkExpand(b *testing.B) {
	s := benchmarkStory()
	c, err := Compile(s.letter)
	if err != nil {
		b.Fatal(err)
	}
	stream, err := c.Compose(nil, s.header, s.rendered)
	if err != nil {
		b.Fatal(err)
	}
	var raw []byte
	b.ReportAllocs()
	for b.Loop() {
		if raw, err = Expand(raw[:0], c.Fixed, stream); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(raw)))
}
