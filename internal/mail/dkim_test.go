package mail

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"seventh/templates"
)

var signedAt = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

var newRSA = sync.OnceValues(func() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
})

func rsaSigner(t testing.TB) *Signer {
	t.Helper()
	key, err := newRSA()
	if err != nil {
		t.Fatal(err)
	}
	return signer(t, "rsa2026", key)
}

func edSigner(t testing.TB) *Signer { return signer(t, "ed2026", []byte(rfc8463Seed)) }

func signer(t testing.TB, selector string, key []byte) *Signer {
	t.Helper()
	s, err := ParseSigner("example.com", selector, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func recordsOf(signers Signers) map[string]string {
	records := map[string]string{}
	for _, s := range signers {
		records[s.Name()] = s.Record()
	}
	return records
}

// verify has both verifiers look at a letter.
func verify(raw []byte, signers Signers) error {
	records := recordsOf(signers)
	tags, bookErr := verifyByTheBook(string(raw), records)
	verified, libraryErr := verifyByLibrary(raw, records)
	if bookErr == nil && len(tags) != len(signers) || libraryErr == nil && len(verified) != len(signers) {
		return errors.New("not every signature was found")
	}
	if (bookErr == nil) != (libraryErr == nil) {
		return errors.Join(errors.New("the verifiers disagree"), bookErr, libraryErr)
	}
	return bookErr
}

// library are all built-in letters, each composed for the sample client.
func library(t *testing.T) map[string][]byte {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(templates.Library(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(templates.Library(), name)
		files[name] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	set, problems := templates.Load(files, nil, "en")
	if set == nil {
		t.Fatalf("loading the built-in letters: %v", problems)
	}
	letters := map[string][]byte{}
	for _, letter := range set.Letters() {
		rendered, err := letter.Render(templates.SampleData(letter.Locale, signedAt))
		if err != nil {
			t.Fatal(err)
		}
		compiled, err := Compile(letter)
		if err != nil {
			t.Fatal(err)
		}
		header := stories()[1].header
		header.Unsubscribe = "https://example.com/u/token"
		stream, err := compiled.Compose(nil, header, rendered)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := Expand(nil, compiled.Fixed, stream)
		if err != nil {
			t.Fatal(err)
		}
		letters[letter.Name+"."+letter.Locale] = raw
	}
	return letters
}

func TestEveryBuiltInLetterIsSignedByBothKeys(t *testing.T) {
	t.Parallel()
	signers := Signers{rsaSigner(t), edSigner(t)}
	letters := library(t)
	if len(letters) < 30 {
		t.Errorf("only %d letters", len(letters))
	}
	for name, raw := range letters {
		header, err := signers.Sign(nil, raw, signedAt)
		if err != nil {
			t.Fatal(err)
		}
		signed := append(header, raw...)
		if err := verify(signed, signers); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		checkWire(t, signed)
		for line := range bytes.SplitSeq(header, []byte("\r\n")) {
			if len(line) > niceLine {
				t.Errorf("%s: line of %d characters: %s", name, len(line), line)
			}
		}
	}
}

func TestEveryHeaderThatMattersIsSigned(t *testing.T) {
	t.Parallel()
	everything := stories()[1].raw(t)
	signers := Signers{edSigner(t)}
	header, err := signers.Sign([]byte("before"), everything, signedAt)
	if err != nil {
		t.Fatal(err)
	}
	header, found := bytes.CutPrefix(header, []byte("before"))
	if !found {
		t.Fatalf("what was there is gone: %s", header)
	}
	tags := tagsOf(string(header[bytes.IndexByte(header, ':')+1:]))
	want := "From:From:To:Subject:Date:Message-ID:MIME-Version:Content-Type:Reply-To:In-Reply-To:References:List-Unsubscribe:List-Unsubscribe-Post:List-Id"
	if tags["h"] != want {
		t.Errorf("h=%s, want %s", tags["h"], want)
	}
	if tags["t"] != "1772443800" || tags["a"] != "ed25519-sha256" || tags["d"] != "example.com" || tags["s"] != "ed2026" {
		t.Errorf("tags %v", tags)
	}
	for _, none := range []string{"l", "x"} {
		if value, ok := tags[none]; ok {
			t.Errorf("there is %s=%s", none, value)
		}
	}
}

func TestAnyChangeBreaksTheSignature(t *testing.T) {
	t.Parallel()
	raw := stories()[1].raw(t)
	signers := Signers{rsaSigner(t), edSigner(t)}
	header, err := signers.Sign(nil, raw, signedAt)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	changes := map[string]string{
		"another From":    "From: eve@evil.example\r\n" + string(raw),
		"a From below":    head + "\r\nFrom: eve@evil.example\r\n\r\n" + body,
		"text added":      string(raw) + "P.S.\r\n",
		"text in front":   head + "\r\n\r\nBuy!\r\n" + body,
		"a letter less":   head + "\r\n\r\n" + body[:40] + body[41:],
		"blanks inserted": head + "\r\n\r\n" + strings.Replace(body, "quoted-printable", "quoted- printable", 1),
	}
	for _, name := range signedHeaders {
		if name == "Feedback-ID" {
			continue // our letters have none
		}
		field := fieldStart.Split(head, -1)
		i := slices.IndexFunc(field, func(f string) bool { return strings.Contains(strings.ToLower(f), strings.ToLower(name[1:]+": ")) })
		if i < 0 {
			t.Fatalf("the letter has no %s", name)
		}
		changes[name+" changed"] = strings.Replace(string(raw), field[i], field[i]+"x", 1)
		changes[name+" removed"] = strings.Replace(string(raw), field[i], "X-"+field[i], 1)
	}
	for what, changed := range changes {
		if changed == string(raw) {
			t.Errorf("%s: nothing was changed", what)
		}
		for _, s := range signers {
			one, err := Signers{s}.Sign(nil, raw, signedAt)
			if err != nil {
				t.Fatal(err)
			}
			if err := verify(append(one, changed...), Signers{s}); err == nil || strings.Contains(err.Error(), "disagree") {
				t.Errorf("%s, key %s: error %v", what, s.Selector, err)
			}
		}
	}
	harmless := strings.ReplaceAll(string(raw), "Subject: ", "subject :  ") + "\r\n\r\n"
	if err := verify(append(header, harmless...), signers); err != nil {
		t.Errorf("blanks and empty lines at the end: %v", err)
	}
}

func TestLetterWithoutFromIsNotSigned(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "\r\n", "To: a@example.com\r\n\r\nFrom: b@example.com\r\n", "X-From: a@example.com\r\n\r\n"} {
		got, err := Signers{edSigner(t)}.Sign([]byte("before"), []byte(raw), signedAt)
		if !errors.Is(err, errNoFrom) || string(got) != "before" {
			t.Errorf("%q: %q, error %v", raw, got, err)
		}
	}
	if got, err := Signers(nil).Sign([]byte("before"), nil, signedAt); err != nil || string(got) != "before" {
		t.Errorf("without keys: %q, error %v", got, err)
	}
}

func TestLettersAreSignedAtOnceFromManyGoroutines(t *testing.T) {
	t.Parallel()
	signers := Signers{edSigner(t)}
	letters := library(t)
	want := map[string][]byte{}
	for name, raw := range letters {
		header, err := signers.Sign(nil, raw, signedAt)
		if err != nil {
			t.Fatal(err)
		}
		want[name] = header
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for name, raw := range maps.All(letters) {
				if got, err := signers.Sign(nil, raw, signedAt); err != nil || !bytes.Equal(got, want[name]) {
					t.Errorf("%s: differs from its first signature, error %v", name, err)
				}
			}
		})
	}
	all.Wait()
}

func TestSignatureGoesInFrontOfAStream(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		c, err := Compile(s.letter)
		if err != nil {
			t.Fatal(err)
		}
		for _, literal := range []string{"", "X: y\r\n", strings.Repeat("long literal ", 30)} {
			stream, err := c.Compose(nil, s.header, s.rendered)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Expand(nil, c.Fixed, PrependLiteral(stream, []byte(literal)))
			if err != nil {
				t.Fatal(err)
			}
			if want := literal + string(s.raw(t)); string(got) != want {
				t.Errorf("%s: %q, want %q", s.name, got, want)
			}
		}
	}
	for _, corrupt := range []string{"", "\xff", "\x05ab"} {
		if _, err := Expand(nil, nil, PrependLiteral([]byte(corrupt), []byte("X: y\r\n"))); err == nil {
			t.Errorf("stream %q became a letter", corrupt)
		}
	}
}

