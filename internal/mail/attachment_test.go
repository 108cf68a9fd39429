package mail

import (
	"bytes"
	"encoding/base64"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/smtptest"
)

// sentFile is a file as it is given and as its reader finds it.
type sentFile struct {
	Name, Type string
	Body       string
}

type attachedLetter struct {
	name  string
	given []string // paths in files/, with their bodies in turn
	want  []sentFile
}

func attachedLetters() []attachedLetter {
	pdf := "%PDF-1.7\r\n\x00\xff" + strings.Repeat("the price list ", 20)
	return []attachedLetter{
		{"price", []string{"price.pdf", pdf}, []sentFile{{"price.pdf", "application/pdf", pdf}}},
		{"several", []string{"price.pdf", pdf, "cases/food.XLSX", "x", "notes.txt", ".\r\n..\r\n"}, []sentFile{
			{"price.pdf", "application/pdf", pdf},
			{"food.XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "x"},
			{"notes.txt", "text/plain", ".\r\n..\r\n"},
		}},
		{"cyrillic", []string{"Прайс-лист на компрессоры и осушители на 2026 год (юг).pdf", pdf}, []sentFile{
			{"Прайс-лист на компрессоры и осушители на 2026 год (юг).pdf", "application/pdf", pdf},
		}},
		{"short-cyrillic", []string{"прайс.pdf", "1"}, []sentFile{{"прайс.pdf", "application/pdf", "1"}}},
		{"chinese-and-emoji", []string{"报价单 🎉.zip", "zip"}, []sentFile{{"报价单 🎉.zip", "application/zip", "zip"}}},
		{"signs", []string{`a "b" \c; d=e, (f) 100% it's.bin`, "1"}, []sentFile{{`a "b" \c; d=e, (f) 100% it's.bin`, "application/octet-stream", "1"}}},
		{"name-like-a-boundary", []string{"boundary=abc; x.pdf", "1"}, []sentFile{{"boundary=abc; x.pdf", "application/pdf", "1"}}},
		{"line-ends-in-the-name", []string{"a\r\nBcc: all@example.com.pdf", "1"}, []sentFile{{"a  Bcc: all@example.com.pdf", "application/pdf", "1"}}},
		{"empty", []string{"empty.dat", ""}, []sentFile{{"empty.dat", "application/octet-stream", ""}}},
		{"without-an-end", []string{"LICENSE", "free"}, []sentFile{{"LICENSE", "application/octet-stream", "free"}}},
	}
}

func (a attachedLetter) compile(t testing.TB) (*Compiled, []byte) {
	t.Helper()
	var files []Attachment
	for i := 0; i < len(a.given); i += 2 {
		files = append(files, NewAttachment(a.given[i], []byte(a.given[i+1])))
	}
	c, err := Compile(caseLetter(), files...)
	if err != nil {
		t.Fatal(err)
	}
	personal, err := c.Compose(nil, caseHeader(), caseRendered("A short case", "Ivan", "https://example.com/c/1"))
	if err != nil {
		t.Fatal(err)
	}
	return c, personal
}

func (a attachedLetter) raw(t testing.TB) []byte {
	t.Helper()
	c, personal := a.compile(t)
	raw, err := Expand(nil, c.Fixed, personal)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The standard library and a reader that goes by the letter of the RFCs find the same files and the same texts.
func TestAttachedFilesReadBackAsGiven(t *testing.T) {
	t.Parallel()
	without, err := Compile(caseLetter())
	if err != nil {
		t.Fatal(err)
	}
	personal, err := without.Compose(nil, caseHeader(), caseRendered("A short case", "Ivan", "https://example.com/c/1"))
	if err != nil {
		t.Fatal(err)
	}
	bare, err := Expand(nil, without.Fixed, personal)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attachedLetters() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			raw := a.raw(t)
			golden(t, filepath.Join("attached", a.name), raw)
			checkWire(t, raw)
			for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
				if len(line) > niceLine {
					t.Errorf("a line of %d bytes: %s", len(line), line)
				}
			}
			inner, files := filesByLibrary(t, raw)
			if diff := cmp.Diff(a.want, files); diff != "" {
				t.Errorf("net/mail finds other files (-want +got):\n%s", diff)
			}
			want, got := parse(t, bare), parse(t, append([]byte(headOf(t, raw)), inner...))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the texts differ from those of the letter without files (-without +with):\n%s", diff)
			}
			if diff := cmp.Diff(a.want, filesByTheBook(t, string(raw))); diff != "" {
				t.Errorf("a reader by the book finds other files (-want +got):\n%s", diff)
			}
		})
	}
}

// headOf is the head of a letter with the type left to its first part.
func headOf(t *testing.T, raw []byte) string {
	t.Helper()
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	before, _, found := strings.Cut(head, "Content-Type: ")
	if !found {
		t.Fatalf("no type in %q", head)
	}
	_, after, _ := strings.Cut(head[len(before):], "\"\r\n")
	return strings.TrimRight(before+after, "\r\n") + "\r\n"
}

