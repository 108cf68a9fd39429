package main

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/migrations"
)

func TestDoctorJudgesTheDatabase(t *testing.T) {
	t.Parallel()
	good := store.Server{Version: "16.4", Number: 160004, Fsync: true, FullPageWrites: true, SynchronousCommit: "on"}
	with := func(change func(*store.Server)) store.Server { s := good; change(&s); return s }
	for _, test := range []struct {
		got  check
		want string
	}{
		{databaseCheck(good), "ok: PostgreSQL 16.4"},
		{databaseCheck(with(func(s *store.Server) { s.Version, s.Number = "14.9", 140009 })), "fail: PostgreSQL 14.9 is too old"},
		{databaseCheck(with(func(s *store.Server) { s.ReadOnly = true })), "fail: is this a standby?"},
		{durability(good), "ok: synchronous_commit=on"},
		{durability(with(func(s *store.Server) { s.SynchronousCommit = "remote_apply" })), "ok: synchronous_commit=remote_apply"},
		{durability(with(func(s *store.Server) { s.FullPageWrites = false })), "warn: full_page_writes is off"},
		{durability(with(func(s *store.Server) { s.SynchronousCommit = "off" })), "fail: synchronous_commit is off"},
		{durability(with(func(s *store.Server) { s.Fsync = false })), "fail: fsync is off"},
		{schemaCheck(nil, false), "ok: up to date"},
		{schemaCheck(migrations.ErrOld, true), "warn: by itself"},
		{schemaCheck(migrations.ErrOld, false), "fail: run `seventh migrate`"},
		{schemaCheck(migrations.ErrNew, true), "fail: run a newer seventh"},
		{schemaCheck(errors.New("reading: no rights"), false), "fail: no rights"},
		{clockCheck(2 * time.Second), "ok: agree"},
		{clockCheck(-2100 * time.Millisecond), "warn: differ by 2.1s"},
		{clockCheck(61 * time.Second), "fail: differ by 1m1s"},
	} {
		expect(t, test.got, test.want)
	}
}

func TestDoctorJudgesMailServers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	good := mail.Probe{Addr: netip.MustParseAddr("198.51.100.1"), Encrypted: true, TLS: "TLS 1.3", Expires: now.AddDate(0, 2, 0), LoggedIn: true, OffersLogin: true, Pipelining: true, Size: 10 << 20}
	for name, test := range map[string]struct {
		change func(*mail.Probe)
		want   string
	}{
		"good":                {func(*mail.Probe) {}, "ok: smtp://mail.example.com:25?tls=starttls TLS 1.3 until 2026-05-02, logged in, PIPELINING, SIZE 10485760"},
		"slow":                {func(p *mail.Probe) { p.Pipelining = false }, "ok: no PIPELINING"},
		"on this machine":     {func(p *mail.Probe) { *p = mail.Probe{Addr: netip.MustParseAddr("::1"), OffersLogin: true} }, "ok: not encrypted, on this machine"},
		"not encrypted":       {func(p *mail.Probe) { p.Encrypted = false }, "warn: is not encrypted"},
		"untrusted":           {func(p *mail.Probe) { p.Untrusted = "unknown authority" }, "warn: proves nothing (unknown authority)"},
		"ends soon":           {func(p *mail.Probe) { p.Expires = now.AddDate(0, 0, 13) }, "warn: ends on 2026-03-15: renew it"},
		"ended":               {func(p *mail.Probe) { p.Expires = now.AddDate(0, 0, -1) }, "warn: ended on 2026-03-01"},
		"small letters":       {func(p *mail.Probe) { p.Size = 50_000 }, "warn: letters of 50000 bytes at most"},
		"login is not used":   {func(p *mail.Probe) { p.LoggedIn = false }, "warn: offers a login"},
		"size is not limited": {func(p *mail.Probe) { p.Size = 0 }, "ok: PIPELINING"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			probe := good
			test.change(&probe)
			m := &mailServer{name: "smtp", where: "SEVENTH_SMTP_URL", server: mail.Server{Host: "mail.example.com"}, probe: &probe}
			expect(t, m.judge(now), test.want)
		})
	}
}

