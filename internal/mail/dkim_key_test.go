package mail

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
)

func pemOf(t *testing.T, key crypto.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func rsaOf(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeysAreReadInEveryUsualForm(t *testing.T) {
	t.Parallel()
	seed, err := base64.StdEncoding.DecodeString(rfc8463Seed)
	if err != nil {
		t.Fatal(err)
	}
	ed, long, weak := ed25519.NewKeyFromSeed(seed), rsaOf(t, 2048), rsaOf(t, 1024)
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(long)}))
	for name, test := range map[string]struct{ key, record, warning string }{
		"PKCS#8 RSA":      {pemOf(t, long), "v=DKIM1; k=rsa; p=MIIB", ""},
		"PKCS#1 RSA":      {"\n" + pkcs1 + "\n\n", "v=DKIM1; k=rsa; p=MIIB", ""},
		"weak RSA":        {pemOf(t, weak), "v=DKIM1; k=rsa; p=MIGf", "RSA with 1024 bits is weak: make a key with 2048 under a new selector"},
		"PKCS#8 Ed25519":  {pemOf(t, ed), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", ""},
		"seed of Ed25519": {rfc8463Seed + "\n", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := ParseSigner("Пример.рф", "S2026", []byte(test.key))
			if err != nil {
				t.Fatal(err)
			}
			if s.Name() != "s2026._domainkey.xn--e1afmkfd.xn--p1ai" || s.Warning != test.warning || !strings.HasPrefix(s.Record(), test.record) {
				t.Errorf("%s has the record %s and the warning %q", s.Name(), s.Record(), s.Warning)
			}
			raw := stories()[1].raw(t)
			header, err := Signers{s}.Sign(nil, raw, signedAt)
			if err != nil {
				t.Fatal(err)
			}
			if err := verify(append(header, raw...), Signers{s}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWrongKeysAreToldWithACure(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(ec.Public())
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, headers map[string]string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Headers: headers, Bytes: der}))
	}
	t.Setenv("GODEBUG", "rsa1024min=0") // lets the test make a short key; hence not parallel
	short := pemOf(t, rsaOf(t, 512))
	for name, test := range map[string]struct{ domain, selector, key, want string }{
		"empty":              {"example.com", "s", "", "no private key"},
		"text":               {"example.com", "s", "secret", "no private key"},
		"seed of 31 bytes":   {"example.com", "s", base64.StdEncoding.EncodeToString(make([]byte, 31)), "no private key"},
		"broken PKCS#8":      {"example.com", "s", block("PRIVATE KEY", nil, []byte("secret")), "no private key"},
		"broken PKCS#1":      {"example.com", "s", block("RSA PRIVATE KEY", nil, []byte("secret")), "no private key"},
		"elliptic curve":     {"example.com", "s", pemOf(t, ec), "only RSA and Ed25519"},
		"public":             {"example.com", "s", block("PUBLIC KEY", nil, public), "it is public"},
		"certificate":        {"example.com", "s", block("CERTIFICATE", nil, public), "it is public"},
		"encrypted":          {"example.com", "s", block("ENCRYPTED PRIVATE KEY", nil, public), "openssl pkey"},
		"encrypted as once":  {"example.com", "s", block("RSA PRIVATE KEY", map[string]string{"DEK-Info": "AES-128-CBC,00"}, public), "openssl pkey"},
		"too short":          {"example.com", "s", short, "with 2048"},
		"no domain":          {"", "s", rfc8463Seed, "is not a domain"},
		"domain with a line": {"example.com\r\nX: y", "s", rfc8463Seed, "is not a domain"},
		"no selector":        {"example.com", "", rfc8463Seed, "the selector must be"},
		"selector with tags": {"example.com", "s; l=0", rfc8463Seed, "the selector must be"},
	} {
		s, err := ParseSigner(test.domain, test.selector, []byte(test.key))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, error %v, want %q", name, s, err, test.want)
		}
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	s := edSigner(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, s); !strings.Contains(got, s.Name()) || len(got) > 60 {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

func TestKeyringFindsTheNearestDomain(t *testing.T) {
	t.Parallel()
	company, news := Signers{edSigner(t)}, Signers{edSigner(t)}
	ring := Keyring{"example.com": company, "news.example.com": news, "xn--e1afmkfd.xn--p1ai": company}
	for from, want := range map[string]Signers{
		"ann@example.com":        company,
		"Ann@EXAMPLE.com":        company,
		"example.com":            company,
		"ann@mail.example.com":   company,
		"ann@a.b.example.com":    company,
		"ann@news.example.com":   news,
		"ann@x.news.example.com": news,
		"анна@почта.пример.рф":   company,
		"ann@notexample.com":     nil,
		"ann@com":                nil,
		"ann@":                   nil,
		"":                       nil,
		"ann@example.com..":      nil,
	} {
		if got := ring.For(from); len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("%q: %v, want %v", from, got, want)
		}
	}
	if got := Keyring(nil).For("ann@example.com"); got != nil {
		t.Errorf("without keys: %v", got)
	}
}
