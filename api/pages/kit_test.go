package pages

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/pgtest"
	"seventh/internal/store"
	"seventh/sequences"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// tuesday is when the stories of this package begin: 10:00 in Moscow, far enough
// ahead for business time to be moved to it.
var tuesday = time.Date(2031, time.March, 4, 7, 0, 0, 0, time.UTC)

const password = "correct horse battery"

// passwordHash is everybody's: hashing is slow on purpose.
var passwordHash = sync.OnceValue(func() string {
	hash, err := HashPassword(password)
	if err != nil {
		panic(err)
	}
	return hash
})

// stage is a server of pages with people, clients and letters.
//
// Ann and Boris are reps, Mary is a marketer. Ann's client Ivan has had his first
// letter and waits for the second; Olga, hers too, is category A. Pavel is
// Boris's and has a hostile name.
type stage struct {
	pool    *pgxpool.Pool
	engine  *engine.Engine
	server  *httptest.Server
	options Options
	letter  int64 // Ivan's first
	raw     []byte

	mu      sync.Mutex
	touched []string // paths outside the pages that were asked for
}

// outside returns the paths that were asked for and are no pages: tracking,
// pictures, whatever a letter leads to.
func (s *stage) outside() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.touched)
}

func newStage(t testing.TB, change func(*Options)) *stage {
	t.Helper()
	ctx := t.Context()
	s := &stage{pool: pgtest.DB(t)}
	must(t, store.MoveClock(ctx, s.pool, tuesday))
	jobs, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{})
	must(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	s.engine = &engine.Engine{DB: s.pool, Jobs: jobs, Log: log}
	s.publish(t)
	s.people(t)

	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	e.RouteNotFound("/*", func(c echo.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.touched = append(s.touched, c.Request().URL.Path)
		return c.NoContent(http.StatusNotFound)
	})
	s.server = httptest.NewServer(e)
	t.Cleanup(s.server.Close)
	s.options = Options{
		DB: s.pool, Engine: s.engine, Log: log, Secret: []byte("a secret of thirty-two bytes, yes"), PublicURL: s.server.URL,
		Source: func(_ context.Context, id int64) ([]byte, error) {
			if id != s.letter {
				return nil, store.ErrNotFound
			}
			return s.raw, nil
		},
	}
	if change != nil {
		change(&s.options)
	}
	Register(e, s.options)
	s.sendFirstLetter(t)
	return s
}

func (s *stage) publish(t testing.TB) {
	t.Helper()
	folder, problems, err := content.Load(content.BuiltIn())
	must(t, err)
	if len(problems) > 0 {
		t.Fatalf("built-in content: %v", problems[0])
	}
	_, err = content.Publish(t.Context(), s.pool, folder)
	must(t, err)
}

func (s *stage) people(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	hash := passwordHash()
	for _, u := range []store.User{
		{Email: "ann@levanto.test", Name: "Ann Lebedeva", Role: "rep"},
		{Email: "boris@levanto.test", Name: "Boris Orlov", Role: "rep"},
		{Email: "mary@levanto.test", Name: "Mary Kim", Role: "marketer"},
	} {
		u.PasswordHash = &hash
		_, err := store.SaveUser(ctx, s.pool, u)
		must(t, err)
	}
	s.client(t, "crm-1", "ivan@mill.test", "Ivan", "Petrov", "North Mill", "C", "ann@levanto.test", "Asia/Yekaterinburg")
	s.client(t, "crm-2", "olga@plant.test", "Olga", "Smirnova", "East Plant", "A", "ann@levanto.test", "")
	s.client(t, "crm/3?", "pavel@evil.test", "<script>alert(1)</script>", `"'><img src=x onerror=alert(2)>`, "{{.Secret}} & Sons", "D", "boris@levanto.test", "")
}

func (s *stage) client(t testing.TB, id, email, first, last, company, category, owner, zone string) {
	t.Helper()
	basis := "opt_in"
	asked := tuesday.AddDate(0, -1, 0)
	results, err := s.engine.UpsertClients(t.Context(), []engine.ClientPatch{{
		ExternalID: id, Email: &email, FirstName: &first, LastName: &last, Company: &company, Category: &category, Owner: &owner, TimeZone: &zone,
		Consent: &engine.Consent{Basis: basis, Source: "web form", At: &asked},
	}})
	must(t, err)
	must(t, results[0].Err)
}

