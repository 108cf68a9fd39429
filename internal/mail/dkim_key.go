package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"
)

// Signer is one DKIM key of a domain. It is safe for concurrent use.
type Signer struct {
	Domain   string // d=, in lower-case A-labels
	Selector string // s=
	Warning  string // what is weak about the key, with a cure; "" if nothing is

	key     crypto.Signer
	hash    crypto.Hash // what the key is told about the digest
	opening string      // of the header, up to t=
}

const (
	weakestRSA = 1024 // RFC 8301 3.2: verifiers must refuse shorter keys
	usualRSA   = 2048 // RFC 8301 3.2: signers should not use shorter keys
	longestRSA = 4096 // RFC 8301 3.2: verifiers need not understand longer keys
)

// ParseSigner reads the private key of a domain's selector: PEM of PKCS#8 (RSA or Ed25519)
// or PKCS#1 (RSA), or the 32 bytes of an Ed25519 seed in base64, as RFC 8463 A.2 writes it.
// Errors say what to do and never repeat the key.
func ParseSigner(domain, selector string, key []byte) (*Signer, error) {
	s := &Signer{Selector: strings.ToLower(selector)}
	var err error
	if s.Domain, err = asciiDomain(domain); err != nil {
		return nil, fmt.Errorf("reading a DKIM key: %w", err)
	}
	if !isHostName(s.Selector) {
		return nil, fmt.Errorf("reading the DKIM key of %s: the selector must be Latin letters, digits and hyphens, such as s2026", s.Domain)
	}
	if s.key, err = parseKey(bytes.TrimSpace(key)); err != nil {
		return nil, fmt.Errorf("reading the DKIM key %s: %w", s.Name(), err)
	}
	algorithm := "ed25519-sha256"
	if private, ok := s.key.(*rsa.PrivateKey); ok {
		algorithm = "rsa-sha256"
		s.hash = crypto.SHA256 // Ed25519 signs the digest like any other text (RFC 8463 3)
		bits := private.N.BitLen()
		switch {
		case bits < weakestRSA:
			return nil, fmt.Errorf("reading the DKIM key %s: RSA with %d bits is refused everywhere: make one with 2048", s.Name(), bits)
		case bits < usualRSA:
			s.Warning = fmt.Sprintf("RSA with %d bits is weak: make a key with 2048 under a new selector", bits)
		case bits > longestRSA:
			s.Warning = fmt.Sprintf("RSA with %d bits is longer than verifiers must understand: make a key with 2048 under a new selector", bits)
		}
	}
	s.opening = "DKIM-Signature: v=1; a=" + algorithm + "; c=relaxed/relaxed;\r\n d=" + s.Domain + ";\r\n s=" + s.Selector + "; t="
	return s, nil
}

// Name is where the public key stands in the DNS (RFC 6376 3.6.2.1).
func (s *Signer) Name() string { return s.Selector + "._domainkey." + s.Domain }

// Record is the TXT record to publish under Name.
func (s *Signer) Record() string {
	switch public := s.key.Public().(type) {
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			panic(err) // it was parsed: cannot fail
		}
		return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	}
	panic("mail: no such DKIM key") // parseKey makes no other
}

// GoString keeps the private key out of %#v.
func (s *Signer) GoString() string { return "mail.Signer(" + s.Name() + ")" }

// String keeps the private key out of %v and of logs.
func (s *Signer) String() string { return s.Name() }

var errNoKey = errors.New("this is no private key: it must be PEM (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY) or an Ed25519 seed of 32 bytes in base64; " +
	"make one with `openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048`")

func parseKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		seed, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil || len(seed) != ed25519.SeedSize {
			return nil, errNoKey
		}
		return ed25519.NewKeyFromSeed(seed), nil
	}
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, errors.New("it is encrypted: take the passphrase off with `openssl pkey -in KEY -out KEY.plain`")
	case strings.Contains(block.Type, "PUBLIC KEY") || block.Type == "CERTIFICATE":
		return nil, errors.New("it is public: signing needs the private key that belongs to it")
	case block.Type == "RSA PRIVATE KEY":
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errNoKey
		}
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errNoKey
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, errors.New("DKIM knows only RSA and Ed25519 keys: make one with `openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048`")
}

// asciiDomain is a domain as the DNS knows it: lower-case A-labels.
func asciiDomain(domain string) (string, error) {
	domain = strings.ToLower(domain)
	if isHostName(domain) {
		return domain, nil
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isHostName(ascii) {
		return "", fmt.Errorf("%q is not a domain: write it like example.com", clean(domain, 80))
	}
	return ascii, nil
}
