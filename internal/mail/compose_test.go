package mail

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gomail "github.com/wneessen/go-mail"

	"seventh/templates"
)

var update = flag.Bool("update", false, "rewrite the golden letters")

// story is a letter for one client, as the worker has it before it is sent.
type story struct {
	name     string
	letter   *templates.Letter
	rendered *templates.Rendered
	header   Header
}

func fixed(i int) templates.Segment       { return templates.Segment{Fixed: i} }
func personal(s string) templates.Segment { return templates.Segment{Fixed: -1, Personal: []byte(s)} }

// caseLetter is a letter of two personal fields in both parts, in the shape templates gives.
func caseLetter() *templates.Letter {
	return &templates.Letter{Name: "c/case", Locale: "ru", Fixed: [][]byte{
		[]byte("Здравствуйте, "),
		[]byte("!\n\nПосмотрите разбор: "),
		[]byte("\n\n-- \nОтписаться: "),
		[]byte("\n"),
		[]byte("<html><body style=\"color:#333\">\n<p>Здравствуйте, "),
		[]byte("!</p>\n<p><a href=\""),
		[]byte("\">разбор</a></p>\n</body></html>\n"),
	}}
}

func caseRendered(subject, name, link string) *templates.Rendered {
	return &templates.Rendered{
		Subject: subject,
		Text:    []templates.Segment{fixed(0), personal(name), fixed(1), personal(link), fixed(2), personal("https://example.com/u/token"), fixed(3)},
		HTML:    []templates.Segment{fixed(4), personal(name), fixed(5), personal(link), fixed(6)},
	}
}

func caseHeader() Header {
	return Header{
		From:        Address{Name: "Анна Петрова", Email: "anna@example.com"},
		To:          Address{Name: "Ivan Smirnov", Email: "ivan@client.example"},
		MessageID:   "v1.abcdef@example.com",
		Date:        time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("", 3*60*60)),
		Unsubscribe: "https://example.com/u/token",
	}
}

func stories() []story {
	plain := story{"plain", caseLetter(), caseRendered("A short case", "Ivan", "https://example.com/c/1"), caseHeader()}

	everything := plain
	everything.name = "every-header"
	everything.header.ReplyTo = Address{Name: "Replies", Email: "r+token@example.com"}
	everything.header.UnsubscribeMailto = "unsubscribe@example.com?subject=token"
	everything.header.ListID = "c-nurture.example.com"
	everything.header.InReplyTo = "first@example.com"
	everything.header.References = []string{"first@example.com", "second@example.com"}

	russian := plain
	russian.name = "cyrillic"
	russian.rendered = caseRendered("Иван, как компания вроде вашей сократила простои вдвое за одну четверть года", "Иван", "https://example.com/c/2")
	russian.header.To = Address{Name: "Иван Константинович Константинопольский-Заречный", Email: "ivan@клиент.рф"}

	emoji := plain
	emoji.name = "emoji"
	emoji.rendered = caseRendered("Готово 🎉👩‍💻 смотрите", "👩‍💻", "https://example.com/c/3")
	emoji.header.From.Name = "🚀 Sales"

	long := plain
	long.name = "long-line"
	long.rendered = caseRendered(strings.Repeat("many words of a subject ", 8)+"end", strings.Repeat("длинно", 834)[:5000], "https://example.com/c/4")

	dots := plain
	dots.name = "dots"
	dots.rendered = caseRendered("..", ".\r\n.\r\n..two\n.", ".")

	quotes := plain
	quotes.name = "quotes"
	quotes.header.From.Name = `Anna "The Closer" O'Neil, Ltd. \ Sons`
	quotes.header.To.Name = "Smirnov, Ivan (buyer) <x@y>"

	unnamed := plain
	unnamed.name = "empty-name"
	unnamed.header.To.Name = ""
	unnamed.rendered = caseRendered("", "", "https://example.com/c/5")

	spaces := plain
	spaces.name = "spaces"
	spaces.rendered = caseRendered("two  spaces = twice", "tail \t\nnext \r\n\ttab\t", "a=b&c=d ")

	hostile := plain
	hostile.name = "hostile"
	hostile.header.To.Name = "Eve\r\nBcc: all@example.com\x00\u2028X: y"
	hostile.rendered = caseRendered("Hi\r\nBcc: all@example.com\n\n<p>body", "\r\n.\r\nMAIL FROM:<eve@example.com>\r\n--=_\r\n", "x")

	encoded := plain
	encoded.name = "looks-encoded"
	encoded.header.To.Name = "=?utf-8?q?root?="
	encoded.rendered = caseRendered("=?utf-8?q?not_really?=", "=3D", "=\r\n")

	return []story{plain, everything, russian, emoji, long, dots, quotes, unnamed, spaces, hostile, encoded}
}

