package mail

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// byteByByte is appendQP without its runs: what each byte becomes depends on its column and on what follows.
func byteByByte(src []byte) []byte {
	var out []byte
	column := 0
	put := func(piece string) {
		if column+len(piece) > maxEncodedLine-1 {
			out = append(out, softBreak...)
			column = 0
		}
		if piece == "." && column == 0 {
			piece = "=2E"
		}
		out = append(out, piece...)
		column += len(piece)
	}
	for i, b := range src {
		space := b == ' ' || b == '\t'
		switch {
		case b == '\r':
		case b == '\n':
			out = append(out, "\r\n"...)
			column = 0
		case space && endsLine(src[i+1:]), !space && (b <= ' ' || b > '~' || b == '='):
			put("=" + string(upperHex[b>>4]) + string(upperHex[b&15]))
		default:
			put(string(rune(b)))
		}
	}
	if column > 0 {
		out = append(out, softBreak...)
	}
	return out
}

func TestQuotedPrintableGoesByteByByte(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{" ", "\t", ".", "=", "\r", "\n", "\r\n", "a", "word ", "ы", "слово", "🎉", "\x00", "\x7f", "\xff", "~", "!", strings.Repeat("x", 70), strings.Repeat("я", 13)}
	for range 20_000 {
		var src []byte
		for range r.IntN(30) {
			src = append(src, pieces[r.IntN(len(pieces))]...)
		}
		if got, want := appendQP([]byte("before"), src), append([]byte("before"), byteByByte(src)...); !bytes.Equal(got, want) {
			t.Fatalf("%q becomes %q, want %q", src, got, want)
		}
	}
}

func BenchmarkQuotedPrintable(b *testing.B) {
	for name, words := range map[string]string{"latin": "Walk the line on a quiet Saturday, with soapy water. ", "cyrillic": "Пройдите вдоль линии в тихую субботу с мыльной водой. "} {
		b.Run(name, func(b *testing.B) {
			src := []byte(strings.Repeat(words, 20))
			var dst []byte
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				dst = appendQP(dst[:0], src)
			}
		})
	}
}
