package mail

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A letter's personal stream is
//
//	(uvarint n, n literal bytes, uvarint k) …
//
// where k > 0 stands for fixed part k-1 and k = 0 ends the stream.

// maxLetter bounds what Expand makes: a corrupt stream can name a fixed part many times.
const maxLetter = 10 << 20

var errStream = errors.New("personal stream is corrupt")

// streamWriter appends a stream. A literal's length is known only at its end, so one byte
// is reserved for it and a longer length pushes the literal on.
type streamWriter struct {
	buf     []byte
	literal int // where the present literal begins, after its reserved byte
}

func (w *streamWriter) reset() {
	w.buf = w.buf[:0]
	w.begin()
}

func (w *streamWriter) begin() {
	w.buf = append(w.buf, 0)
	w.literal = len(w.buf)
}

func (w *streamWriter) end() {
	n := len(w.buf) - w.literal
	if n < 0x80 {
		w.buf[w.literal-1] = byte(n)
		return
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	w.buf[w.literal-1] = length[0]
	w.buf = slices.Insert(w.buf, w.literal, length[1:size]...)
}

func (w *streamWriter) fixed(i int) {
	w.end()
	w.buf = binary.AppendUvarint(w.buf, uint64(i)+1)
	w.begin()
}

// finish returns the stream, which is the writer's until its next reset.
func (w *streamWriter) finish() []byte {
	w.end()
	w.buf = append(w.buf, 0)
	return w.buf
}

// Expand appends the letter that a personal stream and its fixed parts make: the exact
// bytes after DATA, with CRLF line ends, before dots are doubled and without the final dot.
// A stream that is cut, has bytes after its end, names a part that does not exist or makes
// more than 10 MB is an error, and nothing is appended.
func Expand(dst []byte, fixed [][]byte, personal []byte) ([]byte, error) {
	size, err := expandedSize(fixed, personal)
	if err != nil {
		return dst, fmt.Errorf("expanding a letter: %w", err)
	}
	dst = slices.Grow(dst, size)
	for {
		n, width := binary.Uvarint(personal)
		personal = personal[width:]
		dst = append(dst, personal[:n]...)
		k, width := binary.Uvarint(personal[n:])
		if k == 0 {
			return dst, nil
		}
		dst = append(dst, fixed[k-1]...)
		personal = personal[int(n)+width:]
	}
}

// expandedSize checks the whole stream.
func expandedSize(fixed [][]byte, personal []byte) (int, error) {
	size := 0
	for {
		n, width := binary.Uvarint(personal)
		if width <= 0 || n > uint64(len(personal)-width) {
			return 0, fmt.Errorf("%w: a literal is cut", errStream)
		}
		size += int(n)
		personal = personal[width+int(n):]
		k, width := binary.Uvarint(personal)
		personal = personal[max(width, 0):]
		switch {
		case width <= 0 || k > uint64(len(fixed)):
			return 0, fmt.Errorf("%w: there is no fixed part %d of %d", errStream, k, len(fixed))
		case k == 0 && len(personal) > 0:
			return 0, fmt.Errorf("%w: %d bytes follow its end", errStream, len(personal))
		case k > 0:
			size += len(fixed[k-1])
		}
		if size > maxLetter {
			return 0, fmt.Errorf("%w: the letter exceeds %d bytes", errStream, maxLetter)
		}
		if k == 0 {
			return size, nil
		}
	}
}

// MarshalFixed joins fixed parts into one value to store: their number, then each with its
// length before it.
func MarshalFixed(fixed [][]byte) []byte {
	size := binary.MaxVarintLen64
	for _, part := range fixed {
		size += binary.MaxVarintLen64 + len(part)
	}
	out := binary.AppendUvarint(make([]byte, 0, size), uint64(len(fixed)))
	for _, part := range fixed {
		out = append(binary.AppendUvarint(out, uint64(len(part))), part...)
	}
	return out
}

// UnmarshalFixed reads what MarshalFixed wrote. The parts share data's memory.
func UnmarshalFixed(data []byte) ([][]byte, error) {
	count, width := binary.Uvarint(data)
	if width <= 0 || count > uint64(len(data)) {
		return nil, errors.New("reading fixed parts: their number is corrupt")
	}
	data = data[width:]
	fixed := make([][]byte, 0, count)
	for i := range count {
		n, width := binary.Uvarint(data)
		if width <= 0 || n > uint64(len(data)-width) {
			return nil, fmt.Errorf("reading fixed parts: part %d of %d is cut", i, count)
		}
		data = data[width:]
		fixed = append(fixed, data[:n:n])
		data = data[n:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("reading fixed parts: %d bytes follow the last", len(data))
	}
	return fixed, nil
}

// hashFixed identifies fixed parts, lengths included, so that no two cuts of the same
// bytes are taken for one another.
func hashFixed(fixed [][]byte) [32]byte {
	hash := sha256.New()
	length := binary.AppendUvarint(nil, uint64(len(fixed)))
	hash.Write(length)
	for _, part := range fixed { // attachments are large: not joined as MarshalFixed joins them
		length = binary.AppendUvarint(length[:0], uint64(len(part)))
		hash.Write(length)
		hash.Write(part)
	}
	return [32]byte(hash.Sum(nil))
}
