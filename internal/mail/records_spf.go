package mail

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// SPF says from where letters of a domain may come (RFC 7208).
type SPF struct {
	Terms    []SPFTerm // in their order
	Redirect string    // the domain whose record holds when no term matches; "" for none
}

// SPFTerm is one mechanism (RFC 7208 5).
type SPFTerm struct {
	Qualifier    byte         // + pass, - fail, ~ softfail, ? neutral
	Mechanism    string       // all, include, a, mx, ptr, ip4, ip6 or exists
	Domain       string       // "" means the record's own; with % it holds macros
	Net          netip.Prefix // of ip4 and ip6
	Bits4, Bits6 int          // how much of the addresses of a and mx counts
}

// Looks reports whether the term costs one of the ten DNS lookups (RFC 7208 4.6.4).
func (t SPFTerm) Looks() bool {
	return t.Mechanism != "all" && t.Mechanism != "ip4" && t.Mechanism != "ip6"
}

// IsSPF reports whether a TXT record is one of SPF (RFC 7208 4.5).
func IsSPF(text string) bool {
	version, _, _ := strings.Cut(text, " ")
	return strings.EqualFold(version, "v=spf1")
}

// ParseSPF reads a record. With an error receivers take it for a permanent error
// (RFC 7208 2.6.7).
func ParseSPF(text string) (SPF, error) {
	if !IsSPF(text) {
		return SPF{}, errors.New("it must begin with v=spf1 and a space")
	}
	var r SPF
	explained := false
	for _, term := range strings.Split(text, " ")[1:] {
		if term == "" {
			continue
		}
		name, value, isModifier := cutModifier(term)
		var err error
		switch {
		case isModifier && name == "redirect":
			if r.Redirect != "" {
				return SPF{}, errors.New("redirect= stands twice")
			}
			r.Redirect, err = spfDomain(value)
		case isModifier && name == "exp":
			if explained {
				return SPF{}, errors.New("exp= stands twice")
			}
			explained = true
			_, err = spfDomain(value)
		case isModifier: // unknown ones are to be ignored
		default:
			var t SPFTerm
			t, err = parseSPFTerm(term)
			r.Terms = append(r.Terms, t)
		}
		if err != nil {
			return SPF{}, fmt.Errorf("%s: %w", clean(term, 60), err)
		}
	}
	return r, nil
}

var modifierName = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_.-]*)=(.*)$`)

func cutModifier(term string) (name, value string, ok bool) {
	parts := modifierName.FindStringSubmatch(term)
	if parts == nil {
		return "", "", false
	}
	return strings.ToLower(parts[1]), parts[2], true
}

var mechanism = regexp.MustCompile(`^([+?~-]?)([A-Za-z0-9]+)(?::([^/]*))?((?:/[0-9]*)?(?://[0-9]*)?)$`)

func parseSPFTerm(term string) (SPFTerm, error) {
	if name, network, found := strings.Cut(strings.TrimLeft(term, "+?~-"), ":"); found && (strings.EqualFold(name, "ip4") || strings.EqualFold(name, "ip6")) {
		return parseSPFNet(term, strings.ToLower(name), network)
	}
	parts := mechanism.FindStringSubmatch(term)
	if parts == nil {
		return SPFTerm{}, errors.New("it is neither a mechanism nor a modifier")
	}
	t := SPFTerm{Qualifier: '+', Mechanism: strings.ToLower(parts[2]), Bits4: 32, Bits6: 128}
	if parts[1] != "" {
		t.Qualifier = parts[1][0]
	}
	hasDomain := strings.Contains(term, ":")
	var err error
	if hasDomain {
		if t.Domain, err = spfDomain(parts[3]); err != nil {
			return SPFTerm{}, err
		}
	}
	switch t.Mechanism {
	case "all":
		if hasDomain || parts[4] != "" {
			return SPFTerm{}, errors.New("nothing may follow all")
		}
	case "include", "exists":
		if !hasDomain || parts[4] != "" {
			return SPFTerm{}, errors.New("it needs a domain after a colon, and nothing else")
		}
	case "ptr":
		if parts[4] != "" {
			return SPFTerm{}, errors.New("it takes no length")
		}
	case "a", "mx":
		if t.Bits4, t.Bits6, err = spfBits(parts[4]); err != nil {
			return SPFTerm{}, err
		}
	case "ip4", "ip6":
		return SPFTerm{}, errors.New("it needs an address after a colon")
	default:
		return SPFTerm{}, errors.New("there is no such mechanism: all, include, a, mx, ptr, ip4, ip6, exists")
	}
	return t, nil
}

func parseSPFNet(term, name, network string) (SPFTerm, error) {
	t := SPFTerm{Qualifier: '+', Mechanism: name}
	if strings.IndexByte("+?~-", term[0]) >= 0 {
		t.Qualifier = term[0]
	}
	address, err := netip.ParseAddr(network)
	if err == nil {
		t.Net = netip.PrefixFrom(address, address.BitLen())
	} else if t.Net, err = netip.ParsePrefix(network); err != nil {
		return SPFTerm{}, errors.New("it is not an address, or a network such as 192.0.2.0/24")
	}
	if t.Net.Addr().Is4() != (name == "ip4") || t.Net.Addr().Zone() != "" {
		return SPFTerm{}, fmt.Errorf("the address is of another kind than %s", name)
	}
	return t, nil
}

// spfBits reads "/24", "//64" or "/24//64".
func spfBits(text string) (bits4, bits6 int, err error) {
	bits4, bits6 = 32, 128
	four, six, both := strings.Cut(text, "//")
	if four != "" {
		if bits4, err = strconv.Atoi(four[1:]); err != nil || bits4 > 32 {
			return 0, 0, errors.New("the length of IPv4 is from /0 to /32")
		}
	}
	if both {
		if bits6, err = strconv.Atoi(six); err != nil || bits6 > 128 {
			return 0, 0, errors.New("the length of IPv6 is from //0 to //128")
		}
	}
	return bits4, bits6, nil
}

var macro = regexp.MustCompile(`%(%|_|-|\{[SsLlOoDdIiPpHhCcRrTtVv][0-9]*[Rr]?[-.+,/_=]*\})`)

// spfDomain checks a domain-spec (RFC 7208 7.1), macros and all.
func spfDomain(text string) (string, error) {
	plain := strings.ToLower(strings.TrimSuffix(macro.ReplaceAllString(text, "x"), "."))
	if strings.Contains(plain, "%") {
		return "", errors.New("% begins a macro that does not exist")
	}
	if !isHostName(plain) {
		return "", errors.New("a domain is missing or malformed")
	}
	return strings.ToLower(strings.TrimSuffix(text, ".")), nil
}
