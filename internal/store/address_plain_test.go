package store

import "testing"

// plain are addresses for which the short way and the whole way must agree.
var plain = []string{
	"ann@example.com", "Ann.Lee+news_1@Mail-2.Example.COM", "a@b.c", "a@1.2", "a@b", "a@b.", "a@.b", "@b.c", "a@", "a@b@c.d", ".a@b.c", "a.@b.c", "a..b@c.d",
	"a-@b.c", "-a@b.c", "a@-b.c", "a@b-.c", "a@b.-c", "a@xn--80ak6aa92e.com", "a@ab--c.com", "a@b_c.d", "_a@b.c", "a b@c.d", "a@b.c ", "", "@", "a@b..c", "a@127.0.0.1",
	"a@[127.0.0.1]", "\"a\"@b.c", "Ann <a@b.c>", "a@b.c.", "ä@b.c", "a@bä.c", "a@b.123", "a@B.c--d",
}

func TestPlainAddressesAreNormalisedTheSame(t *testing.T) {
	t.Parallel()
	taken := 0
	for _, email := range plain {
		if agree(t, email) {
			taken++
		}
	}
	if taken < 6 {
		t.Errorf("only %d of the addresses take the short way", taken)
	}
}

func FuzzPlainAddress(f *testing.F) {
	for _, email := range plain {
		f.Add(email)
	}
	f.Fuzz(func(t *testing.T, email string) { agree(t, email) })
}

// agree reports whether an address is plain; if it is, both ways must give the same.
func agree(t *testing.T, email string) bool {
	t.Helper()
	short, plain := plainAddress(email)
	if !plain {
		return false
	}
	if whole, err := normalizeAddress(email); err != nil || whole != short {
		t.Errorf("%q is %q the short way, %q the whole way: %v", email, short, whole, err)
	}
	return true
}

func BenchmarkNormalizeAddress(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NormalizeAddress("Client.4711@customer-42.example"); err != nil {
			b.Fatal(err)
		}
	}
}
