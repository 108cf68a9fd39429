package store_test

import (
	"strings"
	"testing"

	"seventh/internal/store"
)

func TestAddressHasOneForm(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ email, want string }{
		{"ann@example.com", "ann@example.com"},
		{"Ann.Lee@Example.COM", "ann.lee@example.com"},
		{"ann+crm_2@mail.example.co.uk", "ann+crm_2@mail.example.co.uk"},
		{"o'neil@example.com", "o'neil@example.com"},
		{"ann@почта.рф", "ann@xn--80a1acny.xn--p1ai"},
		{"ann@ПОЧТА.рф", "ann@xn--80a1acny.xn--p1ai"},
		{"ann@xn--80a1acny.xn--p1ai", "ann@xn--80a1acny.xn--p1ai"},
		{"ann@bücher.example", "ann@xn--bcher-kva.example"},
		{strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com"},
	} {
		got, err := store.NormalizeAddress(tc.email)
		if err != nil || got != tc.want {
			t.Errorf("%s becomes %q (%v), want %q", tc.email, got, err, tc.want)
		}
	}
}

func TestWhatIsWrongWithAnAddressIsTold(t *testing.T) {
	t.Parallel()
	const (
		shape  = "is not an e-mail address like name@example.com"
		local  = "has characters before the @ that mail servers refuse; use letters, digits and . _ + -"
		domain = "has a domain that cannot exist"
		long   = "has more than 64 characters before the @"
	)
	for _, tc := range []struct{ email, want string }{
		{"", shape},
		{"ann", shape},
		{"ann@", shape},
		{"@example.com", shape},
		{" ann@example.com", shape},
		{"ann@example.com ", shape},
		{"an n@example.com", shape},
		{"ann@exam ple.com", shape},
		{"Ann <ann@example.com>", shape},
		{"<ann@example.com>", shape},
		{"ann@example.com, bob@example.com", shape},
		{`"ann lee"@example.com`, shape},
		{`"ann"@example.com`, shape},
		{"ann..lee@example.com", shape},
		{"ann@example..com", shape},
		{"ann@example.com\r\nBcc: bob@example.com", shape},
		{"анна@example.com", local},
		{"ann@localhost", domain},
		{"ann@[127.0.0.1]", domain},
		{"ann@exa_mple.com", domain},
		{"ann@" + strings.Repeat("a", 64) + ".com", domain},
		{"ann@" + strings.Repeat("a.", 130) + "com", domain},
		{strings.Repeat("a", 65) + "@example.com", long},
	} {
		got, err := store.NormalizeAddress(tc.email)
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q becomes %q (%v), want %q", tc.email, got, err, tc.want)
		}
	}
}

// What comes out is an address that goes on the wire as it is, and has only one form.
func FuzzNormalizeAddress(f *testing.F) {
	for _, seed := range []string{
		"ann@example.com", "Ann@Example.COM", "ann@почта.рф", `"a b"@example.com`, "ann@[127.0.0.1]", "a@b", "ann@例え。jp", "a@ß.de", "a@xn--a.com",
		"a@-b.com", "a@b.com.", "ann@exa\u00admple.com", "a@\u212a.com", "a@b.c\x00m", "\u212a@b.com", "a(c)@b.com",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, email string) {
		address, err := store.NormalizeAddress(email)
		if err != nil {
			return
		}
		if again, err := store.NormalizeAddress(address); err != nil || again != address {
			t.Errorf("%q becomes %q, which becomes %q (%v)", email, address, again, err)
		}
		if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f || 'A' <= r && r <= 'Z' }) {
			t.Errorf("%q becomes %q", email, address)
		}
		local, domain, _ := strings.Cut(address, "@")
		if local == "" || len(local) > 64 || len(domain) > 253 || strings.Contains(domain, "@") {
			t.Errorf("%q becomes %q, whose parts are too long or too short", email, address)
		}
		for label := range strings.SplitSeq(domain, ".") {
			if label == "" || len(label) > 63 {
				t.Errorf("%q becomes %q with the label %q", email, address, label)
			}
		}
	})
}