// FuzzSign proves that any letter, however it is folded and spaced, verifies once signed.
func FuzzSign(f *testing.F) {
	f.Add("From: a@example.com\nSubject: x\n", "body\n")
	f.Add("from:a@example.com\nFROM : b@example.com\nTo:\n\tfolded\n \t twice\t \n", "")
	f.Add("From: a@example.com\nSubject:\nSubject: second\nList-Unsubscribe: <https://x>,\n <mailto:y>\n", "\n\n \t\n  two  spaces\tand a tab \t\n\n\n")
	f.Add("From: a@example.com\nReferences: "+strings.Repeat("<id@example.com>\n ", 40)+"\n", " \n \n")
	f.Add("From: a@example.com\n", "no end of line")
	f.Add("From: a@example.com\nSubject: b=1; b=2\nDKIM-Signature-Not: x\n", "b=;")
	signers := Signers{signer(f, "ed2026", []byte(rfc8463Seed))}
	f.Fuzz(func(t *testing.T, head, body string) {
		raw, ok := fuzzedLetter(head, body)
		if !ok {
			return
		}
		header, err := signers.Sign(nil, raw, signedAt)
		if errors.Is(err, errNoFrom) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(append(header, raw...), signers); err != nil {
			t.Errorf("%v\n%q", err, append(header, raw...))
		}
	})
}

// fuzzedLetter is a well-formed letter of what the fuzzer found: CRLF ends every line, each
// field has a name of visible characters, and lines that only blanks make are not fields.
func fuzzedLetter(head, body string) ([]byte, bool) {
	if strings.ContainsAny(head+body, "\r\x00\v\f\u0085\u00a0") || !strings.HasSuffix(head, "\n") {
		return nil, false
	}
	for i, line := range strings.Split(strings.TrimSuffix(head, "\n"), "\n") {
		if strings.Trim(line, " \t") == "" {
			return nil, false
		}
		if isBlank(line[0]) && i > 0 {
			continue
		}
		name, _, found := strings.Cut(line, ":")
		name = strings.TrimRight(name, " \t")
		if !found || name == "" || strings.ContainsFunc(name, notGraphicASCII) || strings.EqualFold(name, "DKIM-Signature") {
			return nil, false
		}
	}
	return []byte(strings.ReplaceAll(head+"\n"+body, "\n", "\r\n")), true
}
