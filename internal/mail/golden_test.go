package mail

import (
	"bytes"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/smtptest"
)

// goldenLetter is one of the corpus: what is given to it and what its reader should see.
// What "shown" leaves out is shown as it was given.
type goldenLetter struct {
	name          string
	given, shown  person
	field, bodies string // a personal field, and how it reads in both bodies
}

type person struct{ subject, name, email string }

// or fills in what p leaves out.
func (p person) or(q person) person {
	if p.subject == "" {
		p.subject = q.subject
	}
	if p.name == "" {
		p.name = q.name
	}
	if p.email == "" {
		p.email = q.email
	}
	return p
}

// none stands for a value that is empty on purpose.
const none = "\x00none"

func goldenLetters() []goldenLetter {
	subject := func(name, given, shown string) goldenLetter {
		return goldenLetter{name: "subject-" + name, given: person{subject: given}, shown: person{subject: shown}}
	}
	to := func(name, given, shown string) goldenLetter {
		return goldenLetter{name: "name-" + name, given: person{name: given}, shown: person{name: shown}}
	}
	address := func(name, given, shown string) goldenLetter {
		return goldenLetter{name: "address-" + name, given: person{email: given}, shown: person{email: shown}}
	}
	body := func(name, given, shown string) goldenLetter {
		return goldenLetter{name: "body-" + name, field: given, bodies: shown}
	}
	words := strings.TrimSpace(strings.Repeat("a very long subject of many words ", 60))
	return []goldenLetter{
		subject("empty", none, none),
		subject("cyrillic", "Иван, короткий разбор", ""),
		subject("cyrillic-very-long", strings.Repeat("Очень длинная тема письма, ", 80)+"конец", ""),
		subject("emoji", "🎉 Готово 👩‍👩‍👧‍👦 👍🏽", ""),
		subject("arabic", "مرحبا بك في العرض الجديد", ""),
		subject("hebrew-and-latin", "שלום Ivan (B2B)", ""),
		subject("direction-override", "price \u202elist\u202c", ""),
		subject("chinese", "您好，伊万先生的报价单", ""),
		subject("combining-marks", "Cafe\u0301 rés\u0308ume\u0301", ""),
		subject("many-words", words, ""),
		subject("998-octets", strings.Repeat("x", 998), ""),
		subject("999-octets", strings.Repeat("y", 999), ""),
		subject("5000-octets", strings.Repeat("z", 5000), ""),
		subject("dot", ".", ""),
		subject("dots-where-it-folds", strings.Repeat("word ", 13)+".hidden .. ... ....", ""),
		subject("encoded-word", "=?utf-8?q?not_really?=", ""),
		subject("half-an-encoded-word", "2 + 2 =? 4 ?=", ""),
		subject("quotes", `He said "yes", she said 'no'\`, ""),
		subject("colons", "Re: Fwd: [tag] a: b; c <d> @e", ""),
		subject("tab", "one\ttwo", "one two"),
		subject("line-ends", "one\r\nBcc: all@example.com\r\n\r\n<p>two", "one  Bcc: all@example.com    <p>two"),
		subject("control-characters", "a\x00b\x1bc\x7fd\u0085e", "a b c d e"),
		subject("line-separators", "a\u2028b\u2029c", "a b c"),
		subject("not-utf-8", "a\xffb\xc3", "a b"),
		subject("spaces-around", "  padded  ", "padded"),
		subject("spaces-within", "two  spaces   three", ""),
		subject("non-breaking", "5\u00a0000\u202f₽ без НДС", ""),
		subject("zero-width", "a\u200bb\ufeffc\u00add", ""),

		to("empty", none, none),
		to("cyrillic", "Иван Петров", ""),
		to("cyrillic-very-long", strings.Repeat("Константин ", 30)+"Заречный", ""),
		to("apostrophe", "Conan O'Neil", ""),
		to("quotes", `Ivan "The Buyer" Smirnov`, ""),
		to("comma", "Smirnov, Ivan", ""),
		to("brackets", "Ivan (Smirnov) <ivan@other.example>", ""),
		to("backslash", `Ivan \ Smirnov \\`, ""),
		to("at-sign", "ivan@client.example", ""),
		to("group", "Friends: Ivan, Petr;", ""),
		to("dots", "Dr. Ivan S. Smirnov Jr.", ""),
		to("line-ends", "Eve\r\nBcc: all@example.com", "Eve  Bcc: all@example.com"),
		to("nul", "E\x00ve", "E ve"),
		to("emoji", "🚀 Иван", ""),
		to("direction-override", "\u202eIvan", ""),
		to("encoded-word", "=?utf-8?b?0JjQstCw0L0=?=", ""),
		to("200-octets", strings.TrimSpace(strings.Repeat("name ", 40)), ""),
		to("one-long-word", strings.Repeat("N", 300), ""),
		to("spaces-around", "  Ivan ", "Ivan"),
		to("markup", "<script>alert(1)</script>", ""),
		to("percent", "100% {{.}} $HOME", ""),

		address("cyrillic-domain", "ivan@клиент.рф", "ivan@xn--e1affem4a.xn--p1ai"),
		address("german-domain", "ivan@BÜCHER.example", "ivan@xn--bcher-kva.example"),
		address("chinese-domain", "ivan@例子.测试", "ivan@xn--fsqu00a.xn--0zwm56d"),
		address("arabic-domain", "ivan@مثال.إختبار", "ivan@xn--mgbh0fb.xn--kgbechtv"),
		address("upper-case", "Ivan.Petrov+Tag@Client.EXAMPLE", ""),
		address("all-signs", "!#$%&'*+-/=?^_`{|}~@client.example", ""),
		address("apostrophe", "o'neil@client.example", ""),
		address("64-octets-of-name", strings.Repeat("n", 64)+"@client.example", ""),
		address("254-octets", "n@"+strings.Repeat(strings.Repeat("d", 61)+".", 4)+"abcd", ""),
		address("digits", "12345@163.example", ""),
		address("one-letter", "a@b.example", ""),

		body("5000-characters", strings.Repeat("x", 5000), ""),
		body("5000-cyrillic-characters", strings.Repeat("ы", 5000), ""),
		body("998-octets", strings.Repeat("x", 998), ""),
		body("999-octets", strings.Repeat("y", 999), ""),
		body("end-of-data", "\r\n.\r\nMAIL FROM:<eve@example.com>\r\n", ""),
		body("end-of-data-bare", "\n.\nQUIT\n", "\r\n.\r\nQUIT\r\n"),
		body("leading-dots", ".\n..\n...\n.hidden", ".\r\n..\r\n...\r\n.hidden"),
		body("bare-cr", "one\rtwo\r\r\nthree", "onetwo\r\nthree"),
		body("spaces-at-line-ends", "one \t\ntwo  \n", "one \t\r\ntwo  \r\n"),
		body("equals-signs", "=3D =\n==", "=3D =\r\n=="),
		body("boundary", "\n--=_\n--=_0123456789abcdef--\n", "\r\n--=_\r\n--=_0123456789abcdef--\r\n"),
		body("mbox-from", "\nFrom eve@example.com Mon Jan  1\n", "\r\nFrom eve@example.com Mon Jan  1\r\n"),
		body("control-characters", "a\x00b\x1b[31mc\x7f", ""),
		body("emoji", "👩‍💻🇷🇺👍🏽", ""),
		body("right-to-left", "مرحبا \u202eabc\u202c שלום", ""),
		body("empty", none, none),
		body("header-like", "\nBcc: all@example.com\n\n", "\r\nBcc: all@example.com\r\n\r\n"),
		body("many-lines", strings.Repeat("Строка обычной длины, какие бывают в письмах.\r\n", 80), ""),
	}
}

func (g goldenLetter) story() story {
	value := func(s string) string { return strings.TrimPrefix(s, none) }
	given := g.given.or(person{"A short case", "Ivan Smirnov", "ivan@client.example"})
	field := g.field
	if field == "" {
		field = "Ivan"
	}
	s := story{g.name, caseLetter(), caseRendered(value(given.subject), value(field), "https://example.com/c/1"), caseHeader()}
	s.header.To = Address{Name: value(given.name), Email: given.email}
	s.header.ReplyTo = Address{Name: value(given.name), Email: given.email}
	s.header.ListID = "c-nurture.example.com"
	s.header.InReplyTo, s.header.References = "first@example.com", []string{"first@example.com", "second@example.com"}
	s.header.UnsubscribeMailto = "unsubscribe@example.com?subject=token"
	return s
}

func TestGoldenLettersReadBackAsGiven(t *testing.T) {
	t.Parallel()
	letters := goldenLetters()
	if len(letters) < 60 {
		t.Errorf("corpus has %d letters", len(letters))
	}
	value := func(s string) string { return strings.TrimPrefix(s, none) }
	for _, g := range letters {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			raw := g.story().raw(t)
			golden(t, filepath.Join("golden", g.name), raw)
			checkWire(t, raw)
			shown := g.shown.or(g.given).or(person{"A short case", "Ivan Smirnov", "ivan@client.example"})
			field := g.bodies
			if field == "" {
				field = g.field
			}
			if field == "" {
				field = "Ivan"
			}
			got := parse(t, raw)
			want := parsed{
				Header: map[string]string{
					"Subject": value(shown.subject), "Date": "Mon, 02 Mar 2026 09:30:00 +0300", "Message-Id": "<v1.abcdef@example.com>", "Mime-Version": "1.0",
					"List-Id": "<c-nurture.example.com>", "List-Unsubscribe": "<https://example.com/u/token>, <mailto:unsubscribe@example.com?subject=token>",
					"List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "In-Reply-To": "<first@example.com>", "References": "<first@example.com> <second@example.com>",
				},
				From: netmail.Address{Name: "Анна Петрова", Address: "anna@example.com"},
				To:   netmail.Address{Name: value(shown.name), Address: shown.email},
				Text: "Здравствуйте, " + value(field) + "!\r\n\r\nПосмотрите разбор: https://example.com/c/1\r\n\r\n-- \r\nОтписаться: https://example.com/u/token\r\n",
				HTML: "<html><body style=\"color:#333\">\r\n<p>Здравствуйте, " + value(field) + "!</p>\r\n<p><a href=\"https://example.com/c/1\">разбор</a></p>\r\n</body></html>\r\n",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("letter reads back differently (-want +got):\n%s", diff)
			}
			m, err := netmail.ReadMessage(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if replyTo := address(t, m, "Reply-To"); replyTo != want.To {
				t.Errorf("Reply-To reads back as %v, want %v", replyTo, want.To)
			}
		})
	}
}

// What the server has is what was kept, byte for byte, whatever dots were doubled between.
func TestGoldenLettersArriveByteForByte(t *testing.T) {
	t.Parallel()
	bothWays(t, smtptest.Options{}, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, serverFor(t, s))
		for i, g := range goldenLetters() {
			story := g.story()
			raw := story.raw(t)
			if refused := c.Envelope(t.Context(), from, story.header.To.Email); refused != nil {
				t.Fatal(g.name, refused)
			}
			if o := c.Body(t.Context(), raw); o.Verdict != Sent {
				t.Fatal(g.name, o)
			}
			if got := s.WaitFor(t, i+1)[i].Raw; !bytes.Equal(got, raw) {
				t.Errorf("%s arrived changed:\n%s", g.name, cmp.Diff(string(raw), string(got)))
			}
		}
	})
}

func TestGoldenFolderHoldsNothingElse(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, g := range goldenLetters() {
		if known[g.name+".eml"] {
			t.Errorf("two letters are called %s", g.name)
		}
		known[g.name+".eml"] = true
	}
	for _, entry := range entries {
		if !known[entry.Name()] {
			t.Errorf("testdata/golden/%s belongs to no letter", entry.Name())
		}
	}
}
