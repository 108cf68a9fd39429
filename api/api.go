// Package api is everything that seventh answers over HTTP: the JSON API that the
// CRM speaks, the pixel, the links and the unsubscribe page of letters, the
// sandbox's clock and what operations look at. The pages that reps and marketers
// see live in api/pages and are mounted here.
//
// Start with routes.go, which shows the whole surface on one screen. One file
// holds one resource: its JSON beside its handlers. A handler checks, calls the
// engine or the store, and answers; it returns errors as they come, and errors.go
// turns them into RFC 9457 problems. Operations are declared with huma, so that
// the checks, the OpenAPI document and the code cannot differ.
//
// Times in answers are business time in UTC. Deadlines are wall time.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
)

// Options is what the server needs. All but Key, Ready, Sandbox and GenericHook must be set.
type Options struct {
	Engine    *engine.Engine
	DB        *pgxpool.Pool
	Links     *token.Sealer
	Log       *slog.Logger
	PublicURL string // base of the links in letters; https makes cookies secure
	// Key is accepted beside the stored API keys, with every scope; '' for none.
	Key string
	// Source gives the exact bytes of a letter as it was sent, or store.ErrNotFound.
	Source func(ctx context.Context, messageID int64) ([]byte, error)
	// Ready says what keeps this process from working beyond the database, such as
	// an old schema; nil when nothing can.
	Ready   func(ctx context.Context) error
	Sandbox Sandbox // nil outside the sandbox
	// Content is the folder that somebody is writing; nil unless it is watched.
	Content *content.Watcher
	Secret  []byte // at least 32 bytes; signs web sessions
	// GenericHook is the secret of the generic hook, whsec_…, when the settings have none; '' for no such hook.
	GenericHook string
	Version     string
}

// Sandbox moves business time.
type Sandbox interface {
	Now(ctx context.Context) (time.Time, error)
	// Advance returns when everything that came due has been dealt with.
	Advance(ctx context.Context, d sequences.Duration) (time.Time, error)
}

// New returns the whole server. Its http.Server, with its timeouts, is the caller's.
func New(o Options) *echo.Echo { return newServer(o).echo }

func newServer(o Options) *server {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	// The default believes X-Forwarded-For, which anybody can write.
	e.IPExtractor = echo.ExtractIPDirect()
	s := &server{Options: o, echo: e, hooks: newHooks()}
	s.hits = together[store.Hit]{work: s.record, patience: hitPatience, most: hitsTogether, room: hitsWaiting}
	s.destinations, s.deadLinks = newRecent[link, store.Destination](destinationsKept, destinationLife), newRecent[link, struct{}](deadLinksKept, deadLinkLife)
	e.HTTPErrorHandler = s.fail
	e.Pre(sourceSuffix)
	e.Use(s.observe, s.recovered, s.secure, unescapePath)
	s.routes()
	return s
}

// server is what the handlers share.
type server struct {
	Options
	echo    *echo.Echo
	huma    huma.API
	item    *huma.Schema // one client of a bulk request
	metrics metrics
	content content.InUse

	hits         together[store.Hit]
	destinations *recent[link, store.Destination]
	deadLinks    *recent[link, struct{}]
	hooks        *hooks
}

// secure sets the headers that every answer carries; pages replace the policy
// with their own.
func (s *server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if strings.HasPrefix(s.PublicURL, "https://") {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if isAPI(c.Request()) {
			h.Set("Cache-Control", "no-store")
		}
		return next(c)
	}
}

// isAPI reports whether a request comes from a program that reads JSON.
func isAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/sandbox/clock"
}
