package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"mime"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
	"seventh/sequences"
	"seventh/worker"
)

// withContent is the built-in content with files changed.
func withContent(t *testing.T, files map[string]string) fstest.MapFS {
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
		merged[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return merged
}

// rowsOf counts what a letter could leave behind.
func rowsOf(t *testing.T, pool *pgxpool.Pool) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, table := range []string{"messages", "letters", "contents", "touches", "enrollments", "chunks", "clients", "users", "captured", "events"} {
		var exists bool
		if err := pool.QueryRow(t.Context(), "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists); err != nil {
			t.Fatal(err)
		}
		if !exists {
			continue
		}
		var n int
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}

// A marketer sends herself the letter as it would go to one client: in his rep's name, signed, with his fields. The database
// does not change, and nothing of it can be clicked by mistake.
func TestTestLetterIsTheRealOneAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := filepath.Join(dir, "dkim.key")
	if err := os.WriteFile(key, []byte(edSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := fs.ReadFile(content.BuiltIn(), content.SettingsFile)
	if err != nil {
		t.Fatal(err)
	}
	fsys := withContent(t, map[string]string{content.SettingsFile: fmt.Sprintf("%s\ndkim: { levanto.example.com: { selector: s1, key: %q } }\n", settings, "file:"+key)})
	folder, problems, err := content.Load(fsys)
	if err != nil || folder == nil {
		t.Fatal(problems, err)
	}
	url := pgtest.URL(t)
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := content.Publish(t.Context(), pool, folder); err != nil {
		t.Fatal(err)
	}
	jobs, err := worker.NewInserter(pool)
	if err != nil {
		t.Fatal(err)
	}
	results, err := (&engine.Engine{DB: pool, Jobs: jobs}).UpsertClients(t.Context(), []engine.ClientPatch{{
		ExternalID: "7", Email: new("julia@client.example"), FirstName: new("Юлия"), Locale: new("ru"), Owner: new("irina.petrova@levanto.example.com"),
		Category: new("C"),
	}})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE users SET name = 'Ирина Петрова', position = 'менеджер' WHERE email = 'irina.petrova@levanto.example.com'"); err != nil {
		t.Fatal(err)
	}
	before := rowsOf(t, pool)
	server := smtptest.New(t, smtptest.Options{})
	var stdout, stderr bytes.Buffer
	code := run(&process{Context: t.Context(), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}, []string{
		"--database-url", url, "--secret", strings.Repeat("s", 32), "--data", filepath.Join(dir, "data"), "--smtp-url", server.URL() + "?tls=none",
		"--public-url", "https://go.example.com", "send-test", "c/guide", "--client", "7", "--to", "me@levanto.example.com",
	})
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	if want := "templates/c/guide.ru.md went to me@levanto.example.com: [test] "; !strings.HasPrefix(stdout.String(), want) {
		t.Errorf("it said %q, want %q…", stdout.String(), want)
	}
	if diff := cmp.Diff(before, rowsOf(t, pool)); diff != "" {
		t.Errorf("rows (-before +after):\n%s", diff)
	}
	letter := server.WaitFor(t, 1)[0]
	if letter.From != "irina.petrova@levanto.example.com" || letter.To != "me@levanto.example.com" {
		t.Errorf("it went from %s to %s", letter.From, letter.To)
	}
	verified, err := dkim.VerifyWithOptions(bytes.NewReader(letter.Raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}, nil
	}})
	if err != nil || len(verified) != 1 || verified[0].Err != nil || verified[0].Domain != "levanto.example.com" {
		t.Errorf("the signature: %+v (%v)", verified, err)
	}
	read, err := netmail.ReadMessage(bytes.NewReader(letter.Raw))
	if err != nil {
		t.Fatal(err)
	}
	from, err := read.Header.AddressList("From")
	if err != nil || from[0].Name != "Ирина Петрова" || read.Header.Get("X-Seventh-Test") != "true" {
		t.Errorf("From is %v (%v), headers %v", from, err, read.Header)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil || !strings.HasPrefix(subject, "[test] ") {
		t.Errorf("the subject is %q (%v)", subject, err)
	}
	for _, tracked := range []string{"go.example.com/c/", "go.example.com/o/"} {
		if bytes.Contains(letter.Raw, []byte(tracked)) {
			t.Errorf("the letter has a link %s", tracked)
		}
	}
}

func TestUnknownClientOfATestLetterIsNamed(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := run(&process{Context: context.Background(), stdout: &stderr, stderr: &stderr, getenv: func(string) string { return "" }}, []string{
		"--database-url", pgtest.URL(t), "--secret", strings.Repeat("s", 32), "--data", t.TempDir(), "--smtp-url", "smtp://127.0.0.1:1",
		"render", "c/guide", "--client", "nobody",
	})
	if code != exitError || !strings.Contains(stderr.String(), `there is no client "nobody" in the database`) {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
}

// A letter that carries files is looked at, and tried, with them.
func TestChosenLetterCarriesItsFiles(t *testing.T) {
	t.Parallel()
	folder, problems, err := content.Load(withContent(t, map[string]string{"files/прайс.pdf": "the prices"}))
	if err != nil || folder == nil {
		t.Fatal(problems, err)
	}
	c := &chosen{folder: folder, letters: folder.Letters.Variants("c/guide"), from: sequences.Sender{Email: "team@example.com"}, to: "ann@example.com", files: []string{"прайс.pdf"}}
	raw := func() ([]byte, error) {
		letter := c.letters[0]
		rendered, err := letter.Render(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.source822(&Settings{Listen: "127.0.0.1:1"}, preview{letter: letter, rendered: rendered})
	}
	source, err := raw()
	if err != nil || !bytes.Contains(source, []byte("multipart/mixed")) || !bytes.Contains(source, []byte("filename*=UTF-8''%D0%BF%D1%80%D0%B0%D0%B9%D1%81.pdf")) {
		t.Errorf("the source (%v):\n%s", err, source)
	}
	c.files = []string{"gone.pdf"}
	if _, err := raw(); err == nil || !strings.Contains(err.Error(), "there is no files/gone.pdf") {
		t.Errorf("without its file: %v", err)
	}
}

func TestTestLetterGoesOverTheSendersOwnServer(t *testing.T) {
	t.Parallel()
	folder := &content.Folder{Settings: &sequences.Settings{Senders: map[string]sequences.Sender{
		"ann": {Email: "ann@example.com", SMTP: "smtp://ann.example.com"}, "team": {Email: "team@example.com"},
	}}}
	for address, want := range map[string]string{"Ann@example.com": "ann.example.com", "team@example.com": "team.example.com"} {
		server, err := (&chosen{folder: folder, from: sequences.Sender{Email: address}}).server(&Settings{SMTPURL: "smtp://team.example.com"})
		if err != nil || server.Host != want {
			t.Errorf("letters of %s go over %s (%v), want %s", address, server.Host, err, want)
		}
	}
	if _, err := (&chosen{folder: folder, from: sequences.Sender{Email: "team@example.com"}}).server(&Settings{SMTPURL: "http://x"}); err == nil || !strings.HasPrefix(err.Error(), "SEVENTH_SMTP_URL: ") {
		t.Errorf("a URL of no mail server: %v", err)
	}
}