// sendFirstLetter plays the worker: Ivan's first letter is sent, and the second
// is due three weeks later.
func (s *stage) sendFirstLetter(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	_, err := s.engine.Plan(ctx)
	must(t, err)
	err = s.pool.QueryRow(ctx, `
		UPDATE messages m SET state = 'sent', subject = 'Measure your leaks', sent_at = $1, at = $1, response = '250 2.0.0 queued as 77'
		FROM clients c WHERE c.id = m.client_id AND c.external_id = 'crm-1' RETURNING m.id`, tuesday.Add(time.Minute)).Scan(&s.letter)
	must(t, err)
	_, err = s.pool.Exec(ctx, `
		UPDATE enrollments e SET last_step = 'guide', next_step = 'case', next_at = $1 FROM clients c
		WHERE c.id = e.client_id AND c.external_id = 'crm-1'`, tuesday.Add(time.Minute).AddDate(0, 0, 21))
	must(t, err)
	must(t, store.RecordHit(ctx, s.pool, store.Hit{MessageID: s.letter, Purpose: "clicked", Link: 1, At: tuesday.Add(time.Hour), Method: "GET"}))
	must(t, store.JudgeTouches(ctx, s.pool, []store.TouchVerdict{{MessageID: s.letter, Kind: "clicked", Link: 1, Actor: "human", At: tuesday.Add(time.Hour)}}))
	s.raw = []byte(strings.ReplaceAll(letterAsSent, "ORIGIN", s.server.URL))
}

// letterAsSent has all that must not act in a preview.
var letterAsSent = strings.ReplaceAll(`From: =?utf-8?q?=D0=90=D0=BD=D0=BD=D0=B0?= <ann@levanto.test>
To: Ivan Petrov <ivan@mill.test>
Subject: Measure your
 leaks
Message-ID: <v1.abc@levanto.test>
List-Unsubscribe: <ORIGIN/u/tok>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Good morning, Ivan =E2=80=93 leaks cost money.
--b1
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<!doctype html><html><head><meta http-equiv="refresh" content="0;url=ORIGIN/remote/refresh"><link rel="stylesheet" href="ORIGIN/remote/style.css"></head>
<body style="background:url(ORIGIN/remote/bg.png)"><p id="hello" style="color:#222">Good morning, Ivan</p>
<a id="link" href="ORIGIN/c/tok">Look</a><img src="ORIGIN/o/tok" alt=""><img src="ORIGIN/remote/a.png" srcset="ORIGIN/remote/b.png 2x" alt="a picture">
<script>document.body.innerHTML = "acted"; fetch("ORIGIN/remote/script")</script>
<form action="ORIGIN/remote/form"><button>Send</button></form></body></html>
--b1--
`, "\n", "\r\n")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is a browser without JavaScript.
type visitor struct {
	t      testing.TB
	client *http.Client
	origin string
}

func (s *stage) visitor(t testing.TB) *visitor {
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &visitor{t: t, client: &http.Client{Jar: jar}, origin: s.server.URL}
}

func (s *stage) loggedIn(t testing.TB, email string) *visitor {
	t.Helper()
	v := s.visitor(t)
	v.post("/login", url.Values{"email": {email}, "password": {password}}).want(http.StatusOK)
	return v
}

// answer is a response that was read.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	path   string // where redirects led
	body   string
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.origin+path, nil)
	must(v.t, err)
	return v.do(r)
}

func (v *visitor) post(path string, form url.Values, headers ...string) answer {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.origin+path, strings.NewReader(form.Encode()))
	must(v.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return v.do(r)
}

func (v *visitor) do(r *http.Request) answer {
	v.t.Helper()
	response, err := v.client.Do(r)
	must(v.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(v.t, err)
	return answer{t: v.t, status: response.StatusCode, header: response.Header, path: response.Request.URL.RequestURI(), body: string(body)}
}

func (a answer) want(status int, texts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.path, a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("%s does not show %q\n%s", a.path, text, a.body)
		}
	}
	return a
}

func (a answer) without(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("%s shows %q\n%s", a.path, text, a.body)
		}
	}
	return a
}

// fakeClock moves business time and captures a letter for each move.
type fakeClock struct{ pool *pgxpool.Pool }

func (c fakeClock) Now(ctx context.Context) (time.Time, error) { return store.Now(ctx, c.pool) }

func (c fakeClock) Advance(ctx context.Context, d sequences.Duration) (time.Time, error) {
	now, err := store.Now(ctx, c.pool)
	if err != nil {
		return now, err
	}
	target := d.Add(now, sequences.Calendar{})
	if err := store.MoveClock(ctx, c.pool, target); err != nil {
		return now, err
	}
	return target, store.Capture(ctx, c.pool, store.Captured{
		At: target, Sender: "ann@levanto.test", Recipient: "ivan@mill.test", MessageID: "v1.abc@levanto.test",
		Subject: fmt.Sprintf("After %s", d), Raw: []byte(letterAsSent),
	})
}

func inSandbox(o *Options) { o.Clock = fakeClock{o.DB} }
