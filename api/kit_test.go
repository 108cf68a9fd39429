package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/pgtest"
	"seventh/internal/store"
	"seventh/internal/token"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(loadVariable); address != "" {
		if err := runLoad(address, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return
	}
	pgtest.Main(m)
}

const fullKey = "the-key-from-the-settings"

// kit is a server on a database of its own, with the built-in content.
type kit struct {
	t      testing.TB
	db     *pgxpool.Pool
	links  *token.Sealer
	server *server
	log    *bytes.Buffer
}

// builtIn is loaded once: reading all letters takes a while.
var builtIn = sync.OnceValue(func() *content.Folder {
	folder, problems, err := content.Load(content.BuiltIn())
	if err != nil || len(problems) > 0 {
		panic(fmt.Sprint(problems, err))
	}
	return folder
})

func newKit(t testing.TB, change ...func(*Options)) *kit {
	t.Helper()
	k := bareKit(t, change...)
	if _, err := content.Publish(t.Context(), k.db, builtIn()); err != nil {
		t.Fatal(err)
	}
	return k
}

// bareKit is a kit before the first publication.
func bareKit(t testing.TB, change ...func(*Options)) *kit {
	t.Helper()
	db := pgtest.DB(t)
	jobs, err := river.NewClient(riverpgxv5.New(db), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	links, err := token.NewSealer(bytes.Repeat([]byte{7}, token.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, db: db, links: links, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(&lockedWriter{w: k.log}, &slog.HandlerOptions{Level: slog.LevelInfo}))
	o := Options{
		Engine: &engine.Engine{DB: db, Jobs: jobs, Log: log}, DB: db, Links: links, Log: log, PublicURL: "http://seventh.test", Key: fullKey,
		Source:  func(context.Context, int64) ([]byte, error) { return nil, store.ErrNotFound },
		Secret:  bytes.Repeat([]byte{1}, 32),
		Version: "test",
	}
	for _, f := range change {
		f(&o)
	}
	k.server = newServer(o)
	return k
}

type lockedWriter struct {
	sync.Mutex
	w io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.w.Write(p)
}

// answer is what came back.
type answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   string
}

// send makes a request. A body that is no text is sent as JSON; headers come as
// "Name: value" and replace the usual key.
func (k *kit) send(method, path string, body any, headers ...string) *answer {
	k.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			k.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, reader)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+fullKey)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	k.server.echo.ServeHTTP(w, r)
	return &answer{t: k.t, Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}

// is fails the test unless the answer has the status.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d; body: %s", a.Status, status, a.Body)
	}
	return a
}

// json reads the body.
func (a *answer) json() map[string]any {
	a.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		a.t.Fatalf("reading %q: %v", a.Body, err)
	}
	return v
}

func (a *answer) items() []map[string]any {
	a.t.Helper()
	var v struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		a.t.Fatalf("reading %q: %v", a.Body, err)
	}
	return v.Items
}

// problems reads what an RFC 9457 answer names, as "location: message".
func (a *answer) problems() []string {
	a.t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Fatalf("content type %q of a problem; body: %s", got, a.Body)
	}
	var v struct {
		Status int
		Errors []struct{ Location, Message string }
	}
	if err := json.Unmarshal([]byte(a.Body), &v); err != nil {
		a.t.Fatalf("reading %q: %v", a.Body, err)
	}
	if v.Status != a.Status {
		a.t.Errorf("problem of status %d in an answer of %d", v.Status, a.Status)
	}
	var out []string
	for _, e := range v.Errors {
		out = append(out, e.Location+": "+e.Message)
	}
	return out
}

// says holds that a text stands in the answer.
func (a *answer) says(text string) {
	a.t.Helper()
	if !strings.Contains(a.Body, text) {
		a.t.Errorf("%q is not in %s", text, a.Body)
	}
}

// names fails the test unless the problem names exactly these places.
func (a *answer) names(places ...string) {
	a.t.Helper()
	var got []string
	for _, p := range a.problems() {
		place, _, _ := strings.Cut(p, ":")
		got = append(got, place)
	}
	if diff := cmp.Diff(places, got); diff != "" {
		a.t.Errorf("places named (-want +got):\n%s\n%s", diff, a.Body)
	}
}

// client adds a client with an address and a consent, and the fields given.
func (k *kit) client(id string, fields map[string]any) {
	k.t.Helper()
	all := map[string]any{"email": id + "@example.com", "consent": map[string]any{"basis": "opt_in"}}
	for name, value := range fields {
		all[name] = value
	}
	if a := k.send("PUT", "/api/v1/clients/"+id, all); a.Status != 200 && a.Status != 201 {
		k.t.Fatalf("adding client %s: %d %s", id, a.Status, a.Body)
	}
}

func (k *kit) exec(sql string, args ...any) {
	k.t.Helper()
	if _, err := k.db.Exec(k.t.Context(), sql, args...); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kit) count(sql string, args ...any) int {
	k.t.Helper()
	var n int
	if err := k.db.QueryRow(k.t.Context(), sql, args...).Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

// sent writes a letter to a client as if it had gone out at a time, with links.
func (k *kit) sent(client string, at time.Time, links ...string) int64 {
	k.t.Helper()
	k.exec(`INSERT INTO letters (hash, template, locale, fixed, destinations) VALUES ('\x01', 'c/guide', 'en', '', coalesce($1::text[], '{}')) ON CONFLICT DO NOTHING`, links)
	var id int64
	err := k.db.QueryRow(k.t.Context(), `
		WITH content AS (
			INSERT INTO contents (subjects, recipients, letter_hashes, personals, destinations)
			SELECT '{A guide}', ARRAY[address], '{"\\x01"}', '{"\\x00"}', NULL FROM clients WHERE external_id = $1 RETURNING id
		), e AS (
			INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, started_at)
			SELECT c.id, s.id, s.version_id, 'api', 'case', $2 FROM clients c, sequences s WHERE c.external_id = $1 AND s.name = 'c-nurture'
			ON CONFLICT (client_id, sequence_id) WHERE state <> 'ended' DO UPDATE SET next_step = 'case' RETURNING id, client_id
		)
		INSERT INTO messages (enrollment_id, client_id, step, occurrence, template, sender, state, due_at, not_after, at, sent_at, content_id, content_place, response)
		SELECT id, client_id, 'guide', (SELECT count(*) + 1 FROM messages), 'c/guide', 'Hello@Levanto.example.com', 'sent', $2, $2, $2, $2, (SELECT id FROM content), 1, '250 ok' FROM e
		RETURNING id`, client, at).Scan(&id)
	if err != nil {
		k.t.Fatal(err)
	}
	return id
}
