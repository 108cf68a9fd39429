package inbound

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"mime/quotedprintable"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// TestAnswersAreUnderstoodInAnyEncoding writes the Russian letters again as real mail programs
// do, and expects the same reading.
func TestAnswersAreUnderstoodInAnyEncoding(t *testing.T) {
	t.Parallel()
	encodings := map[string]func(text string) string{
		"quoted-printable windows-1251": func(text string) string {
			var b bytes.Buffer
			w := quotedprintable.NewWriter(&b)
			encoded, _ := charmap.Windows1251.NewEncoder().String(text)
			_, _ = w.Write([]byte(encoded))
			_ = w.Close()
			return "Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: quoted-printable\n\n" + b.String()
		},
		"base64 koi8-r": func(text string) string {
			encoded, _ := charmap.KOI8R.NewEncoder().String(text)
			return "Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(encoded)) + "\n"
		},
		"HTML only": func(text string) string {
			lines := strings.Split(strings.TrimRight(html.EscapeString(text), "\n"), "\n")
			return "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n<html><body><div>" + strings.Join(lines, "</div>\n<div>") + "</div></body></html>\n"
		},
	}
	counts := map[string]int{}
	for _, e := range exampleAnswers(t, "train-1-ru.txtar") {
		plain, err := Read(e.raw)
		if err != nil {
			t.Fatal(err)
		}
		sent := Sent{Subject: e.label["Our-Subject"]}
		want, wantAutomatic := ReadAnswer(plain, sent)
		for name, encode := range encodings {
			text := plain.Text
			if name != "HTML only" {
				text = inCharset(text)
			}
			l, err := Read([]byte(headerOnly(string(e.raw)) + encode(text)))
			if err != nil {
				t.Fatal(err)
			}
			got, automatic := ReadAnswer(l, sent)
			counts[name]++
			if automatic != wantAutomatic || !got.Back.Equal(want.Back) || got.OptOut != want.OptOut {
				t.Errorf("%s as %s: automatic %t, back %v, opt-out %q; plain: %t, %v, %q", e.name, name, automatic, got.Back, got.OptOut, wantAutomatic, want.Back, want.OptOut)
			}
		}
	}
	t.Log("letters read the same in another encoding:", fmt.Sprint(counts))
}

// inCharset has only what Russian charsets know.
func inCharset(text string) string {
	return strings.Map(func(r rune) rune {
		_, inKOI := charmap.KOI8R.EncodeRune(r)
		_, inWindows := charmap.Windows1251.EncodeRune(r)
		switch {
		case inKOI && inWindows:
			return r
		case r == '–' || r == '—' || r == '−':
			return '-'
		case r == '«' || r == '»':
			return '"'
		}
		return -1
	}, text)
}

// headerOnly is the header without what says how the body is written.
func headerOnly(raw string) string {
	head, _, _ := strings.Cut(raw, "\n\n")
	var kept []string
	drop := false
	for line := range strings.SplitSeq(head, "\n") {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			drop = strings.HasPrefix(strings.ToLower(line), "content-") || strings.HasPrefix(strings.ToLower(line), "mime-version")
		}
		if !drop {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n") + "\nMIME-Version: 1.0\n"
}
