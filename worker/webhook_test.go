package worker_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/tools/txtar"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/worker"
)

var crmKey = []byte("a secret of twenty-four.")

var crmSecret = "whsec_" + base64.StdEncoding.EncodeToString(crmKey)

// posted is one attempt as a receiver sees it.
type posted struct {
	ID, Timestamp, Signature, ContentType, Body string
}

// receiver is another system, which answers its nth request, from 1, as the test says.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	requests []posted
}

func newReceiver(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	s := &receiver{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a webhook: %v", err)
		}
		s.mu.Lock()
		s.requests = append(s.requests, posted{
			r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Signature"), r.Header.Get("Content-Type"), string(body),
		})
		n := len(s.requests)
		s.mu.Unlock()
		answer(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *receiver) got() []posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]posted(nil), s.requests...)
}

// tellingFirm is a firm whose client ann has reached the step that tells the CRM,
// which is at an address and shares a secret with us.
func tellingFirm(t *testing.T, address, secret string) *firm {
	t.Helper()
	f := newFirm(t)
	path := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(path, []byte(secret), 0o600))
	settings, err := fs.ReadFile(content.BuiltIn(), content.SettingsFile)
	must(t, err)
	f.publish([]txtar.File{
		{Name: content.SettingsFile, Data: fmt.Appendf(settings, "\nwebhooks: { crm: { url: %q, secret: %q } }\n", address, "file:"+path)},
		{Name: "sequences/tell.yaml", Data: []byte("sequence: tell\nsteps: [{ id: hello, after: 1d, email: c/guide }, { id: crm, after: 1d, webhook: crm }]\n")},
	})
	email, first := "ann@client.example", "Ann"
	f.upsert(engine.ClientPatch{
		ExternalID: "ann", Email: &email, FirstName: &first, Attributes: map[string]any{"city": "Tula"}, Consent: &engine.Consent{Basis: "opt_in"},
	})
	f.enroll("tell", "ann")
	return f
}

// nowhere is a mail server that nobody needs.
func nowhere() mail.Server { return mail.Server{Host: "127.0.0.1", Port: 1} }

// tell writes what ann's step tells, as the planner does.
func (f *firm) tell() {
	f.t.Helper()
	ctx := f.t.Context()
	must(f.t, store.Tx(ctx, f.db, func(tx pgx.Tx) error {
		e, err := store.EnrollmentByID(ctx, tx, 1)
		if err != nil {
			return err
		}
		client, err := store.ClientByID(ctx, tx, e.ClientID)
		if err != nil {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		return f.engine.Tell(ctx, tx, now, []engine.Telling{{Enrollment: &e, Client: &client, Step: sequences.Step{ID: "crm", Webhook: "crm"}}})
	}))
}

// outcome is how the one delivery stands.
type outcome struct {
	State    string
	Attempts int
	Status   int
	Response string
}

func (f *firm) delivery() outcome {
	f.t.Helper()
	d, err := store.WebhookDeliveryByID(f.t.Context(), f.db, 1)
	must(f.t, err)
	return outcome{d.State, d.Attempts, d.Status, d.Response}
}

// becomes waits for an outcome; retries that would come later come now.
func (f *firm) becomes(want outcome) {
	f.t.Helper()
	f.eventually("the webhook", func() (bool, string) {
		f.exec("UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE kind = 'webhook' AND state IN ('retryable', 'scheduled')")
		got := f.delivery()
		return got == want, cmp.Diff(want, got)
	})
}

func TestWebhookIsSignedAsReceiversExpect(t *testing.T) {
	t.Parallel()
	crm := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "thanks\n") })
	f := tellingFirm(t, crm.URL+"/hook?key=1", crmSecret)
	f.tell()
	f.tell() // a step that was reached is not told again
	f.hire("worker", nowhere())
	f.becomes(outcome{"delivered", 1, 200, "thanks"})
	requests := crm.got()
	if len(requests) != 1 {
		t.Fatalf("the receiver got %d requests", len(requests))
	}
	p := requests[0]
	mac := hmac.New(sha256.New, crmKey)
	mac.Write([]byte(p.ID + "." + p.Timestamp + "." + p.Body))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); p.Signature != want || !strings.HasPrefix(p.ID, "msg_") || p.ContentType != "application/json" {
		t.Errorf("signed %q, want %q (%+v)", p.Signature, want, p)
	}
	var body map[string]any
	must(t, json.Unmarshal([]byte(p.Body), &body))
	if at, err := time.Parse(time.RFC3339Nano, body["timestamp"].(string)); err != nil || at.IsZero() {
		t.Errorf("timestamp %v (%v)", body["timestamp"], err)
	}
	delete(body, "timestamp")
	want := map[string]any{"type": "step.reached", "data": map[string]any{
		"client": "ann", "sequence": "tell", "step": "crm", "enrollment": 1.0, "email": "ann@client.example", "first_name": "Ann", "last_name": "",
		"company": "", "category": "", "temperature": "cold", "stage": "lead", "owner": "", "locale": "", "products": []any{}, "last_purchase_at": nil,
		"attributes": map[string]any{"city": "Tula"},
	}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestWebhookIsToldUntilItIsTaken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer func(n int, w http.ResponseWriter, r *http.Request)
		want   outcome
		asked  int
		// how long the receiver may take; zero as always
		patience time.Duration
	}{
		"500, then 200": {
			func(n int, w http.ResponseWriter, _ *http.Request) {
				if n == 1 {
					http.Error(w, "not now", http.StatusInternalServerError)
				}
			}, outcome{"delivered", 2, 200, ""}, 2, 0,
		},
		"no answer in time, then 204": {
			func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					<-r.Context().Done()
					return
				}
				w.WriteHeader(http.StatusNoContent)
			}, outcome{"delivered", 2, 204, ""}, 2, time.Second,
		},
		"410: it wants no more": {
			func(_ int, w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", http.StatusGone) }, outcome{"gone", 1, 410, "gone"}, 1, 0,
		},
		"an endless answer": {
			func(_ int, w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					if _, err := io.WriteString(w, strings.Repeat("blah ", 1000)); err != nil {
						return
					}
				}
			}, outcome{"delivered", 1, 200, strings.Repeat("blah ", 100) + "…"}, 1, 0,
		},
		"a redirect is no answer, then 200": {
			func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					http.Redirect(w, r, "/elsewhere", http.StatusFound)
				}
			}, outcome{"delivered", 2, 200, ""}, 2, 0,
		},
		"an answer that is no text": {
			func(_ int, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\x00\xff!")) }, outcome{"delivered", 1, 200, "ok!"}, 1, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crm := newReceiver(t, tc.answer)
			f := tellingFirm(t, crm.URL, crmSecret)
			f.tell()
			f.hire("worker", nowhere(), func(o *worker.Options) { o.WebhookPatience = tc.patience })
			f.becomes(tc.want)
			requests := crm.got()
			if len(requests) != tc.asked {
				t.Errorf("the receiver was asked %d times, want %d", len(requests), tc.asked)
			}
			for _, r := range requests {
				if r.ID != requests[0].ID || r.Body != requests[0].Body {
					t.Errorf("another attempt says something else: %+v and %+v", requests[0], r)
				}
			}
		})
	}
}

