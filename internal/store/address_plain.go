package store

// plainAddress gives the normalised form of an address that is plain: dots, letters,
// digits and _ + - before the @, and an ASCII domain without punycode. Nearly all are,
// and bulk requests bring them by the ten thousand; whatever else comes is left to
// NormalizeAddress. It is false for all that would be refused, too.
func plainAddress(email string) (string, bool) {
	if len(email) > 254 {
		return "", false
	}
	at, upper := -1, false
	for i := range len(email) {
		switch c := email[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case 'A' <= c && c <= 'Z':
			upper = true
		case c == '@':
			if at >= 0 || i == 0 || i > 64 {
				return "", false
			}
			at = i
		case c == '.':
			if i == 0 || email[i-1] == '.' || email[i-1] == '@' || i == len(email)-1 || email[i+1] == '@' {
				return "", false
			}
		case c == '-' || at < 0 && (c == '_' || c == '+'):
		default:
			return "", false
		}
	}
	if at < 0 || !plainDomain(email[at+1:]) {
		return "", false
	}
	if !upper {
		return email, true
	}
	lower := []byte(email)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower), true
}

// plainDomain checks the labels of a domain of letters, digits, - and single dots.
func plainDomain(domain string) bool {
	label, labels := 0, 1 // where the last label begins, and how many there are
	for i := range len(domain) + 1 {
		if i < len(domain) && domain[i] != '.' {
			continue
		}
		text := domain[label:i]
		if len(text) == 0 || len(text) > 63 || text[0] == '-' || text[len(text)-1] == '-' {
			return false
		}
		if len(text) > 3 && text[2] == '-' && text[3] == '-' { // punycode, or reserved
			return false
		}
		if i < len(domain) {
			label, labels = i+1, labels+1
		}
	}
	return labels > 1
}
