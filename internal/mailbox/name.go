package mailbox

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// base64Name is the base64 of folder names: with a comma for the slash, and no padding.
var base64Name = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeName writes a folder's name as IMAP does: what is not printable ASCII becomes
// UTF-16 in base64 between & and - (RFC 3501, 5.1.3).
func encodeName(name string) string {
	var out strings.Builder
	var special []uint16
	flush := func() {
		if len(special) == 0 {
			return
		}
		raw := make([]byte, 0, 2*len(special))
		for _, unit := range special {
			raw = append(raw, byte(unit>>8), byte(unit))
		}
		out.WriteString("&" + base64Name.EncodeToString(raw) + "-")
		special = special[:0]
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			special = utf16.AppendRune(special, r)
			continue
		}
		flush()
		out.WriteRune(r)
		if r == '&' {
			out.WriteByte('-')
		}
	}
	flush()
	return out.String()
}

// decodeName reads what encodeName writes; a name that is written otherwise stays as it is.
func decodeName(encoded string) string {
	var out strings.Builder
	for rest := encoded; ; {
		plain, special, found := strings.Cut(rest, "&")
		out.WriteString(plain)
		if !found {
			return out.String()
		}
		special, rest, found = strings.Cut(special, "-")
		raw, err := base64Name.DecodeString(special)
		switch {
		case !found || err != nil || len(raw)%2 != 0:
			return encoded
		case special == "":
			out.WriteByte('&')
		}
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
		}
		out.WriteString(string(utf16.Decode(units)))
	}
}
