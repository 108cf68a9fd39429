package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

var (
	blanks       = regexp.MustCompile(`[ \t\r\n]+`)
	lineBlanks   = regexp.MustCompile(`[ \t]+`)
	fieldStart   = regexp.MustCompile(`\r\n([^ \t])`)
	signatureTag = regexp.MustCompile(`(;\s*b\s*=)[^;]*`)
)

// verifyByTheBook is RFC 6376 and RFC 8463 written down as plainly as possible, from the
// RFCs and without a line of the code it checks. It gives the tags of every signature.
func verifyByTheBook(raw string, keys map[string]string) ([]map[string]string, error) {
	head, body, found := strings.Cut(raw, "\r\n\r\n")
	if !found {
		return nil, errors.New("no body")
	}
	fields := strings.Split(fieldStart.ReplaceAllString(head, "\x00$1"), "\x00")
	var verified []map[string]string
	for _, field := range fields {
		if !strings.HasPrefix(strings.ToLower(field), "dkim-signature:") {
			continue
		}
		tags, err := verifyOne(field, fields, body, keys)
		if err != nil {
			return nil, fmt.Errorf("signature s=%s: %w", tags["s"], err)
		}
		verified = append(verified, tags)
	}
	return verified, nil
}

func verifyOne(signature string, fields []string, body string, keys map[string]string) (map[string]string, error) {
	tags := tagsOf(signature[strings.Index(signature, ":")+1:])
	if tags["c"] != "relaxed/relaxed" {
		return tags, fmt.Errorf("canonicalization is %q", tags["c"])
	}
	bodyHash := sha256.Sum256([]byte(relaxedBody(body)))
	if got := base64.StdEncoding.EncodeToString(bodyHash[:]); got != tags["bh"] {
		return tags, fmt.Errorf("the body's hash is %s, not %s", got, tags["bh"])
	}
	signed, left := "", slices.Clone(fields)
	for name := range strings.SplitSeq(tags["h"], ":") {
		for i := len(left) - 1; i >= 0; i-- {
			if n, _, _ := strings.Cut(left[i], ":"); strings.EqualFold(strings.TrimSpace(n), name) {
				signed += relaxedField(left[i]) + "\r\n"
				left = slices.Delete(left, i, i+1)
				break
			}
		}
	}
	signed += relaxedField(signatureTag.ReplaceAllString(signature, "$1"))
	sum := sha256.Sum256([]byte(signed))
	b, err := base64.StdEncoding.DecodeString(tags["b"])
	if err != nil {
		return tags, err
	}
	public, err := base64.StdEncoding.DecodeString(tagsOf(keys[tags["s"]+"._domainkey."+tags["d"]])["p"])
	if err != nil {
		return tags, err
	}
	switch tags["a"] {
	case "ed25519-sha256":
		if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, sum[:], b) {
			return tags, errors.New("the signature does not fit")
		}
		return tags, nil
	case "rsa-sha256":
		key, err := x509.ParsePKIXPublicKey(public)
		if err != nil {
			return tags, err
		}
		return tags, rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], b)
	}
	return tags, fmt.Errorf("algorithm %q", tags["a"])
}

// tagsOf reads "a=b; c=d"; blanks mean nothing in the values we look at.
func tagsOf(list string) map[string]string {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(list, ";") {
		name, value, _ := strings.Cut(tag, "=")
		tags[strings.TrimSpace(name)] = blanks.ReplaceAllString(value, "")
	}
	return tags
}

func relaxedField(field string) string {
	name, value, _ := strings.Cut(field, ":")
	return strings.ToLower(strings.Trim(name, " \t")) + ":" + strings.Trim(blanks.ReplaceAllString(value, " "), " ")
}

func relaxedBody(body string) string {
	var lines []string
	for line := range strings.SplitSeq(body, "\r\n") {
		lines = append(lines, strings.TrimRight(lineBlanks.ReplaceAllString(line, " "), " "))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}

// verifyByLibrary has go-msgauth verify every signature.
func verifyByLibrary(raw []byte, keys map[string]string) ([]*dkim.Verification, error) {
	verified, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{
		LookupTXT: func(name string) ([]string, error) { return []string{keys[name]}, nil },
	})
	for _, v := range verified {
		err = errors.Join(err, v.Err)
	}
	return verified, err
}

// rfc8463 is the letter of RFC 8463 appendix A.3, signed with its two keys.
const rfc8463 = `DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
`

// rfc8463Seed is the private key of RFC 8463 appendix A.2.
const rfc8463Seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="

var rfc8463Keys = map[string]string{
	"brisbane._domainkey.football.example.com": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
	"test._domainkey.football.example.com": "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR" +
		"iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC" +
		"DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3" +
		"Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
}

func TestVerifiersAgreeOnTheVectorsOfRFC8463(t *testing.T) {
	t.Parallel()
	raw := strings.ReplaceAll(rfc8463, "\n", "\r\n")
	verified, err := verifyByTheBook(raw, rfc8463Keys)
	if err != nil || len(verified) != 2 {
		t.Errorf("by the book: %d signatures verified, error %v", len(verified), err)
	}
	if libraries, err := verifyByLibrary([]byte(raw), rfc8463Keys); err != nil || len(libraries) != 2 {
		t.Errorf("by the library: %d signatures verified, error %v", len(libraries), err)
	}
	forged := strings.Replace(raw, "dinner", "supper", 1)
	if _, err := verifyByTheBook(forged, rfc8463Keys); err == nil {
		t.Error("by the book: a forged letter verified")
	}
}