func TestWebhookIsGivenUpWithItsReason(t *testing.T) {
	t.Parallel()
	crm := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) { http.Error(w, "never", http.StatusTeapot) })
	f := tellingFirm(t, crm.URL, crmSecret)
	f.tell()
	f.exec("UPDATE river_job SET max_attempts = 3 WHERE kind = 'webhook'")
	f.hire("worker", nowhere())
	f.becomes(outcome{"failed", 3, 418, "418 I'm a teapot: never"})
}

func TestWebhookWithoutAWayToItSaysWhy(t *testing.T) {
	t.Parallel()
	crm := newReceiver(t, func(int, http.ResponseWriter, *http.Request) {})
	for address, want := range map[string]string{
		"env:NO_SUCH_HOOK":                     "reading env:NO_SUCH_HOOK: the environment variable NO_SUCH_HOOK is not set; set it for every process of seventh",
		"http://user:password@127.0.0.1:1/key": "dial tcp 127.0.0.1:1: connect: connection refused",
	} {
		f := tellingFirm(t, address, crmSecret)
		f.tell()
		f.exec("UPDATE river_job SET max_attempts = 1 WHERE kind = 'webhook'")
		f.hire("worker", nowhere())
		f.becomes(outcome{"failed", 1, 0, want})
	}
	f := tellingFirm(t, crm.URL, "whsec_!")
	f.tell()
	f.exec("UPDATE river_job SET max_attempts = 1 WHERE kind = 'webhook'")
	f.hire("worker", nowhere())
	f.becomes(outcome{"failed", 1, 0, "the secret of the webhook crm is none: it is whsec_ and then base64"})
}

func TestSandboxTellsOnlyThisMachine(t *testing.T) {
	t.Parallel()
	f := tellingFirm(t, "https://crm.example.com/hook", crmSecret)
	f.tell()
	f.hire("worker", nowhere(), func(o *worker.Options) { o.OneServer = true })
	f.becomes(outcome{"captured", 1, 0, "the sandbox tells nobody but this machine"})

	crm := newReceiver(t, func(int, http.ResponseWriter, *http.Request) {})
	g := tellingFirm(t, crm.URL, crmSecret)
	g.tell()
	g.hire("worker", nowhere(), func(o *worker.Options) { o.OneServer = true })
	g.becomes(outcome{"delivered", 1, 200, ""})
}

func TestErasedClientIsNotToldAbout(t *testing.T) {
	t.Parallel()
	crm := newReceiver(t, func(int, http.ResponseWriter, *http.Request) {})
	f := tellingFirm(t, crm.URL, crmSecret)
	f.tell()
	must(t, store.Erase(t.Context(), f.db, 1))
	f.hire("worker", nowhere())
	f.eventually("the job", func() (bool, string) {
		var left int
		must(t, f.db.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'webhook' AND state <> 'completed'").Scan(&left))
		return left == 0, "not done"
	})
	if n := len(crm.got()); n > 0 {
		t.Errorf("the receiver got %d requests", n)
	}
}