func (s story) raw(t *testing.T) []byte {
	t.Helper()
	c, err := Compile(s.letter)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := c.Compose(nil, s.header, s.rendered)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Expand(nil, c.Fixed, stream)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// parsed is a letter as a mail program reads it.
type parsed struct {
	Header     map[string]string
	From, To   netmail.Address
	Text, HTML string
}

func parse(t *testing.T, raw []byte) parsed {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("reading the letter: %v\n%q", err, raw)
	}
	p := parsed{Header: map[string]string{}}
	for name, values := range m.Header {
		if len(values) != 1 {
			t.Errorf("header %s comes %d times", name, len(values))
		}
		p.Header[name] = values[0]
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(p.Header["Subject"])
	if err != nil {
		t.Errorf("decoding the subject: %v", err)
	}
	p.Header["Subject"] = subject
	p.From, p.To = address(t, m, "From"), address(t, m, "To")
	for _, name := range []string{"From", "To", "Reply-To", "Content-Type"} {
		delete(p.Header, name) // compared decoded
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatalf("reading Content-Type: %v", err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	p.Text = part(t, parts, "text/plain")
	p.HTML = part(t, parts, "text/html")
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("after two parts: %v, want EOF", err)
	}
	return p
}

func address(t *testing.T, m *netmail.Message, header string) netmail.Address {
	t.Helper()
	list, err := m.Header.AddressList(header)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s has addresses %v, error %v", header, list, err)
	}
	return *list[0]
}

func part(t *testing.T, parts *multipart.Reader, mediaType string) string {
	t.Helper()
	p, err := parts.NextRawPart()
	if err != nil {
		t.Fatalf("reading part %s: %v", mediaType, err)
	}
	if got := p.Header.Get("Content-Type"); got != mediaType+"; charset=UTF-8" {
		t.Errorf("part is %q, want %s", got, mediaType)
	}
	if got := p.Header.Get("Content-Transfer-Encoding"); got != "quoted-printable" {
		t.Errorf("part is encoded as %q", got)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(p))
	if err != nil {
		t.Fatalf("decoding part %s: %v", mediaType, err)
	}
	return string(body)
}

// crlf is what appendQP promises to keep of a text: CRs dropped, LF as CRLF.
func crlf(b []byte) string {
	return strings.ReplaceAll(strings.ReplaceAll(string(b), "\r", ""), "\n", "\r\n")
}

func TestLettersReadBackAsTheyWereRendered(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			raw := s.raw(t)
			golden(t, s.name, raw)
			checkWire(t, raw)

			to, err := Mailbox(s.header.To.Email)
			if err != nil {
				t.Fatal(err)
			}
			got := parse(t, raw)
			want := parsed{
				Header: got.Header,
				From:   netmail.Address{Name: headerText(s.header.From.Name), Address: s.header.From.Email},
				To:     netmail.Address{Name: headerText(s.header.To.Name), Address: to},
				Text:   crlf(s.rendered.TextBytes(s.letter)),
				HTML:   crlf(s.rendered.HTMLBytes(s.letter)),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("letter reads back differently (-want +got):\n%s", diff)
			}
			if got, want := got.Header["Subject"], headerText(s.rendered.Subject); got != want && s.name != "spaces" {
				t.Errorf("subject reads back as %q, want %q", got, want)
			}
		})
	}
}

func golden(t *testing.T, name string, raw []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".eml")
	if *update {
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(raw)); diff != "" {
		t.Errorf("letter differs from %s (-want +got):\n%s", file, diff)
	}
}

// checkWire holds the rules of RFC 5322 and 2045 that every letter obeys, whatever is in it.
func checkWire(t *testing.T, raw []byte) {
	t.Helper()
	if _, clean := stuff(nil, raw); !clean {
		t.Errorf("bare CR or LF in %q", raw)
	}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("line of %d bytes: %.80q…", len(line), line)
		}
		if bytes.HasPrefix(line, []byte(".")) {
			t.Errorf("line begins with a dot: %q", line)
		}
		if bytes.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) {
			t.Errorf("line is not printable ASCII: %q", line)
		}
	}
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		if len(line) > maxEncodedLine {
			t.Errorf("body line of %d bytes: %q", len(line), line)
		}
		if n := len(line); n > 0 && (line[n-1] == ' ' || line[n-1] == '\t') {
			t.Errorf("body line ends in white space: %q", line)
		}
	}
}

func TestGoMailWouldHaveBuiltTheSameLetter(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		if s.name == "hostile" || s.name == "cyrillic" || s.name == "looks-encoded" {
			continue // go-mail neither cleans values nor writes punycode
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(parse(t, slowPath(t, s)), parse(t, s.raw(t))); diff != "" {
				t.Errorf("letter differs from go-mail's (-go-mail +ours):\n%s", diff)
			}
		})
	}
}

