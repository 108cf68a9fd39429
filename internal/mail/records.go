package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DKIMRecord is a public key as the DNS publishes it (RFC 6376 3.6.1, RFC 8463 4).
type DKIMRecord struct {
	Key     crypto.PublicKey // nil when revoked
	Revoked bool             // p= is empty: signatures with this key are void
	Testing bool             // t=y: verifiers are to treat the letter as if it were not signed
}

// ParseDKIMRecord reads the TXT record under selector._domainkey.domain. Errors say what a
// verifier would stumble over.
func ParseDKIMRecord(text string) (DKIMRecord, error) {
	tags, err := parseTags(text)
	if err != nil {
		return DKIMRecord{}, err
	}
	if i := tags.index("v"); i > 0 || i == 0 && tags[0].value != "DKIM1" {
		return DKIMRecord{}, errors.New("v= must be DKIM1 and stand first")
	}
	if hashes := tags.value("h"); hashes != "" && !slices.Contains(colonList(hashes), "sha256") {
		return DKIMRecord{}, fmt.Errorf("h=%s does not allow sha256", hashes)
	}
	if services := tags.value("s"); services != "" && !slices.Contains(colonList(services), "email") && !slices.Contains(colonList(services), "*") {
		return DKIMRecord{}, fmt.Errorf("s=%s does not allow e-mail", services)
	}
	if tags.index("p") < 0 {
		return DKIMRecord{}, errors.New("there is no p= with the public key")
	}
	r := DKIMRecord{Testing: slices.Contains(colonList(tags.value("t")), "y")}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(tags.value("p")), ""))
	if err != nil {
		return DKIMRecord{}, errors.New("p= is not base64: was it cut, or split with quotes inside?")
	}
	if len(data) == 0 {
		r.Revoked = true
		return r, nil
	}
	r.Key, err = publicKey(tags.value("k"), data)
	return r, err
}

// Fits reports whether the record is the public half of our key.
func (r DKIMRecord) Fits(s *Signer) bool {
	switch ours := s.key.Public().(type) {
	case *rsa.PublicKey:
		return r.Key != nil && ours.Equal(r.Key)
	case ed25519.PublicKey:
		return r.Key != nil && ours.Equal(r.Key)
	}
	return false
}

func publicKey(kind string, data []byte) (crypto.PublicKey, error) {
	switch kind {
	case "", "rsa":
		if key, err := x509.ParsePKIXPublicKey(data); err == nil {
			if key, ok := key.(*rsa.PublicKey); ok {
				return key, nil
			}
		}
		if key, err := x509.ParsePKCS1PublicKey(data); err == nil { // both forms are about (RFC 6376, erratum 3017)
			return key, nil
		}
		return nil, errors.New("p= is not an RSA key: was it cut?")
	case "ed25519":
		if len(data) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("p= has %d bytes, and an Ed25519 key has %d", len(data), ed25519.PublicKeySize)
		}
		return ed25519.PublicKey(bytes.Clone(data)), nil
	}
	return nil, fmt.Errorf("k=%s is not a kind of key that verifiers know", kind)
}

// DMARC is what a domain asks receivers to do with letters that pass neither SPF nor DKIM
// for it (RFC 7489 6.3).
type DMARC struct {
	Policy          string // none, quarantine or reject
	SubdomainPolicy string // the same for its subdomains
	StrictDKIM      bool   // d= must be the domain of From itself
	StrictSPF       bool   // so must the envelope's domain
	Percent         int    // of the letters that the policy is for
	Reports         bool   // aggregate reports go somewhere
}

// IsDMARC reports whether a TXT record under _dmarc means to be one of DMARC.
func IsDMARC(text string) bool {
	version, _, _ := strings.Cut(text, ";")
	name, value, _ := strings.Cut(version, "=")
	return strings.TrimSpace(name) == "v" && strings.EqualFold(strings.TrimSpace(value), "DMARC1")
}

// ParseDMARC reads the TXT record under _dmarc.domain.
func ParseDMARC(text string) (DMARC, error) {
	tags, err := parseTags(text)
	if err != nil {
		return DMARC{}, err
	}
	if tags.index("v") != 0 || tags[0].value != "DMARC1" {
		return DMARC{}, errors.New("it must begin with v=DMARC1")
	}
	r := DMARC{Policy: strings.ToLower(tags.value("p")), Percent: 100, Reports: tags.value("rua") != ""}
	if r.Policy == "" {
		return DMARC{}, errors.New("there is no p= with the policy: none, quarantine or reject")
	}
	r.SubdomainPolicy = r.Policy
	if tags.index("sp") >= 0 {
		r.SubdomainPolicy = strings.ToLower(tags.value("sp"))
	}
	for name, policy := range map[string]string{"p": r.Policy, "sp": r.SubdomainPolicy} {
		if !slices.Contains([]string{"none", "quarantine", "reject"}, policy) {
			return DMARC{}, fmt.Errorf("%s=%s is no policy: none, quarantine or reject", name, policy)
		}
	}
	for name, strict := range map[string]*bool{"adkim": &r.StrictDKIM, "aspf": &r.StrictSPF} {
		switch mode := strings.ToLower(tags.value(name)); mode {
		case "", "r":
		case "s":
			*strict = true
		default:
			return DMARC{}, fmt.Errorf("%s=%s is no mode: r or s", name, mode)
		}
	}
	if percent := tags.value("pct"); percent != "" {
		if r.Percent, err = strconv.Atoi(percent); err != nil || r.Percent < 0 || r.Percent > 100 {
			return DMARC{}, fmt.Errorf("pct=%s is no percentage", percent)
		}
	}
	for _, name := range []string{"rua", "ruf"} {
		for _, uri := range strings.FieldsFunc(tags.value(name), func(r rune) bool { return r == ',' }) {
			if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(uri)), "mailto:") {
				return DMARC{}, fmt.Errorf("%s=%s is no address: write mailto:reports@example.com", name, uri)
			}
		}
	}
	return r, nil
}

// tagList is "a=b; c=d" in its order (RFC 6376 3.2).
type tagList []struct{ name, value string }

func parseTags(text string) (tagList, error) {
	var tags tagList
	parts := strings.Split(text, ";")
	for i, part := range parts {
		if strings.TrimSpace(part) == "" {
			if i == len(parts)-1 {
				break // what the last semicolon ends
			}
			return nil, errors.New("two semicolons follow each other")
		}
		name, value, found := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		if !found || name == "" || strings.ContainsFunc(name, notGraphicASCII) {
			return nil, fmt.Errorf("%q is not of the form name=value", clean(strings.TrimSpace(part), 60))
		}
		if tags.index(name) >= 0 {
			return nil, fmt.Errorf("%s= stands twice", name)
		}
		value = strings.TrimSpace(value)
		if i := strings.IndexFunc(value, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }); i >= 0 {
			return nil, fmt.Errorf("%s= holds a character that is not ASCII", name)
		}
		tags = append(tags, struct{ name, value string }{name, value})
	}
	if len(tags) == 0 {
		return nil, errors.New("it is empty")
	}
	return tags, nil
}

func (t tagList) index(name string) int {
	return slices.IndexFunc(t, func(tag struct{ name, value string }) bool { return tag.name == name })
}

func (t tagList) value(name string) string {
	if i := t.index(name); i >= 0 {
		return t[i].value
	}
	return ""
}

func colonList(value string) []string {
	list := strings.Split(value, ":")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}
