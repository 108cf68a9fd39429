package rehearsal

import (
	"bytes"
	"strings"
)

// section is one file of an archive, with the line its body begins on. It reads what
// golang.org/x/tools/txtar does, which does not tell lines.
type section struct {
	name       string
	line       int // of its first body line, from 1
	start, end int // of the body within the source
	body       []byte
}

// sections splits an archive into the comment and its files.
func sections(src []byte) (comment section, files []section) {
	current := &comment
	current.line = 1
	line, at := 0, 0
	for at < len(src) {
		next := len(src)
		if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		line++
		if name, ok := marker(string(src[at:next])); ok {
			current.end = at
			current.body = src[current.start:at]
			files = append(files, section{name: name, line: line + 1, start: next})
			current = &files[len(files)-1]
		}
		at = next
	}
	current.end, current.body = len(src), src[current.start:]
	return comment, files
}

func marker(line string) (name string, ok bool) {
	line = strings.TrimRight(line, "\r\n")
	if !strings.HasPrefix(line, "-- ") || !strings.HasSuffix(line, " --") || len(line) < len("-- x --") {
		return "", false
	}
	name = strings.TrimSpace(line[3 : len(line)-3])
	return name, name != ""
}
