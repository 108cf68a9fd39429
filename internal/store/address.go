package store

import (
	"errors"
	"net/mail"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// NormalizeAddress gives the one form under which an address is known: lower
// case, the domain in ASCII (RFC 5890). Its error says what is wrong with it.
func NormalizeAddress(email string) (string, error) {
	if address, plain := plainAddress(email); plain {
		return address, nil
	}
	return normalizeAddress(email)
}

func normalizeAddress(email string) (string, error) {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || parsed.Name != "" {
		return "", errors.New("is not an e-mail address like name@example.com")
	}
	at := strings.LastIndexByte(email, '@')
	local, domain := email[:at], email[at+1:]
	if len(local) > 64 {
		return "", errors.New("has more than 64 characters before the @")
	}
	for i := range len(local) {
		if local[i] <= ' ' || local[i] >= 0x7f || strings.IndexByte(`"\<>()[],;:`, local[i]) >= 0 {
			return "", errors.New("has characters before the @ that mail servers refuse; use letters, digits and . _ + -")
		}
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isDomain(ascii) {
		return "", errors.New("has a domain that cannot exist")
	}
	if len(local)+1+len(ascii) > 254 { // RFC 5321 4.5.3.1.3, less its brackets
		return "", errors.New("is longer than 254 characters")
	}
	return strings.ToLower(local + "@" + ascii), nil
}

// isDomain holds the sizes of RFC 1035, section 2.3.4, which idna does not check,
// and asks for a top-level domain.
func isDomain(ascii string) bool {
	labels := strings.Split(ascii, ".")
	tooLong := slices.ContainsFunc(labels, func(label string) bool { return label == "" || len(label) > 63 })
	return len(labels) > 1 && len(ascii) <= 253 && !tooLong
}
