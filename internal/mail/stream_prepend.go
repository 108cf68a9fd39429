package mail

import (
	"encoding/binary"
	"slices"
)

// PrependLiteral puts bytes in front of a letter's personal stream, for a header that is
// known only when the letter is complete: its signature. Expand gives the literal and then
// the letter. Like append it may use personal's memory; a corrupt stream stays one.
func PrependLiteral(personal, literal []byte) []byte {
	n, width := binary.Uvarint(personal)
	if width <= 0 {
		return personal
	}
	length := make([]byte, 0, binary.MaxVarintLen64)
	length = binary.AppendUvarint(length, n+uint64(len(literal)))
	personal = slices.Grow(personal, len(length)-width+len(literal))
	return slices.Replace(personal, 0, width, append(length, literal...)...)
}
