package inbound

import (
	"strings"
	"unicode/utf8"
)

// newText is what is new in a body, without the letter that it quotes.
func newText(body string) string { return strings.TrimSpace(body) }

// clip cuts text to a number of bytes without splitting a character.
func clip(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}
