package inbound

import "strings"

// IsBulk tells newsletters and mailing lists (RFC 2369, RFC 2919), which answer nobody.
func IsBulk(l *Letter) bool {
	if automaticHeader(l) {
		return false
	}
	for name := range l.Header {
		if strings.HasPrefix(name, "List-") {
			return true
		}
	}
	switch strings.ToLower(strings.TrimSpace(l.Header.Get("Precedence"))) {
	case "bulk", "list", "junk":
		return true
	}
	return false
}

// automaticHeader tells whether the header says that a machine answered (RFC 3834, section 5).
func automaticHeader(l *Letter) bool {
	auto, _, _ := strings.Cut(strings.ToLower(l.Header.Get("Auto-Submitted")), ";")
	auto = strings.TrimSpace(auto)
	return auto != "" && auto != "no"
}
