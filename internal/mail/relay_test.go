package mail

import (
	"bytes"
	"errors"
	"testing"
)

func TestLinesForTheRelayStandInTheHeader(t *testing.T) {
	t.Parallel()
	compiled, err := Compile(caseLetter())
	if err != nil {
		t.Fatal(err)
	}
	letter := func(lines ...string) []byte {
		t.Helper()
		header := caseHeader()
		header.Relay = lines
		stream, err := compiled.Compose(nil, header, caseRendered("A short case", "Ivan", "https://example.com/c/1"))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := Expand(nil, compiled.Fixed, stream)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	with, without := letter("X-PM-Metadata-seventh: abc", "X-PM-KeepID: true"), letter()
	lines := "X-PM-Metadata-seventh: abc\r\nX-PM-KeepID: true\r\n"
	head, _, _ := bytes.Cut(with, []byte("\r\n\r\n"))
	if !bytes.HasSuffix(head, []byte("\r\n"+lines[:len(lines)-2])) || !bytes.Equal(bytes.Replace(with, []byte(lines), nil, 1), without) {
		t.Errorf("the letter is\n%s", with)
	}
	for _, line := range []string{"", "X-Evil", "X-Evil: a\r\nBcc: b@example.com", "X Evil: a", "X-Evil: ё", ": a"} {
		header := caseHeader()
		header.Relay = []string{line}
		if _, err := compiled.Compose(nil, header, caseRendered("A short case", "Ivan", "https://example.com/c/1")); !errors.Is(err, errHeaderValue) {
			t.Errorf("%q is taken: %v", line, err)
		}
	}
}
