package inbound

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// toUTF8 makes text of a charset valid UTF-8. A label is not believed when the bytes
// contradict it: UTF-8 is hardly ever anything else, and Russian text in a wrong charset
// has letters that no Russian would use. Without a label the letters decide alone.
func toUTF8(b []byte, label string) []byte {
	label = strings.ToLower(strings.Trim(label, " \t\"'"))
	labelled := charsetOf(label)
	if isASCII(b) && !wide(label) {
		return b
	}
	if wide(label) && labelled != nil {
		return converted(b, labelled)
	}
	if mostlyUTF8(b, label == "utf-8" || label == "utf8") {
		return bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	guessed, sure := guessCharset(b, labelled)
	if labelled == nil || sure {
		return converted(b, guessed)
	}
	return converted(b, labelled)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// wide reports whether a charset writes other letters in ASCII's bytes.
func wide(label string) bool {
	return strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "iso-2022") || strings.HasPrefix(label, "hz-gb")
}

// charsetOf is nil for a charset that says nothing: none, unknown ones, ASCII, and UTF-8,
// of which it is known at this point that it is not.
func charsetOf(label string) encoding.Encoding {
	switch label {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown", "unknown-8bit", "x-unknown", "default":
		return nil
	case "win-1251", "cp-1251", "win1251", "windows1251", "ansi-1251":
		return charmap.Windows1251
	case "koi8r", "koi-8r":
		return charmap.KOI8R
	case "cp-866", "dos-866":
		return charmap.CodePage866
	}
	if e, err := htmlindex.Get(label); err == nil {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(label); err == nil && e != nil {
		return e
	}
	return nil
}

// mostlyUTF8 reports whether text beyond ASCII is UTF-8; where the label says so, some
// broken letters do not matter.
func mostlyUTF8(b []byte, labelled bool) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1 && (utf8.FullRune(b) || good == 0):
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return bad == 0 || labelled && bad*10 <= good
}

// converted decodes text. A decoder never fails here: what it does not know becomes U+FFFD.
func converted(b []byte, e encoding.Encoding) []byte {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	return bytes.ToValidUTF8(out, nil)
}

// lines has \n at the end of its lines, and no NULs.
func lines(b []byte) []byte {
	if bytes.IndexByte(b, '\r') >= 0 {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	if bytes.IndexByte(b, 0) >= 0 {
		b = bytes.ReplaceAll(b, []byte{0}, nil)
	}
	return b
}

// cutRunes cuts text to a limit of bytes, between two letters.
func cutRunes(b []byte, limit int) []byte {
	if len(b) <= limit {
		return b
	}
	for limit > 0 && !utf8.RuneStart(b[limit]) {
		limit--
	}
	return b[:limit]
}
