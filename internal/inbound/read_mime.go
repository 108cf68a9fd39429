package inbound

import (
	"bytes"
	"iter"
	"mime"
	"strings"
)

// content is what the header of a part says about it.
type content struct {
	media    string // in small letters
	params   map[string]string
	encoding string // in small letters
	attached bool   // a file, not to be read at once
}

// contentOf reads the Content fields of a header. Without them a part is plain text
// (RFC 2045 5.2).
func contentOf(fields []field) content {
	c := content{}
	for _, f := range fields {
		switch f.name {
		case "Content-Type":
			if c.media == "" {
				c.media, c.params = mediaType(f.value)
			}
		case "Content-Transfer-Encoding":
			if c.encoding == "" {
				c.encoding = strings.ToLower(strings.Trim(f.value, " \t\"';"))
			}
		case "Content-Disposition":
			c.attached = strings.HasPrefix(strings.ToLower(strings.TrimSpace(f.value)), "attachment")
		}
	}
	if c.media == "" {
		c.media, c.params = "text/plain", map[string]string{}
	}
	return c
}

// mediaType reads a Content-Type; a broken one as far as it can be understood.
func mediaType(value string) (string, map[string]string) {
	media, params, err := mime.ParseMediaType(value)
	if err == nil && strings.Contains(media, "/") {
		return media, params
	}
	head, rest, _ := strings.Cut(value, ";")
	media = strings.ToLower(strings.Trim(strings.TrimSpace(head), `"'`))
	switch {
	case media == "" || media == "text" || strings.ContainsAny(media, " \t="):
		media = "text/plain"
	case !strings.Contains(media, "/"):
		media = "application/octet-stream"
	}
	params = map[string]string{}
	for rest != "" && len(params) < 20 {
		var pair string
		pair, rest = cutParam(rest)
		name, value, ok := strings.Cut(pair, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := params[name]; ok && !twice {
			params[name] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return media, params
}

// cutParam cuts the first parameter off at a semicolon outside quotes.
func cutParam(s string) (pair, rest string) {
	quoted := false
	for i := range len(s) {
		switch s[i] {
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

// sections yields what stands between the boundaries of a multipart body (RFC 2046 5.1),
// to the end of the body if the last boundary is missing. It is nil if there is no
// boundary at all. A boundary that was not named, or wrongly, is guessed.
func sections(body []byte, boundary string) iter.Seq[[]byte] {
	if boundary == "" || !delimits(body, boundary) {
		boundary = strings.Trim(boundary, "' ")
	}
	if boundary == "" || !delimits(body, boundary) {
		boundary = guessBoundary(body)
	}
	if boundary == "" {
		return nil
	}
	return func(yield func([]byte) bool) {
		start := -1 // of the section
		for at := 0; at < len(body); {
			line, next := lineAt(body, at)
			kind := isDelimiter(line, boundary)
			if kind != noDelimiter {
				if start >= 0 && !yield(withoutNewline(body[start:at])) {
					return
				}
				start = next
			}
			if kind == lastDelimiter {
				return
			}
			at = next
		}
		if start >= 0 && start < len(body) {
			yield(body[start:])
		}
	}
}

const (
	noDelimiter = iota
	midDelimiter
	lastDelimiter
)

func isDelimiter(line []byte, boundary string) int {
	if len(line) < 2+len(boundary) || line[0] != '-' || line[1] != '-' || string(line[2:2+len(boundary)]) != boundary {
		return noDelimiter
	}
	switch string(bytes.TrimRight(line[2+len(boundary):], " \t\r\n")) {
	case "":
		return midDelimiter
	case "--":
		return lastDelimiter
	}
	return noDelimiter
}

// delimits reports whether a boundary occurs at all.
func delimits(body []byte, boundary string) bool {
	for at := 0; at < len(body); {
		line, next := lineAt(body, at)
		if isDelimiter(line, boundary) != noDelimiter {
			return true
		}
		at = next
	}
	return false
}

// guessBoundary looks for a line of two dashes and more with a Content field below it.
func guessBoundary(body []byte) string {
	for at := 0; at < len(body); {
		line, next := lineAt(body, at)
		if len(line) > 3 && line[0] == '-' && line[1] == '-' && next < len(body) {
			below, _ := lineAt(body, next)
			if len(below) > 8 && bytes.EqualFold(below[:8], []byte("content-")) {
				boundary := string(bytes.TrimRight(line[2:], " \t\r\n"))
				if len(boundary) <= 200 {
					return boundary
				}
			}
		}
		at = next
	}
	return ""
}

// lineAt is the line that begins at a place, with its newline, and where the next begins.
func lineAt(body []byte, at int) (line []byte, next int) {
	n := bytes.IndexByte(body[at:], '\n')
	if n < 0 {
		return body[at:], len(body)
	}
	return body[at : at+n+1], at + n + 1
}

func withoutNewline(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}
