package mail

import (
	"strings"
	"testing"
)

func BenchmarkQuotedPrintable(b *testing.B) {
	for name, words := range map[string]string{"latin": "Walk the line on a quiet Saturday, with soapy water. ", "cyrillic": "Пройдите вдоль линии в тихую субботу с мыльной водой. "} {
		b.Run(name, func(b *testing.B) {
			src := []byte(strings.Repeat(words, 20))
			var dst []byte
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				dst = appendQP(dst[:0], src)
			}
		})
	}
}
