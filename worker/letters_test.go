package worker

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/internal/pgtest"
	"seventh/sequences"
	"seventh/templates"
)

// withFiles is an edition of the built-in content and files to attach.
func withFiles(t *testing.T, files map[string]string) *edition {
	t.Helper()
	merged := make(fstest.MapFS)
	err := fs.WalkDir(content.BuiltIn(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(content.BuiltIn(), name)
		merged[name] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range files {
		merged["files/"+name] = &fstest.MapFile{Data: []byte(body)}
	}
	folder, problems, err := content.Load(merged)
	if err != nil || folder == nil {
		t.Fatal(problems, err)
	}
	return &edition{folder: folder, settings: folder.Settings, set: folder.Letters, compiled: make(map[parts]*mail.Compiled)}
}

// A letter is compiled once for each set of files it goes with, and what is stored rebuilds it with them.
func TestLetterIsCompiledOnceForItsFiles(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	e := withFiles(t, map[string]string{"price.pdf": "the prices", "cases/прайс.pdf": "the case"})
	compile := func(locale string, files ...string) *mail.Compiled {
		t.Helper()
		c, err := e.compile(t.Context(), db, e.set.Letter("c/guide", locale), files, sequences.UTMValues{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	bare, one, two := compile("en"), compile("en", "price.pdf"), compile("en", "price.pdf", "cases/прайс.pdf")
	if bare != compile("en") || one != compile("en", "price.pdf") || two != compile("en", "price.pdf", "cases/прайс.pdf") {
		t.Error("a letter is compiled again for the same files")
	}
	if bare.Hash == one.Hash || one.Hash == two.Hash || compile("ru", "price.pdf").Hash == one.Hash {
		t.Error("letters with other files have the same hash")
	}
	if len(e.files) != 2 {
		t.Errorf("%d files were encoded", len(e.files))
	}

	rendered, err := e.set.Letter("c/guide", "en").Render(templates.SampleData("en", time.Unix(1_800_000_000, 0)))
	if err != nil {
		t.Fatal(err)
	}
	personal, err := two.Compose(nil, mail.Header{
		From: mail.Address{Email: "team@example.com"}, To: mail.Address{Email: "ann@example.com"}, MessageID: "1@example.com", Date: time.Unix(1_800_000_000, 0),
	}, rendered)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := mail.Expand(nil, two.Fixed, personal)
	if err != nil {
		t.Fatal(err)
	}
	var stored []byte
	if err := db.QueryRow(t.Context(), "SELECT fixed FROM letters WHERE hash = $1", two.Hash[:]).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	fixed, err := mail.UnmarshalFixed(stored)
	if err != nil {
		t.Fatal(err)
	}
	if rebuilt, err := mail.Expand(nil, fixed, personal); err != nil || !bytes.Equal(rebuilt, sent) {
		t.Errorf("the letter is rebuilt differently (%v):\n%s", err, rebuilt)
	}
	if len(bytes.Split(sent, []byte("Content-Disposition: attachment"))) != 3 {
		t.Errorf("the letter has not two files:\n%s", sent)
	}
}

// A file that the published content does not have any more holds the letter; nothing is stored.
func TestLetterWithoutItsFileCannotBeWritten(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	e := withFiles(t, nil)
	_, err := e.compile(t.Context(), db, e.set.Letter("c/guide", "en"), []string{"price.pdf"}, sequences.UTMValues{})
	if !errors.Is(err, errUnwritable) {
		t.Errorf("compiling says %v", err)
	}
	if len(e.compiled) != 0 {
		t.Error("the letter was kept")
	}
}

// Links that lead elsewhere cannot be seen in a letter's text: it is another one all the same, and what has been sent keeps
// leading where it led.
func TestLettersWhoseLinksLeadElsewhere(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	e := withFiles(t, nil)
	letter := e.set.Letter("c/guide", "en")
	plain, err := e.compile(t.Context(), db, letter, nil, sequences.UTMValues{})
	if err != nil {
		t.Fatal(err)
	}
	told, err := e.compile(t.Context(), db, letter, nil, sequences.UTMValues{Source: "seventh", Campaign: "c-nurture", Content: "guide"})
	if err != nil {
		t.Fatal(err)
	}
	for hash, want := range map[[32]byte]bool{plain.Hash: false, told.Hash: true} {
		var destinations []string
		if err := db.QueryRow(t.Context(), "SELECT destinations FROM letters WHERE hash = $1", hash[:]).Scan(&destinations); err != nil {
			t.Fatal(err)
		}
		for _, d := range destinations {
			if d != "" && strings.Contains(d, "utm_source=seventh&utm_campaign=c-nurture&utm_content=guide") != want {
				t.Errorf("with parameters: %t; leads to %s", want, d)
			}
		}
	}
}