func TestDoctorTellsWhyAMailServerRefuses(t *testing.T) {
	t.Parallel()
	user := map[string]string{"user": "secret"}
	for name, test := range map[string]struct {
		options smtptest.Options
		url     func(s *smtptest.Server) string
		want    string
	}{
		"nobody there":      {smtptest.Options{}, func(s *smtptest.Server) string { s.Close(); return s.URL() }, "fail: connection refused: check host and port in SEVENTH_SMTP_URL"},
		"no STARTTLS":       {smtptest.Options{}, func(s *smtptest.Server) string { return s.URL() + "?tls=starttls" }, "fail: does not offer STARTTLS"},
		"wrong certificate": {smtptest.Options{STARTTLS: true}, func(s *smtptest.Server) string { return s.URL() + "?tls=starttls" }, "fail: check the name and the certificate"},
		"wrong password":    {smtptest.Options{Auth: user}, func(s *smtptest.Server) string { return "smtp://user:wrong@" + s.Addr() }, "fail: 535 5.7.8 authentication failed: check user and password"},
		"refused": {smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
			if e.Phase == "ehlo" {
				return smtptest.Reply(550, "5.7.1 your address is listed")
			}
			return smtptest.None
		}}, func(s *smtptest.Server) string { return s.URL() }, "fail: 550 5.7.1 your address is listed: ask who runs the server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, err := mail.ParseURL(test.url(smtptest.New(t, test.options)))
			if err != nil {
				t.Fatal(err)
			}
			m := &mailServer{name: "smtp", where: "SEVENTH_SMTP_URL", server: address}
			got := m.look(t.Context())
			expect(t, got, test.want)
			if strings.Contains(got.Message, "wrong@") || strings.Contains(got.Message, "user:") {
				t.Errorf("the password is shown: %s", got.Message)
			}
		})
	}
}

func TestDoctorAsksThePublicURL(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("/login/healthz", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) })
	site := httpsSite(t, mux)
	client := site.Client()
	client.CheckRedirect = dontFollow
	for name, test := range map[string]struct {
		url    string
		client *http.Client
		want   string
	}{
		"answers":        {site.URL + "/", client, "ok: answers"},
		"nobody there":   {"https://" + freePort(t), client, "warn: does not answer from here"},
		"not https":      {"http://mail.example.com", client, "fail: is not https"},
		"no host":        {"https://", client, "fail: is not a URL"},
		"certificate":    {site.URL, &http.Client{}, "fail: is not trusted"},
		"leads to login": {site.URL + "/login", client, "fail: answers 302"},
		"leads nowhere":  {site.URL + "/other", client, "fail: answers 404"},
	} {
		d := &doctor{settings: &Settings{PublicURL: test.url}, http: test.client}
		t.Run(name, func(t *testing.T) { expect(t, d.publicURL(t.Context()), test.want) })
	}
}

func httpsSite(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	site := httptest.NewUnstartedServer(handler)
	site.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it are part of the tests
	site.StartTLS()
	t.Cleanup(site.Close)
	return site
}

func TestDoctorLooksAtUnsubscribeLinks(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://go.example.com":       "ok: leads to https://go.example.com",
		"https://go.example.com:8443/": "ok: leads to https://go.example.com:8443",
		"https://go.example.net":       "warn: such as go.example.com",
		"https://198.51.100.1":         "warn: an address without a name",
		"http://go.example.com":        "fail: no https link",
		"https://localhost:8080":       "fail: nobody outside reaches localhost",
		"https://192.168.1.5":          "fail: nobody outside reaches 192.168.1.5",
		"https://100.64.0.1":           "fail: nobody outside reaches 100.64.0.1",
	} {
		d := &doctor{settings: &Settings{PublicURL: url}}
		expect(t, d.unsubscribe([]string{"example.com", "mail.example.com"}), want)
	}
}

