package mail

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"
)

// ErrUnsupportedAddress is an address we will not write to: a local part that is quoted or
// not ASCII (SMTPUTF8 is not used), or no address at all. Trying again cannot help.
var ErrUnsupportedAddress = errors.New("unsupported address")

// Address is a mailbox as it appears in a header.
type Address struct {
	Name  string // may be empty; control characters become spaces
	Email string // local@domain, the domain possibly in Unicode
}

// Mailbox returns the address as it goes on the wire, with its domain in A-labels
// (punycode). The error is ErrUnsupportedAddress and does not repeat the address.
//
// Quoted local parts are refused: nobody's real mailbox needs them, and
// "a@evil.example> ORCPT=x"@example.com has fooled other programs (CVE-2025-59937).
func Mailbox(email string) (string, error) {
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 {
		return "", fmt.Errorf("%w: not of the form name@domain", ErrUnsupportedAddress)
	}
	local, domain := email[:at], email[at+1:]
	if len(local) > 64 || !isDotAtom(local) {
		return "", fmt.Errorf("%w: name before the @ has characters other than ASCII letters, digits and !#$%%&'*+-/=?^_`{|}~ between single dots, or more than 64", ErrUnsupportedAddress)
	}
	if isHostName(domain) {
		if len(email) > 254 {
			return "", fmt.Errorf("%w: longer than 254 bytes", ErrUnsupportedAddress)
		}
		return email, nil
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isHostName(ascii) || len(local)+1+len(ascii) > 254 {
		return "", fmt.Errorf("%w: domain after the @ is not a host name", ErrUnsupportedAddress)
	}
	return local + "@" + ascii, nil
}

// isDotAtom reports whether s is an RFC 5322 dot-atom: words of atext between single dots.
func isDotAtom(s string) bool {
	dot := true
	for i := range len(s) {
		switch {
		case s[i] == '.':
			if dot {
				return false
			}
			dot = true
			continue
		case !isAtext(s[i]):
			return false
		}
		dot = false
	}
	return !dot
}

// isAtext is RFC 5322 3.2.3.
func isAtext(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// isHostName reports whether s is letters, digits, hyphens and (as some real domains have
// them) underscores in labels of 1 to 63.
func isHostName(s string) bool {
	label := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0 && len(s) <= 253
}
