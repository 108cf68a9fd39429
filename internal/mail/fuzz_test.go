package mail

import (
	"bufio"
	"bytes"
	"io"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLetter proves that no value of a client, rep or template adds a header, a bare CR or
// LF, a long line or a part.
func FuzzLetter(f *testing.F) {
	f.Add("Иван", "ivan@client.example", "subject", "body", "https://example.com/u/1", "id@example.com")
	f.Add("a\r\nBcc: b@c", "x@y\r\nBcc: z", "s\r\n\r\n<p>", "\r\n.\r\n--=_", "https://x/\r\nBcc: y", "i\r\n@d")
	f.Add(`"\`, "a@b.c", strings.Repeat("x", 3000), strings.Repeat(" ", 200), "http://h/,<>", "@")
	f.Add("\xff\u2028\x00", "ü@b.c", " = ?=?utf-8?q?x?=", "=\r", "", "")
	c, err := Compile(caseLetter())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, email, subject, body, link, id string) {
		h := caseHeader()
		h.From.Name, h.To = name, Address{Name: name, Email: email}
		h.ReplyTo = Address{Name: body, Email: "r@example.com"}
		h.Unsubscribe, h.UnsubscribeMailto, h.MessageID, h.ListID, h.InReplyTo = link, email, id, id, id
		h.References = strings.Fields(id)
		rendered := caseRendered(subject, body, link)
		stream, err := c.Compose(nil, h, rendered)
		if err != nil {
			return
		}
		raw, err := Expand(nil, c.Fixed, stream)
		if err != nil {
			t.Fatal(err)
		}
		checkWire(t, raw)
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range m.Header {
			if !expectedHeaders[name] || len(values) != 1 {
				t.Errorf("header %s: %q in\n%s", name, values, raw)
			}
		}
		got := parse(t, raw)
		if want := crlf(rendered.TextBytes(caseLetter())); got.Text != want {
			t.Errorf("text reads back as %q, want %q", got.Text, want)
		}
	})
}

var expectedHeaders = map[string]bool{
	"From": true, "To": true, "Reply-To": true, "Subject": true, "Date": true, "Message-Id": true, "Mime-Version": true, "Content-Type": true,
	"List-Unsubscribe": true, "List-Unsubscribe-Post": true, "List-Id": true, "In-Reply-To": true, "References": true,
}

func FuzzQuotedPrintablePiecesJoin(f *testing.F) {
	f.Add([]byte("one "), []byte("\r\n.two="))
	f.Add([]byte("a\r"), []byte("\n"))
	f.Add(bytes.Repeat([]byte("."), 200), bytes.Repeat([]byte("ы"), 100))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		encoded := appendQP(appendQP(nil, a), b)
		decoded, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(encoded)))
		if err != nil {
			t.Fatalf("decoding %q: %v", encoded, err)
		}
		if want := crlf(append(a[:len(a):len(a)], b...)); string(decoded) != want {
			t.Errorf("%q decodes to %q, want %q", encoded, decoded, want)
		}
	})
}

func FuzzExpand(f *testing.F) {
	parts := [][]byte{[]byte("fixed"), nil, bytes.Repeat([]byte("x"), 1000)}
	f.Add([]byte("\x02hi\x01\x00\x00"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Add([]byte("\x00\x04\x00\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, stream []byte) {
		out, err := Expand([]byte("before"), parts, stream)
		if !bytes.HasPrefix(out, []byte("before")) {
			t.Error("what was there is gone")
		}
		if err != nil && len(out) != len("before") {
			t.Error("a corrupt stream left bytes")
		}
	})
}

func FuzzUnmarshalFixed(f *testing.F) {
	f.Add(MarshalFixed([][]byte{[]byte("one"), nil, []byte("two")}))
	f.Add([]byte{0xff, 0xff, 0x03})
	f.Fuzz(func(t *testing.T, data []byte) {
		fixed, err := UnmarshalFixed(data)
		if err != nil {
			return
		}
		again, err := UnmarshalFixed(MarshalFixed(fixed))
		if err != nil || len(again) != len(fixed) {
			t.Errorf("%d parts became %d, error %v", len(fixed), len(again), err)
		}
	})
}

func FuzzReply(f *testing.F) {
	f.Add("250 2.0.0 ok\r\n")
	f.Add("550-5.1.1 no such\r\n550 5.1.1 user\r\n")
	f.Add("220")
	f.Add("25\x00 x\n")
	f.Fuzz(func(t *testing.T, wire string) {
		code, text, err := readReply(bufio.NewReader(strings.NewReader(wire)))
		if err != nil {
			return
		}
		o := answered(PhaseRcpt, code, text)
		if len(o.Text) > maxText || !utf8.ValidString(o.Text) || strings.ContainsFunc(o.Text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("text %q is not clean", o.Text)
		}
		if o.Verdict == Sent || o.Verdict == "" {
			t.Errorf("verdict %q at RCPT", o.Verdict)
		}
	})
}

func FuzzParseURL(f *testing.F) {
	f.Add("smtp://user:secret@mail.example.com:587?pool=5&rate=2.5&tls=starttls")
	f.Add("smtps://u:p%40ss@[::1]")
	f.Add("smtp://u:p#w@host")
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := ParseURL(raw)
		if err != nil {
			return
		}
		if s.Host == "" || s.Port < 1 || s.Port > 65535 || s.Pool < 1 || s.Rate < 0 {
			t.Errorf("%q became %+v", raw, s)
		}
	})
}
