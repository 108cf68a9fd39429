package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/sandbox"
	"seventh/sequences"
)

func TestHealthAndMetrics(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.client("ann", map[string]any{"category": "C"})
	k.sent("ann", monday)
	k.send("GET", "/healthz", nil, "Authorization: ").is(200)
	k.send("GET", "/readyz", nil, "Authorization: ").is(200)
	a := k.send("GET", "/metrics", nil, "Authorization: ").is(200)
	for _, want := range []string{`seventh_messages{state="sent"} 1`, "seventh_open_chunks 0", "seventh_due_lag_seconds ", `seventh_info{version="test"} 1`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("metrics lack %q:\n%s", want, a.Body)
		}
	}
}

func TestDocumentsLoadNothingFromOutside(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	page := k.send("GET", "/docs", nil, "Authorization: ").is(200)
	for _, want := range []string{"/api/v1/messages/{id}.eml", "Idempotency-Key", "external_id", "scope clients or admin"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, source := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page.Body, -1) {
		if !strings.HasPrefix(source[1], "/") && !strings.HasPrefix(source[1], "#") {
			t.Errorf("the page loads or links %s", source[1])
		}
	}
	if strings.Contains(page.Body, "<script") {
		t.Error("the page has a script")
	}
	k.send("GET", "/plain.css", nil).is(200)

	var spec struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Summary, OperationID string
			RequestBody          struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(k.send("GET", "/openapi.json", nil).is(200).Body), &spec); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for path, methods := range spec.Paths {
		for method, o := range methods {
			if o.Summary == "" || ids[o.OperationID] {
				t.Errorf("%s %s has no summary, or the id %q of another", method, path, o.OperationID)
			}
			ids[o.OperationID] = true
		}
	}
	if bodies := spec.Paths["/api/v1/clients/bulk"]["post"].RequestBody.Content; len(bodies) != 2 || bodies["application/x-ndjson"] == nil {
		t.Errorf("bodies of a bulk request: %v", bodies)
	}
	if bodies := spec.Paths["/api/v1/enrollments"]["post"].RequestBody.Content; len(bodies) != 1 || bodies["application/json"] == nil {
		t.Errorf("bodies of an enrollment: %v", bodies)
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1") || len(ids) != 51 || spec.Paths["/api/v1/messages/{id}.eml"] == nil {
		t.Errorf("OpenAPI %s with %d operations", spec.OpenAPI, len(ids))
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(o *Options) { o.PublicURL = "https://seventh.test" })
	for _, path := range []string{"/api/v1/sequences", "/api/v1/none", "/o/x", "/c/x", "/u/x", "/healthz", "/docs"} {
		h := k.send("GET", path, nil).Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Request-Id") == "" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s answers with %v", path, h)
		}
	}
}

func TestPanicIsAnInternalError(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.server.echo.GET("/api/v1/panic", func(echo.Context) error { panic("the secret of the house") })
	a := k.send("GET", "/api/v1/panic", nil).is(500)
	a.problems()
	if strings.Contains(a.Body, "secret") || !strings.Contains(k.log.String(), "the secret of the house") {
		t.Errorf("answer %s\nlog %s", a.Body, k.log)
	}
}

// fakeSandbox moves a clock of its own.
type fakeSandbox struct {
	now time.Time
	err error
}

func (f *fakeSandbox) Now(context.Context) (time.Time, error) { return f.now, nil }

func (f *fakeSandbox) Advance(_ context.Context, d sequences.Duration) (time.Time, error) {
	if f.err != nil {
		return time.Time{}, f.err
	}
	f.now = d.Add(f.now, sequences.Calendar{})
	return f.now, nil
}

func TestSandboxClockMoves(t *testing.T) {
	t.Parallel()
	clock := &fakeSandbox{now: monday}
	k := newKit(t, func(o *Options) { o.Sandbox = clock })
	reader := "Authorization: Bearer " + k.key("read")
	if got := k.send("GET", "/sandbox/clock", nil, reader).is(200).json()["now"]; got != "2025-03-03T10:00:00Z" {
		t.Errorf("now %v", got)
	}
	if got := k.send("POST", "/sandbox/clock", map[string]any{"advance": "21d"}, reader).is(200).json()["now"]; got != "2025-03-24T10:00:00Z" {
		t.Errorf("after 21d %v", got)
	}
	k.send("POST", "/sandbox/clock", map[string]any{"advance": "soon"}, reader).is(422).names("body.advance")
	k.send("POST", "/sandbox/clock", map[string]any{"advance": "1d"}, "Authorization: ").is(401).problems()
	clock.err = fmt.Errorf("%w: connection refused", sandbox.ErrWaiting)
	if a := k.send("POST", "/sandbox/clock", map[string]any{"advance": "1d"}).is(503); !strings.Contains(a.Body, "connection refused") {
		t.Errorf("answer: %s", a.Body)
	}
	clock.err = sandbox.ErrRange
	k.send("POST", "/sandbox/clock", map[string]any{"advance": "9d"}).is(422).names("body.advance")
	clock.err = errors.New("a secret")
	if a := k.send("POST", "/sandbox/clock", map[string]any{"advance": "9d"}).is(500); strings.Contains(a.Body, "secret") {
		t.Errorf("answer: %s", a.Body)
	}
}

func TestThereIsNoClockOutsideTheSandbox(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	k.send("GET", "/sandbox/clock", nil).is(404).problems()
}
