package engine

import "unicode/utf8"

// cut is the beginning of what the outside wrote, at most limit bytes of whole letters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}