// filesByLibrary reads a letter with the standard library: the source of its first part, and its files.
func filesByLibrary(t *testing.T, raw []byte) (inner []byte, files []sentFile) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("the letter is %q: %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return inner, files
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(part); err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		if inner == nil {
			inner = append([]byte("Content-Type: "+mime.FormatMediaType(kind, params)+"\r\n\r\n"), body.Bytes()...)
			continue
		}
		disposition, named, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if err != nil || disposition != "attachment" || part.Header.Get("Content-Transfer-Encoding") != "base64" {
			t.Fatalf("a part with %v: %v", part.Header, err)
		}
		if params["name"] != named["filename"] {
			t.Errorf("the file is called both %q and %q", params["name"], named["filename"])
		}
		decoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body.String(), "\r\n", ""))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, sentFile{named["filename"], kind, string(decoded)})
	}
}

// filesByTheBook reads a letter line by line, as RFC 2046 5.1 and RFC 2231 3 and 4 say, without a library for any of it.
func filesByTheBook(t *testing.T, raw string) (files []sentFile) {
	t.Helper()
	head, body, _ := strings.Cut(raw, "\r\n\r\n")
	_, rest, _ := strings.Cut(head, "multipart/mixed;\r\n boundary=\"")
	boundary, _, _ := strings.Cut(rest, "\"")
	parts := strings.Split("\r\n"+body, "\r\n--"+boundary)
	if last := parts[len(parts)-1]; strings.Trim(last, "\r\n") != "--" {
		t.Errorf("the letter ends in %q", last)
	}
	if len(parts) < 3 {
		t.Fatalf("%d parts", len(parts))
	}
	for _, part := range parts[2 : len(parts)-1] {
		head, body, ok := strings.Cut(strings.TrimPrefix(part, "\r\n"), "\r\n\r\n")
		if !ok && !strings.HasSuffix(part, "\r\n") {
			t.Fatalf("part %q has no body", part)
		}
		decoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
		if err != nil {
			t.Fatal(err)
		}
		f := sentFile{Body: string(decoded)}
		for line := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
			name, value, _ := strings.Cut(line, ": ")
			switch name {
			case "Content-Type":
				f.Type, _, _ = strings.Cut(strings.TrimSpace(value), ";")
			case "Content-Disposition":
				f.Name = fileNameByTheBook(t, value)
			}
		}
		files = append(files, f)
	}
	return files
}

func fileNameByTheBook(t *testing.T, disposition string) string {
	t.Helper()
	_, list, _ := strings.Cut(disposition, "; ")
	if quoted, ok := strings.CutPrefix(list, `filename="`); ok {
		return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(strings.TrimSuffix(quoted, `"`))
	}
	var octets string
	for piece := range strings.SplitSeq(list, "; ") {
		_, value, _ := strings.Cut(piece, "=")
		octets += value
	}
	charset, rest, _ := strings.Cut(octets, "'")
	language, octets, _ := strings.Cut(rest, "'")
	name, err := url.PathUnescape(octets)
	if err != nil || charset != "UTF-8" || language != "" {
		t.Fatalf("the name is %q in %q, %q: %v", octets, charset, language, err)
	}
	return name
}

// What was sent with files is rebuilt from what is stored, signed or not, and arrives unchanged.
func TestLetterWithFilesIsStoredAndArrivesByteForByte(t *testing.T) {
	t.Parallel()
	bothWays(t, smtptest.Options{}, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, serverFor(t, s))
		for i, a := range attachedLetters() {
			compiled, personal := a.compile(t)
			signed := PrependLiteral(personal, []byte("X-Seventh-Test: true\r\n"))
			fixed, err := UnmarshalFixed(MarshalFixed(compiled.Fixed))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := Expand(nil, fixed, signed)
			if err != nil {
				t.Fatal(err)
			}
			if refused := c.Envelope(t.Context(), from, "ivan@client.example"); refused != nil {
				t.Fatal(a.name, refused)
			}
			if o := c.Body(t.Context(), raw); o.Verdict != Sent {
				t.Fatal(a.name, o)
			}
			if got := s.WaitFor(t, i+1)[i].Raw; !bytes.Equal(got, raw) {
				t.Errorf("%s arrived changed:\n%s", a.name, cmp.Diff(string(raw), string(got)))
			}
		}
	})
}

func TestFilesTellLettersApart(t *testing.T) {
	t.Parallel()
	hash := func(files ...Attachment) [32]byte {
		c, err := Compile(caseLetter(), files...)
		if err != nil {
			t.Fatal(err)
		}
		return c.Hash
	}
	one, other := NewAttachment("price.pdf", []byte("1")), NewAttachment("price.pdf", []byte("2"))
	if hash(one) != hash(NewAttachment("price.pdf", []byte("1"))) {
		t.Error("equal files give letters of different hashes")
	}
	for name, h := range map[string][32]byte{"another": hash(other), "none": hash(), "two": hash(one, one), "a renamed one": hash(NewAttachment("prices.pdf", []byte("1")))} {
		if h == hash(one) {
			t.Errorf("a letter with %s has the hash of the letter with the file", name)
		}
	}
}

// A price list that goes with fifty letters is in memory once.
func TestLettersShareTheirFiles(t *testing.T) {
	t.Parallel()
	list := NewAttachment("price.pdf", make([]byte, 2<<20))
	var letters []*Compiled
	for range 50 {
		c, err := Compile(caseLetter(), list)
		if err != nil {
			t.Fatal(err)
		}
		letters = append(letters, c)
	}
	for _, c := range letters {
		if &c.Fixed[c.tail[1]][0] != &list.encoded[0] {
			t.Fatal("a letter has a copy of the file")
		}
	}
}
