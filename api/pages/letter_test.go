package pages

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLetterPageShowsItAsSent(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	v := s.loggedIn(t, "boris@levanto.test")
	base := fmt.Sprintf("/letters/%d", s.letter)
	v.get(base).want(http.StatusOK, "Measure your leaks", "Анна &lt;ann@levanto.test&gt;", "250 2.0.0 queued as 77", "Tue 4 Mar 2031, 10:01",
		`sandbox referrerpolicy="no-referrer" src="`+base+`/preview"`)
	v.get(base+"?view=text").want(http.StatusOK, "Good morning, Ivan – leaks cost money.")
	v.get(base+"?view=source").want(http.StatusOK, "List-Unsubscribe", "&lt;script&gt;").without("<script>document")

	source := v.get(base + "/source").want(http.StatusOK)
	if diff := cmp.Diff(string(s.raw), source.body); diff != "" || source.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("source differs from what was sent (-sent +shown):\n%s", diff)
	}
	download := v.get(base + "/letter.eml").want(http.StatusOK)
	if download.body != string(s.raw) || download.header.Get("Content-Disposition") != fmt.Sprintf(`attachment; filename="letter-%d.eml"`, s.letter) {
		t.Errorf("download is not the letter: %v", download.header)
	}
}

func TestPreviewIsInert(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	preview := s.loggedIn(t, "ann@levanto.test").get(fmt.Sprintf("/letters/%d/preview", s.letter)).want(http.StatusOK, "Good morning, Ivan", `title="`+s.server.URL+`/c/tok"`)
	preview.without("href=", "srcset=", "/o/tok", "http-equiv", "/remote/style.css")
	if got := preview.header.Get("Content-Security-Policy"); got != previewPolicy {
		t.Errorf("policy is %q", got)
	}
}

func TestLetterThatHasNotGoneOut(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil)
	v := s.loggedIn(t, "mary@levanto.test")
	var id int64
	must(t, s.pool.QueryRow(t.Context(), "SELECT m.id FROM messages m JOIN clients c ON c.id = m.client_id WHERE c.external_id = 'crm/3?'").Scan(&id))
	base := fmt.Sprintf("/letters/%d", id)
	v.get(base).want(http.StatusOK, "in the queue", "Nothing has gone out yet")
	for _, path := range []string{base + "/preview", base + "/source", base + "/letter.eml", "/letters/999999", "/letters/x", "/letters/99999999999999999999"} {
		v.get(path).want(http.StatusNotFound, "There is nothing here")
	}
}

func TestInertKeepsWhatDoesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ letter, want string }{
		"plain":            {`<p STYLE='color:red'>a &amp; b</p>`, `<p STYLE='color:red'>a &amp; b</p>`},
		"link":             {`<a class=x href="https://e.test/?a=1&amp;b=2">go</a>`, `<a class="x" title="https://e.test/?a=1&amp;b=2">go</a>`},
		"image within":     {`<img src="data:image/gif;base64,R0" alt=x>`, `<img src="data:image/gif;base64,R0" alt=x>`},
		"image outside":    {`<img src="https://e.test/x.gif" alt="a">`, `<img alt="a">`},
		"refresh":          {`<meta http-equiv="refresh" content="0;url=/c/x"><meta charset="utf-8">`, `<meta><meta charset="utf-8">`},
		"base":             {`<base href="https://e.test/" target="_top">`, `<base>`},
		"drawing":          {`<svg><a xlink:href="/c/x">a</a></svg>`, `<svg><a>a</a></svg>`},
		"table background": {`<td background="https://e.test/x.png" width=3>`, `<td width="3">`},
		"comment":          {`<!--[if mso]><v:rect href="/c/x"><![endif]-->`, `<!--[if mso]><v:rect href="/c/x"><![endif]-->`},
		"noscript":         {`<noscript><a href="/c/x">a</a></noscript>`, `<noscript><a title="/c/x">a</a></noscript>`},
		"broken":           {`<a href="`, ``},
	} {
		got, err := inert(test.letter)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestParseLetter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		raw  string
		want parsedLetter
	}{
		"without MIME": {
			"Subject: a\n\nHello\n",
			parsedLetter{Headers: []header{{"Subject", "a"}}, Text: "Hello\n"},
		},
		"base64 and a folded, encoded subject": {
			"Subject: =?utf-8?b?0J/RgNC4?=\r\n =?utf-8?b?0LLQtdGC?=\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+\r\naGk8L3A+\r\n",
			parsedLetter{
				Headers: []header{{"Subject", "Привет"}, {"Content-Type", "text/html"}, {"Content-Transfer-Encoding", "base64"}},
				HTML:    "<p>hi</p>",
			},
		},
		"an attachment is not the text": {
			"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment\n\nfile\n--x\nContent-Type: text/plain\n\ntext\n--x--\n",
			parsedLetter{Headers: []header{{"Content-Type", "multipart/mixed; boundary=x"}}, Text: "text"},
		},
		"broken base64 is shown as far as it goes": {
			"Content-Transfer-Encoding: base64\n\nYWJj!!!!",
			parsedLetter{Headers: []header{{"Content-Transfer-Encoding", "base64"}}, Text: "abc"},
		},
		"bytes that are no UTF-8": {
			"X-A: \xff\n\n\xff",
			parsedLetter{Headers: []header{{"X-A", "\uFFFD"}}, Text: "\uFFFD"},
		},
	} {
		got, err := parseLetter([]byte(test.raw))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if _, err := parseLetter([]byte("no letter")); err == nil {
		t.Error("no letter was taken for one")
	}
}

// FuzzPreview: whatever comes as a letter, the preview stays valid and nothing in
// it leads out.
func FuzzPreview(f *testing.F) {
	f.Add(letterAsSent)
	f.Add("Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\n--a--\n")
	f.Add("Content-Type: text/html\n\n<a href=x><IMG SRC=//e.test/x><base href=y>")
	f.Add("A: =?utf-8?q?=?=\n b\n\n")
	f.Fuzz(func(t *testing.T, raw string) {
		letter, err := parseLetter([]byte(raw))
		if err != nil {
			return
		}
		once, err := inert(letter.HTML)
		if err != nil {
			return
		}
		twice, err := inert(once)
		if err != nil || once != twice {
			t.Errorf("something was left to disarm: %v\n%s", err, cmp.Diff(once, twice))
		}
		if strings.ToValidUTF8(letter.Text, "") != letter.Text {
			t.Error("text is no UTF-8")
		}
	})
}
