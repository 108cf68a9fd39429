package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/content"
	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
	"seventh/internal/store"
)

// practice is everything that the doctor asks, in good health.
type practice struct {
	t      *testing.T
	pool   *pgxpool.Pool
	env    map[string]string
	zone   zone
	folder string
}

func newPractice(t *testing.T) *practice {
	t.Helper()
	dir := t.TempDir()
	relay := smtptest.New(t, smtptest.Options{STARTTLS: true, Auth: map[string]string{"user": "secret"}, Certificate: 90 * 24 * time.Hour})
	site := httpsSite(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	var trusted bytes.Buffer
	for _, der := range [][]byte{relay.Certificate().Raw, site.Certificate().Raw} {
		if err := pem.Encode(&trusted, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			t.Fatal(err)
		}
	}
	p := &practice{t: t, folder: filepath.Join(dir, "content"), zone: zone{
		"example.com TXT":               {"v=spf1 mx -all"},
		"example.com MX":                {"10 mx.example.com"},
		"mx.example.com A":              {"198.51.100.1"},
		"go.example.com A":              {"127.0.0.1"},
		"_dmarc.example.com TXT":        {"v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com"},
		"s1._domainkey.example.com TXT": {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
	}}
	database := pgtest.URL(t)
	p.env = map[string]string{
		"SEVENTH_DATABASE_URL": database, "SEVENTH_SECRET": strings.Repeat("s", 32), "SEVENTH_CONTENT": p.folder, "SEVENTH_DATA": filepath.Join(dir, "data"),
		"SEVENTH_SMTP_URL":   "smtp://user:secret@" + relay.Addr() + "?tls=starttls",
		"SEVENTH_PUBLIC_URL": strings.Replace(site.URL, "127.0.0.1", "go.example.com", 1),
		"SSL_CERT_FILE":      filepath.Join(dir, "trusted.pem"), "TEST_DKIM_KEY": edSeed,
	}
	if err := errors.Join(os.WriteFile(p.env["SSL_CERT_FILE"], trusted.Bytes(), 0o600), os.CopyFS(p.folder, content.BuiltIn())); err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(p.folder, "seventh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p.writeSettings(strings.ReplaceAll(string(settings), "levanto.example.com", "example.com") + "\ndkim: { example.com: { selector: s1, key: env:TEST_DKIM_KEY } }\n")
	if p.pool, err = pgxpool.New(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	folder, problems, err := content.Load(os.DirFS(p.folder))
	if err != nil || folder == nil {
		t.Fatalf("problems %v, error %v", problems, err)
	}
	if _, err := content.Publish(t.Context(), p.pool, folder); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *practice) writeSettings(text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.folder, "seventh.yaml"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// doctor runs the binary and gives what it printed and its exit code.
func (p *practice) doctor(args ...string) (string, int) {
	p.t.Helper()
	path, err := binary()
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), deadline)
	defer cancel()
	command := exec.CommandContext(ctx, path, append([]string{"doctor", "--dns", p.zone.serve(p.t)}, args...)...)
	command.Env = withoutSeventh()
	for name, value := range p.env {
		command.Env = append(command.Env, name+"="+value)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) || stderr.Len() > 0 {
		p.t.Fatalf("running the doctor: %v\n%s", err, &stderr)
	}
	if strings.Contains(string(out), "secret@") || strings.Contains(string(out), edSeed) {
		p.t.Errorf("a secret is shown:\n%s", out)
	}
	return string(out), command.ProcessState.ExitCode()
}

func TestDoctorFindsEverythingWell(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	server, err := store.ReadServer(t.Context(), p.pool)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"durability": durability(server).Status} // the tests' own server may be a fast and careless one
	for _, name := range []string{
		"settings", "data", "database", "schema", "clock", "content", "published", "public-url", "unsubscribe", "smtp",
		"spf:example.com", "dkim:example.com", "dmarc:example.com", "mx:example.com",
	} {
		want[name] = statusOK
	}
	if diff := cmp.Diff(want, p.statuses()); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	failures := 0
	if want["durability"] == statusFail {
		failures = 1
	}
	out, code := p.doctor()
	if code != failures || !strings.HasSuffix(out, fmt.Sprintf("%s, 0 warnings.\n", counted(failures, "failure"))) || strings.Count(out, "\n") != len(want)+1 {
		t.Errorf("exit %d, and on a terminal:\n%s", code, out)
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(p *practice)
		want  map[string]string
	}{
		"unreachable database": {
			func(p *practice) { p.env["SEVENTH_DATABASE_URL"] = "postgres://nobody:secret@" + freePort(t) + "/x" },
			map[string]string{"database": statusFail, "schema": "", "published": "", "dkim:example.com": statusOK},
		},
		"no schema": {
			func(p *practice) { p.env["SEVENTH_DATABASE_URL"] = pgtest.Empty(p.t) },
			map[string]string{"database": statusOK, "schema": statusFail, "clock": statusOK, "published": ""},
		},
		"no server, no links, no records": {
			func(p *practice) {
				p.env["SEVENTH_SMTP_URL"], p.env["SEVENTH_PUBLIC_URL"], p.zone = "smtp://"+freePort(p.t), "http://go.example.com", zone{}
			},
			map[string]string{
				"smtp": statusFail, "public-url": statusFail, "unsubscribe": statusFail, "ptr": "",
				"spf:example.com": statusFail, "dkim:example.com": statusFail, "dmarc:example.com": statusFail, "mx:example.com": statusFail,
			},
		},
		"key is not set": {
			func(p *practice) { delete(p.env, "TEST_DKIM_KEY") },
			map[string]string{"dkim": statusFail, "dkim:example.com": statusFail, "spf:example.com": statusOK},
		},
		"a rep of another domain": {
			func(p *practice) {
				if _, err := store.SaveUser(p.t.Context(), p.pool, store.User{Email: "ann@Example.NET", Name: "Ann", Role: "rep"}); err != nil {
					p.t.Fatal(err)
				}
			},
			map[string]string{"spf:example.com": statusOK, "spf:example.net": statusFail, "mx:example.net": statusFail, "dkim:example.net": statusOK, "unsubscribe": statusWarn},
		},
		"the sandbox": {
			func(p *practice) { p.env = map[string]string{"SEVENTH_DATA": filepath.Join(p.folder, "data")} },
			map[string]string{"settings": statusOK, "database": statusWarn, "smtp": statusOK, "public-url": statusOK, "unsubscribe": "", "spf:example.com": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			test.spoil(p)
			got := p.statuses()
			for check, want := range test.want {
				if got[check] != want {
					t.Errorf("%s is %q, want %q; all: %v", check, got[check], want, got)
				}
			}
		})
	}
}

func TestDoctorLooksAtTheServerOfEachSender(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	own := smtptest.New(t, smtptest.Options{})
	p.writeSettings(`
time_zone: Europe/Moscow
fallback_sender: team
senders:
  team: { email: team@example.com }
  ann: { email: ann@example.net, reply_to: replies@example.org, smtp: env:TEST_ANN_URL }
  bob: { email: env:TEST_BOB_EMAIL, smtp: file:none }
  cat: { email: cat@example.com, smtp: env:TEST_ANN_URL }
`)
	for _, part := range []string{"sequences", "segments", "templates", "scripts", "stories"} { // they refer to other senders and attributes
		if err := os.RemoveAll(filepath.Join(p.folder, part)); err != nil {
			t.Fatal(err)
		}
	}
	p.env["TEST_ANN_URL"], p.env["SEVENTH_DATABASE_URL"] = own.URL(), pgtest.URL(t)
	got := p.statuses()
	for name, want := range map[string]string{
		"smtp": statusOK, "smtp:ann": statusOK, "sender:bob": statusFail, "published": statusWarn,
		"spf:example.com": statusOK, "spf:example.net": statusFail, "dkim:example.net": statusWarn, "mx:example.org": statusFail, "spf:example.org": "",
		"mx:": "", // the domain of two senders over different servers is looked at once
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q; all: %v", name, got[name], want, got)
		}
	}
}

// statuses are the lines of the JSON report, as name → status.
func (p *practice) statuses() map[string]string {
	p.t.Helper()
	out, _ := p.doctor("--json")
	var report struct {
		Checks []struct{ Name, Status, Message string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		p.t.Fatalf("%v in\n%s", err, out)
	}
	statuses := map[string]string{}
	for _, c := range report.Checks {
		if c.Message == "" {
			p.t.Errorf("%s says nothing", c.Name)
		}
		statuses[c.Name] = c.Status
	}
	if p.t.Failed() {
		p.t.Log(out)
	}
	return statuses
}
