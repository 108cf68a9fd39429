package templates

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// escaper appends text made safe for one place in HTML.
type escaper func(dst []byte, text string) []byte

// escapers do for text what the functions do that html/template puts behind the pipelines of a template (Go's package
// html/template, html.go and url.go; a test holds them together). Text is all they get: no value of a letter has a type that
// html/template trusts. What is not here, as in style attributes, is left to html/template.
var escapers = map[string]escaper{
	"_html_template_htmlescaper":    escapeHTML,
	"_html_template_attrescaper":    escapeHTML,
	"_html_template_rcdataescaper":  escapeHTML,
	"_html_template_nospaceescaper": escapeUnquoted,
	"_html_template_urlfilter":      filterURL,
	"_html_template_urlnormalizer":  normalizeURL,
	"_html_template_urlescaper":     escapeURL,
}

const notSafe = "ZgotmplZ" // what html/template prints in place of what it refuses

var htmlEntities = [256]string{
	0: "\uFFFD", '"': "&#34;", '&': "&amp;", '\'': "&#39;", '+': "&#43;", '<': "&lt;", '>': "&gt;",
}

func escapeHTML(dst []byte, text string) []byte {
	from := 0
	for i := range len(text) {
		if entity := htmlEntities[text[i]]; entity != "" {
			dst = append(append(dst, text[from:i]...), entity...)
			from = i + 1
		}
	}
	return append(dst, text[from:]...)
}

var unquotedEntities = [256]string{
	0: "&#xfffd;", '\t': "&#9;", '\n': "&#10;", '\v': "&#11;", '\f': "&#12;", '\r': "&#13;", ' ': "&#32;", '"': "&#34;", '&': "&amp;",
	'\'': "&#39;", '+': "&#43;", '<': "&lt;", '=': "&#61;", '>': "&gt;", '`': "&#96;",
}

// escapeUnquoted is for attributes without quotes, where an empty value would make the next attribute the value.
func escapeUnquoted(dst []byte, text string) []byte {
	if text == "" {
		return append(dst, notSafe...)
	}
	from := 0
	for i, r := range text {
		entity := ""
		switch {
		case r < utf8.RuneSelf:
			entity = unquotedEntities[r]
		case 0xfdd0 <= r && r <= 0xfdef, 0xfff0 <= r && r <= 0xffff:
			entity = fmt.Sprintf("&#x%x;", r)
		}
		if entity != "" {
			_, width := utf8.DecodeRuneInString(text[i:])
			dst = append(append(dst, text[from:i]...), entity...)
			from = i + width
		}
	}
	return append(dst, text[from:]...)
}

// filterURL refuses schemes other than http, https and mailto.
func filterURL(dst []byte, text string) []byte {
	scheme, _, found := strings.Cut(text, ":")
	if found && !strings.Contains(scheme, "/") &&
		!strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "mailto") {
		return append(dst, "#"+notSafe...)
	}
	return append(dst, text...)
}

// Bytes that stand for themselves: anywhere in a URL (RFC 3986 2.3), and where they have a meaning (2.2).
var unreserved, reserved = urlBytes("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"), urlBytes("!#$&*+,/:;=?@[]")

func urlBytes(s string) (set [256]bool) {
	for i := range len(s) {
		set[s[i]] = true
	}
	return set
}

// normalizeURL is for a whole URL: what is encoded stays.
func normalizeURL(dst []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if unreserved[c] || reserved[c] || c == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', lowerHex[c>>4], lowerHex[c&15])
	}
	return dst
}

// escapeURL is for a value in a query.
func escapeURL(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', lowerHex[c>>4], lowerHex[c&15])
		}
	}
	return dst
}

const lowerHex = "0123456789abcdef"

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
