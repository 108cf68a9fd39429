package inbound

import "strings"

// MarkIn is the part of an address or Message-ID that may be a token of ours: what
// stands before the last @, and of that what follows the last + or the first dot of a
// prefix ("bounces+b.TOKEN@…", "TOKEN@…"). Brackets and spaces around it do not count.
func MarkIn(ref string) string {
	ref = strings.Trim(strings.TrimSpace(ref), "<>")
	local := ref
	if at := strings.LastIndexByte(ref, '@'); at >= 0 {
		local = ref[:at]
	}
	return local[strings.LastIndexAny(local, "+.=")+1:]
}