// slowPath has go-mail build the whole letter, as one would without compiling.
func slowPath(t *testing.T, s story) []byte {
	t.Helper()
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	h := s.header
	m.FromMailAddress(&netmail.Address{Name: h.From.Name, Address: h.From.Email})
	m.ToMailAddress(&netmail.Address{Name: h.To.Name, Address: h.To.Email})
	if h.ReplyTo.Email != "" {
		m.ReplyToMailAddress(&netmail.Address{Name: h.ReplyTo.Name, Address: h.ReplyTo.Email})
		m.SetGenHeader("List-ID", "<"+h.ListID+">")
		m.SetGenHeader(gomail.HeaderInReplyTo, "<"+h.InReplyTo+">")
		m.SetGenHeader(gomail.HeaderReferences, "<first@example.com>", "<second@example.com>")
	}
	m.Subject(s.rendered.Subject)
	m.SetMessageIDWithValue(h.MessageID)
	m.SetDateWithValue(h.Date)
	var more []string
	if h.UnsubscribeMailto != "" {
		more = append(more, "mailto:"+h.UnsubscribeMailto)
	}
	if err := m.SetListUnsubscribeOneClick(h.Unsubscribe, more...); err != nil {
		t.Fatal(err)
	}
	m.SetBodyString(gomail.TypeTextPlain, crlf(s.rendered.TextBytes(s.letter)))
	m.AddAlternativeString(gomail.TypeTextHTML, crlf(s.rendered.HTMLBytes(s.letter)))
	var buf bytes.Buffer
	if _, err := m.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(buf.Bytes(), []byte("<first@example.com>, <"), []byte("<first@example.com> <"))
}

func TestALongThreadKeepsItsLinesShort(t *testing.T) {
	t.Parallel()
	s := stories()[0]
	for i := range 200 {
		s.header.References = append(s.header.References, fmt.Sprintf("%026d@example.com", i))
	}
	s.header.InReplyTo = s.header.References[199]
	raw := s.raw(t)
	checkWire(t, raw)
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > niceLine {
			t.Errorf("line of %d bytes: %s", len(line), line)
		}
	}
	got := parse(t, raw).Header
	if want := "<" + strings.Join(s.header.References, "> <") + ">"; got["References"] != want {
		t.Errorf("References read back as %q, want %q", got["References"], want)
	}
	if want := "<" + s.header.InReplyTo + ">"; got["In-Reply-To"] != want {
		t.Errorf("In-Reply-To reads back as %q, want %q", got["In-Reply-To"], want)
	}
}

func TestEqualLettersCompileToEqualPartsAndOthersDoNot(t *testing.T) {
	t.Parallel()
	compile := func(l *templates.Letter) *Compiled {
		c, err := Compile(l)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, same := compile(caseLetter()), compile(caseLetter())
	if one.Hash != same.Hash || !cmp.Equal(one.Fixed, same.Fixed) {
		t.Error("equal letters compiled differently")
	}
	moved := caseLetter() // the same bytes, cut elsewhere
	moved.Fixed[0], moved.Fixed[1] = append(moved.Fixed[0], moved.Fixed[1][0]), moved.Fixed[1][1:]
	if compile(moved).Hash == one.Hash {
		t.Error("letters cut differently have one hash")
	}
}

func TestComposeNamesTheHeaderItCannotWrite(t *testing.T) {
	t.Parallel()
	c, err := Compile(caseLetter())
	if err != nil {
		t.Fatal(err)
	}
	rendered := caseRendered("s", "n", "l")
	foreign := &templates.Rendered{Text: []templates.Segment{fixed(99)}}
	for name, test := range map[string]struct {
		change   func(*Header)
		rendered *templates.Rendered
		want     string
	}{
		"no recipient":           {func(h *Header) { h.To = Address{} }, rendered, "composing a letter: header to: unsupported address: not of the form name@domain"},
		"no date":                {func(h *Header) { h.Date = time.Time{} }, rendered, "composing a letter: header date: no date"},
		"line end in an id":      {func(h *Header) { h.MessageID = "a@b\r\nBcc: x" }, rendered, "composing a letter: header message-id: value cannot stand in a header: want 1 to 900 graphic ASCII characters without <>"},
		"line end in an address": {func(h *Header) { h.From.Email = "a@b\nc" }, rendered, "composing a letter: header from: unsupported address: domain after the @ is not a host name"},
		"brackets in an id":      {func(h *Header) { h.References = []string{"a@b", "<c@d>"} }, rendered, "composing a letter: header references: value cannot stand in a header: want 1 to 900 graphic ASCII characters without <>"},
		"script as a link":       {func(h *Header) { h.Unsubscribe = "javascript:x" }, rendered, "composing a letter: header list-unsubscribe: value cannot stand in a header: not an https URL"},
		"another template":       {func(*Header) {}, foreign, "composing a letter: text part: rendered from another template: it has no text 99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := caseHeader()
			test.change(&h)
			dst, err := c.Compose([]byte("before"), h, test.rendered)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %q, want %q", err, test.want)
			}
			if string(dst) != "before" {
				t.Errorf("a part of the letter was appended: %q", dst)
			}
		})
	}
}
