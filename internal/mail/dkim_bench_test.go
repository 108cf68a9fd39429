package mail

import (
	"crypto/sha256"
	"testing"
)

func BenchmarkSign(b *testing.B) {
	s := benchmarkStory()
	c, err := Compile(s.letter)
	if err != nil {
		b.Fatal(err)
	}
	stream, err := c.Compose(nil, s.header, s.rendered)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := Expand(nil, c.Fixed, stream)
	if err != nil {
		b.Fatal(err)
	}
	ed, rsa := edSigner(b), rsaSigner(b)
	for name, signers := range map[string]Signers{"ed25519": {ed}, "rsa": {rsa}, "both": {rsa, ed}} {
		b.Run(name, func(b *testing.B) {
			var header []byte
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if header, err = signers.Sign(header[:0], raw, signedAt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("floor", func(b *testing.B) { // what Ed25519 and SHA-256 alone cost
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			sum := sha256.Sum256(raw)
			if _, err := ed.key.Sign(nil, sum[:], ed.hash); err != nil {
				b.Fatal(err)
			}
		}
	})
}
