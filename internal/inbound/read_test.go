package inbound

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// read reads a letter whose lines end in \n.
func read(t *testing.T, raw string) *Letter {
	t.Helper()
	l, err := Read([]byte(raw))
	if err != nil {
		t.Fatalf("reading %.200q: %v", raw, err)
	}
	return l
}

func encode(t *testing.T, c *charmap.Charmap, s string) string {
	t.Helper()
	out, err := c.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnOrdinaryReplyIsReadWhole(t *testing.T) {
	t.Parallel()
	l := read(t, strings.ReplaceAll(`Delivered-To: ann+r.abc@levanto.example.com
Received: from mx.example (mx.example [192.0.2.1]) by in.levanto.example.com with ESMTP id 1
	for <ann+r.def@levanto.example.com>; Mon, 2 Mar 2026 10:00:00 +0300
From: =?utf-8?B?0JjQstCw0L3QvtCyLCDQmNCy?=
 =?utf-8?B?0LDQvQ==?= <ivan@client.example>
To: "Ann, of Levanto" <ann@levanto.example.com>, undisclosed-recipients:;
Cc: boss@client.example (the boss)
Subject: =?utf-8?Q?Re:_=D0=9F=D1=80?= =?utf-8?Q?=D0=B8=D0=B2=D0?= =?utf-8?Q?=B5=D1=82?=
Date: Mon, 2 Mar 2026 10:00:00 +0300 (MSK)
Message-ID: <1@client.example>
In-Reply-To: <b@levanto.example.com>
References: <a@levanto.example.com>
 <b@levanto.example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

Nobody reads this.
--outer
Content-Type: multipart/alternative; boundary=outer1

--outer1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

=D0=94=D0=B0, =
call me.
> your letter
--outer1
Content-Type: text/html; charset=utf-8

<p>Da, call me.</p>
--outer1--
--outer
Content-Type: text/plain; name="note.txt"
Content-Disposition: attachment

not to be read
--outer--
`, "\n", "\r\n"))
	if l.From != (Mailbox{"Иванов, Иван", "ivan@client.example"}) {
		t.Errorf("from %+v", l.From)
	}
	if len(l.To) != 2 || l.To[0] != (Mailbox{"Ann, of Levanto", "ann@levanto.example.com"}) || l.To[1] != (Mailbox{"the boss", "boss@client.example"}) {
		t.Errorf("to %+v", l.To)
	}
	if l.Subject != "Re: Привет" || l.MessageID != "1@client.example" || l.Text != "Да, call me.\n> your letter\n" {
		t.Errorf("subject %q, id %q, text %q", l.Subject, l.MessageID, l.Text)
	}
	if got := strings.Join(l.References, " "); got != "b@levanto.example.com a@levanto.example.com" {
		t.Errorf("references %q", got)
	}
	if got := strings.Join(l.DeliveredTo, " "); got != "ann+r.abc@levanto.example.com ann@levanto.example.com ann+r.def@levanto.example.com" {
		t.Errorf("delivered to %q", got)
	}
	if want := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC); !l.Date.Equal(want) {
		t.Errorf("date %v", l.Date)
	}
	if len(l.Parts) != 3 || l.Cut {
		t.Errorf("%d parts, cut %v", len(l.Parts), l.Cut)
	}
}

func TestBrokenLettersAreReadAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ raw, text string }{
		"line feeds only":                {"Subject: x\n\nhello\n", "hello\n"},
		"carriage returns only":          {"Subject: x\r\rhello\r", "hello\n"},
		"no body":                        {"Subject: x\n", ""},
		"no blank line":                  {"Subject: x\nhello there\nand more\n", "hello there\nand more\n"},
		"blank lines first":              {"\n\nSubject: x\n\nhello\n", "hello\n"},
		"of an mbox":                     {"From ann Mon Mar  2 10:00:00 2026\nSubject: x\n\nhello\n", "hello\n"},
		"rubbish among the fields":       {"Subject: x\n%%% a filter was here\nTo: a@b.example\n\nhello\n", "hello\n"},
		"space before the colon":         {"Subject : x\nContent-Type : text/html\n\n<b>hello</b>\n", "hello\n"},
		"NULs":                           {"Subject: x\n\nhel\x00lo\n", "hello\n"},
		"NULs in the header":             {"Subj\x00ect: x\nTo: a@b.example\x00\n\nhello\n", "hello\n"},
		"no boundary parameter":          {"Content-Type: multipart/mixed\n\n--b\nContent-Type: text/plain\n\nhello\n--b--\n", "hello\n"},
		"another boundary":               {"Content-Type: multipart/mixed; boundary=a\n\n--b\nContent-Type: text/plain\n\nhello\n--b--\n", "hello\n"},
		"no boundary at all":             {"Content-Type: multipart/mixed; boundary=a\n\nhello\n", "hello\n"},
		"boundary never closed":          {"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhello\n", "hello\n"},
		"inner boundary never closed":    {"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--a\n\nthere\n--a--\n", "hello\nthere\n"},
		"boundary in single quotes":      {"Content-Type: multipart/mixed; boundary='a'\n\n--a\n\nhello\n--a--\n", "hello\n"},
		"unquoted boundary with a space": {"Content-Type: multipart/mixed; boundary=a b\n\n--a b\n\nhello\n--a b--\n", "hello\n"},
		"part without header":            {"Content-Type: multipart/mixed; boundary=a\n\n--a\nhello\n--a--\n", "hello\n"},
		"type without a slash":           {"Content-Type: text\n\nhello\n", "hello\n"},
		"no media type":                  {"Content-Type: ; charset=utf-8\n\nhello\n", "hello\n"},
		"base64 without padding":         {"Content-Transfer-Encoding: base64\n\naGVsbG8\n", "hello\n"},
		"base64 with rubbish":            {"Content-Transfer-Encoding: base64\n\naGVs\x01bG8gdGhlcmUgaGVsbG8gdGhlcmU=\n", "hello there hello there\n"},
		"base64 that is none":            {"Content-Transfer-Encoding: base64\n\nhello there, my friend\n", "hello there, my friend\n"},
		"base64 without a word":          {"Subject: x\n\naGVsbG8gdGhlcmUsIHRoaXMgaXMgYSBsZXR0ZXIgdGhhdCBsYWNrcyBpdHMgZW5jb2Rp\r\nbmcu\n", "hello there, this is a letter that lacks its encoding.\n"},
		"quoted-printable broken":        {"Content-Transfer-Encoding: quoted-printable\n\nhel=6Co = 5 =ZZ =\n", "hello = 5 =ZZ\n"},
		"quoted-printable unlabelled":    {"Subject: x\n\n=D0=BF=D1=80=D0=B8=D0=B2=D0=B5=D1=82\n", "привет\n"},
		"unknown encoding":               {"Content-Transfer-Encoding: x-uue\n\nhello\n", "hello\n"},
		"unknown charset":                {"Content-Type: text/plain; charset=klingon\n\nпривет\n", "привет\n"},
		"alternative with empty text":    {"Content-Type: multipart/alternative; boundary=a\n\n--a\n\n  \n--a\nContent-Type: text/html\n\n<p>hello</p>\n--a--\n", "hello\n"},
		"mixed HTML and a footer":        {"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: text/html\n\n<p>hello</p>\n--a\n\nfooter\n--a--\n", "hello\nfooter\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.TrimRight(read(t, test.raw).Text, " \n"); got != strings.TrimRight(test.text, "\n") {
				t.Errorf("text %q, want %q", got, test.text)
			}
		})
	}
}

func TestWhatIsNoLetterIsAnError(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "\n\n", "hello there", "\x00\x01\x02", "PK\x03\x04\x00\x00", strings.Repeat("x", 1000)} {
		if l, err := Read([]byte(raw)); err == nil {
			t.Errorf("%q was read as %+v", raw, l)
		}
	}
}

func TestMailboxesAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]Mailbox{
		"ann@example.com":                                 {"", "ann@example.com"},
		"<ann@example.com>":                               {"", "ann@example.com"},
		"Ann <ann@example.com":                            {"Ann", "ann@example.com"},
		`"Ann \"the\" Bo" <ann@example.com>`:              {`Ann "the" Bo`, "ann@example.com"},
		"ann@example.com (Ann Bo)":                        {"Ann Bo", "ann@example.com"},
		"Ann Bo ann@example.com":                          {"", "ann@example.com"},
		`"ann@example.com" <ann@example.com>`:             {"ann@example.com", "ann@example.com"},
		"=?koi8-r?B?4c7OwQ==?= <ann@example.com>":         {"Анна", "ann@example.com"},
		"Анна <ann@example.com>":                          {"Анна", "ann@example.com"},
		`"=?windows-1251?B?wO3t4A==?=" <ann@example.com>`: {"Анна", "ann@example.com"},
		"<>":                              {},
		"undisclosed-recipients:;":        {},
		strings.Repeat("a", 400) + "@b.c": {},
	} {
		var got Mailbox
		if all := mailboxes([]string{value}); len(all) > 0 {
			got = all[0]
		}
		if got != want {
			t.Errorf("%.60q: %+v, want %+v", value, got, want)
		}
	}
}

func TestHTMLBecomesWhatAPersonReads(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"<html><head><title>t</title><style>p{}</style></head><body><p>One</p><p>Two <b>bold</b>, three</p></body></html>":          "One\n\nTwo bold, three\n",
		"<div>Yes</div><div><br></div><div>On Monday you wrote:<blockquote>a<br>b<blockquote>c</blockquote>d</blockquote></div>end": "Yes\n\nOn Monday you wrote:\n> a\n> b\n> > c\n> d\nend\n",
		"<ul><li>one<li>two</ul>":                      "- one\n- two\n",
		"a&nbsp;b &lt;c&gt; &#1087;":                   "a b <c> п\n",
		"<table><tr><td>a</td><td>b</td></tr></table>": "a b\n",
		"top<hr>From: ann":                             "top\n________________________________\nFrom: ann\n",
		"<pre>a\n  b</pre>":                            "a\n  b\n",
		"<script>alert(1)</script>x<br/>y<p":           "x\ny\n",
		"broken <b>bold <i>text":                       "broken bold text\n",
	} {
		if got := htmlText([]byte(from)); got != want {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
	}
}