func TestDoctorLooksAtSettingsAndTheDataFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open, private, file := filepath.Join(dir, "open"), filepath.Join(dir, "private"), filepath.Join(dir, "file")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o755), os.Mkdir(private, 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for data, want := range map[string]string{
		private:                          "ok: is writable",
		filepath.Join(private, "a", "b"): "ok: will be made when it is needed",
		open:                             "warn: chmod 700",
		file:                             "fail: is not a folder",
		filepath.Join(file, "below"):     "fail: name another one with SEVENTH_DATA",
	} {
		expect(t, (&doctor{settings: &Settings{Data: data}}).dataFolder(), want)
	}
	if _, err := os.Stat(filepath.Join(private, "a")); err == nil {
		t.Error("the folder was made")
	}
	entries, err := os.ReadDir(private)
	if err != nil || len(entries) > 0 {
		t.Errorf("files were left: %v, error %v", entries, err)
	}
	yes := true
	for want, s := range map[string]*Settings{
		"ok: this is the sandbox":                      {Listen: "127.0.0.1:8080"},
		"ok: complete":                                 {Listen: "127.0.0.1:8080", SMTPURL: "smtp://localhost", Secret: strings.Repeat("x", 32)},
		"fail: SEVENTH_SECRET must":                    {Listen: "127.0.0.1:8080", SMTPURL: "smtp://localhost"},
		"fail: SEVENTH_SMTP_URL is not set":            {Listen: "127.0.0.1:8080", DatabaseURL: "postgres:///x", Secret: "short"},
		"fail: SEVENTH_PUBLIC_URL":                     {PublicURL: "ftp://x", Sandbox: &yes},
		"fail: SEVENTH_SMTP_URL: SMTP URL starts with": {Listen: "127.0.0.1:8080", SMTPURL: "http://user:pass@x", Sandbox: &yes},
	} {
		expect(t, (&doctor{settings: s}).configuration(), want)
	}
}

func TestDoctorLooksAtFolderAndPublication(t *testing.T) {
	t.Parallel()
	pool := pgtest.DB(t)
	db := &database{Pool: pool}
	dir := t.TempDir()
	if err := os.CopyFS(dir, content.BuiltIn()); err != nil {
		t.Fatal(err)
	}
	d := &doctor{settings: &Settings{Content: dir, DatabaseURL: "postgres:///x", SMTPURL: "smtp://localhost"}}
	examine := func(want ...string) {
		t.Helper()
		checks, _ := d.content(t.Context(), db)
		if len(checks) != len(want) {
			t.Fatalf("%d checks, want %d: %v", len(checks), len(want), checks)
		}
		for i := range checks {
			expect(t, checks[i], want[i])
		}
	}
	examine("ok: no problems", "warn: nothing yet")
	folder, _, err := content.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := content.Publish(t.Context(), pool, folder); err != nil {
		t.Fatal(err)
	}
	examine("ok: no problems", "ok: publication 1 is in force")

	if err := os.Remove(filepath.Join(dir, "segments", "c-and-d.yaml")); err != nil {
		t.Fatal(err)
	}
	examine("ok: no problems", "warn: differs from "+dir)
	if err := os.WriteFile(filepath.Join(dir, "seventh.yaml"), []byte("time_zone: Mars\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	examine("fail: `seventh check` shows all", "ok: publication 1 is in force")
	d.settings.Content = filepath.Join(dir, "none")
	examine("fail: name the folder with SEVENTH_CONTENT", "ok: publication 1 is in force")
	d.settings.Content = ""
	examine("ok: the built-in one", "warn: publication 1 is the built-in example")

	if _, err := store.InsertPublication(t.Context(), pool, []byte("x"), time.Unix(0, 0), map[string][]byte{"seventh.yaml": []byte("x: y\n")}); err != nil {
		t.Fatal(err)
	}
	examine("ok: the built-in one", "fail: correct the folder and run `seventh publish`")
	pool.Close()
	examine("ok: the built-in one", "fail: closed pool")
}
