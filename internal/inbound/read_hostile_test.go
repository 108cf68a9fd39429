package inbound

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// allocated is how many bytes reading a letter allocates.
func allocated(t *testing.T, raw []byte) (*Letter, uint64) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l, err := Read(raw)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return l, after.TotalAlloc - before.TotalAlloc
}

// Nothing that a stranger sends costs more than some times what is read of it. These tests
// run alone, as they count what the whole program allocates.
func TestHostileLettersCostBoundedMemory(t *testing.T) {
	const megabyte = 1 << 20
	nested := func(n int) []byte {
		var b bytes.Buffer
		b.WriteString("Subject: nested\n")
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		b.WriteString("\nhello\n")
		return b.Bytes()
	}
	for _, test := range []struct {
		name string
		raw  []byte
		most uint64 // bytes allocated
		cut  bool
	}{
		{"50 MB of text", append([]byte("Subject: x\n\n"), bytes.Repeat([]byte("hello there\r\n"), 50*megabyte/13)...), 16 * megabyte, true},
		{"50 MB in base64", append([]byte("Content-Transfer-Encoding: base64\n\n"), bytes.Repeat([]byte("aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8g\r\n"), 50*megabyte/34)...), 16 * megabyte, true},
		{"50 MB attached", append([]byte("Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhi\n--a\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"),
			bytes.Repeat([]byte("aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8g\r\n"), 50*megabyte/34)...), 4 * megabyte, true},
		{"50 MB of HTML", append([]byte("Content-Type: text/html\n\n"), bytes.Repeat([]byte("<div><blockquote>"), 50*megabyte/17)...), 16 * megabyte, true},
		{"HTML of one unclosed tag", append([]byte("Content-Type: text/html\n\n<a "), bytes.Repeat([]byte("b=c "), megabyte)...), 16 * megabyte, true},
		{"10 MB in KOI8-R", append([]byte("Subject: x\n\n"), bytes.Repeat([]byte("\xf0\xd2\xc9\xd7\xc5\xd4 "), 10*megabyte/7)...), 24 * megabyte, true},
		{"10,000 nested parts", nested(10_000), 4 * megabyte, true},
		{"10,000 parts", append([]byte("Content-Type: multipart/mixed; boundary=a\n\n"), bytes.Repeat([]byte("--a\n\nhello\n"), 10_000)...), 4 * megabyte, true},
		{"10,000 empty multiparts", append([]byte("Content-Type: multipart/mixed; boundary=a\n\n"), bytes.Repeat([]byte("--a\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n"), 10_000)...), 4 * megabyte, true},
		{"10,000 fields", append(bytes.Repeat([]byte("X-Field: value\n"), 10_000), "\nhello\n"...), 4 * megabyte, true},
		{"10,000 fields of a part", append(append([]byte("Content-Type: multipart/mixed; boundary=a\n\n--a\n"), bytes.Repeat([]byte("X-Field: value\n"), 10_000)...), "\nhello\n--a--\n"...), 4 * megabyte, true},
		{"a line of 1 MB in the header", append(append([]byte("Subject: "), bytes.Repeat([]byte("x"), megabyte)...), "\n\nhello\n"...), 4 * megabyte, true},
		{"1 MB of folded lines", append(append([]byte("References: "), bytes.Repeat([]byte("<a@b.c>\n "), megabyte/9)...), "x\n\nhello\n"...), 4 * megabyte, true},
		{"a field of encoded words", append(append([]byte("Subject: "), bytes.Repeat([]byte("=?a?b?"), 100_000)...), "\n\nhello\n"...), 4 * megabyte, true},
		{"an address of brackets", append(append([]byte("From: "), bytes.Repeat([]byte("<\"(@"), 100_000)...), "\n\nhello\n"...), 4 * megabyte, true},
		{"many parameters", append(append([]byte("Content-Type: text/plain"), bytes.Repeat([]byte(";a=b"), 100_000)...), "\n\nhello\n"...), 4 * megabyte, true},
		{"parameters in pieces", append(append([]byte("Content-Type: text/plain"), bytes.Repeat([]byte(";a*0=b;a*1=c"), 10_000)...), "\n\nhello\n"...), 4 * megabyte, true},
		{"a small letter", []byte("Subject: x\n\nhello\n"), megabyte, false},
	} {
		l, bytes := allocated(t, test.raw)
		t.Logf("%-30s %8d KB in, %6d KB allocated, %d parts, %d bytes of text", test.name, len(test.raw)>>10, bytes>>10, len(l.Parts), len(l.Text))
		if bytes > test.most {
			t.Errorf("%s: %d bytes allocated, want at most %d", test.name, bytes, test.most)
		}
		if l.Cut != test.cut {
			t.Errorf("%s: cut %v", test.name, l.Cut)
		}
		checkBounds(t, l)
	}
}

// What is in front of the excess is there.
func TestACutLetterKeepsItsBeginning(t *testing.T) {
	t.Parallel()
	l := read(t, "Subject: x\nX-A: "+strings.Repeat("y", 1<<20)+"\nMessage-ID: <kept@a.b>\n\n"+strings.Repeat("hello there\n", 1<<20))
	if l.Subject != "x" || l.MessageID != "kept@a.b" || !strings.HasPrefix(l.Text, "hello there\nhello there\n") || !l.Cut {
		t.Errorf("subject %q, text %.30q, cut %v", l.Subject, l.Text, l.Cut)
	}
}

// checkBounds holds what Read promises of every letter.
func checkBounds(t *testing.T, l *Letter) {
	t.Helper()
	fields, size, bytes := 0, 0, 0
	for _, values := range l.Header {
		for _, v := range values {
			fields++
			size += len(v)
		}
	}
	for _, p := range l.Parts {
		bytes += len(p.Body)
		if len(p.Body) > maxPart {
			t.Errorf("a part of %s has %d bytes", p.Type, len(p.Body))
		}
	}
	if fields > maxFields || size > 3*maxHeader || len(l.Parts) > maxParts || bytes > maxTexts || len(l.Text) > maxPart+maxParts {
		t.Errorf("%d fields of %d bytes, %d parts of %d bytes, %d bytes of text", fields, size, len(l.Parts), bytes, len(l.Text))
	}
	if len(l.To) > maxMailboxes || len(l.DeliveredTo) > maxMailboxes || len(l.References) > 2*maxIDs {
		t.Errorf("%d mailboxes, %d delivered to, %d references", len(l.To), len(l.DeliveredTo), len(l.References))
	}
	for what, s := range map[string]string{"subject": l.Subject, "text": l.Text, "name": l.From.Name} {
		if strings.ToValidUTF8(s, "") != s || strings.Contains(s, "\x00") {
			t.Errorf("%s is no clean text: %.100q", what, s)
		}
	}
	if strings.ContainsAny(l.Subject+l.From.Address+l.MessageID, "\r\n") {
		t.Errorf("a line break in subject, address or id: %q %q %q", l.Subject, l.From.Address, l.MessageID)
	}
}
