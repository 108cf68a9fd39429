// Package pages is what reps and marketers look at: which automated touches went
// to their clients, exactly as sent, what comes next, when and why.
//
// Pages are rendered on the server with html/template and work without
// JavaScript; htmx only spares a reload when a filter changes. There is one file
// for each page, its HTML beside it in html/, its struct above its handler:
//
//	feed.go       /                  every touch, newest first
//	clients.go    /clients           the list
//	client.go     /clients/ID        one client: what comes next (next.go, ahead.go, path.go) and what was
//	kept.go       /clients/ID/export.json  what is kept about him, and the consents on record
//	suppressions.go /suppressions    who is not mailed; /refusals why clients said no
//	letter.go     /letters/ID        one letter, as sent (mime.go, inert.go)
//	unconfirmed.go /unconfirmed      letters of which nobody knows whether they arrived
//	tasks.go      /tasks             what a rep should do; answers.go what clients wrote, and who is away
//	sequences.go  /sequences         what is published, and how it does
//	content.go    /content           serve --watch: the folder's problems, or its plan
//	inbox.go      /sandbox/inbox     sandbox only: captured letters and the clock
//	login.go      /login             with a password (password.go) or a one-time link
//
// site.go wraps every page in what all need: security headers, the session, the
// signed-in user, and an error page. words.go says in plain English what the
// engine's values mean.
package pages

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/sequences"
)

// Options is what pages need.
type Options struct {
	DB        *pgxpool.Pool
	Engine    *engine.Engine
	Log       *slog.Logger
	Secret    []byte // signs sessions: a new one logs everybody out
	PublicURL string // the origin that forms may come from
	// Source rebuilds the exact bytes of a letter as sent; store.ErrNotFound if it never went out.
	Source func(ctx context.Context, messageID int64) ([]byte, error)
	Clock  Clock // nil outside the sandbox
	Secure bool  // cookies only over https
	// Content is the folder that somebody is writing; nil unless it is watched.
	Content *content.Watcher
}

// Clock is the sandbox's movable clock.
type Clock interface {
	Now(ctx context.Context) (time.Time, error)
	// Advance returns when everything that came due has been dealt with.
	Advance(ctx context.Context, d sequences.Duration) (time.Time, error)
}

// Register adds the pages to e. Each route is wrapped by itself: the pages' error
// pages, cookies and headers never reach the API, the hooks or tracking.
func Register(e *echo.Echo, o Options) {
	s := newSite(o)
	page := func(method, path string, h echo.HandlerFunc) { e.Add(method, path, s.signedIn(h), s.wrap()...) }
	open := func(method, path string, h echo.HandlerFunc) { e.Add(method, path, h, s.wrap()...) }

	// Logging in and out.
	open(http.MethodGet, "/login", s.showLogin)
	open(http.MethodPost, "/login", s.logIn)
	open(http.MethodGet, "/login/one-time/:token", s.showOneTime)
	open(http.MethodPost, "/login/one-time/:token", s.useOneTime)
	open(http.MethodPost, "/logout", s.logOut)
	e.GET("/static/:file", serveStatic)

	// The feed: every touch of the clients one looks after, newest first.
	page(http.MethodGet, "/", s.showFeed)

	// Clients, and what can be done with their enrollments: pause, resume, end.
	page(http.MethodGet, "/clients", s.listClients)
	page(http.MethodGet, "/clients/:client", s.showClient)
	page(http.MethodGet, "/clients/:client/export.json", s.downloadKept)
	page(http.MethodPost, "/clients/:client/enrollments/:id/:verb", s.steer)
	page(http.MethodPost, "/clients/:client/back", s.endAbsence)
	page(http.MethodPost, "/clients/:client/as-before", s.dropPreference)

	// Who is not mailed and why, and why clients said no.
	page(http.MethodGet, "/suppressions", s.listSuppressions)
	page(http.MethodPost, "/suppressions", s.addSuppression)
	page(http.MethodPost, "/suppressions/lift", s.liftSuppression)
	page(http.MethodGet, "/suppressions/list.csv", s.downloadSuppressions)
	page(http.MethodGet, "/refusals", s.showRefusals)

	// What reps should do, and having done it.
	page(http.MethodGet, "/tasks", s.showTasks)
	page(http.MethodPost, "/tasks/:id/done", s.closeTask)
	page(http.MethodPost, "/tasks/:id/suppress", s.suppressByTask)

	// One letter; what the frame on its page shows; its source to read and to keep.
	page(http.MethodGet, "/letters/:id", s.showLetter)
	page(http.MethodGet, "/letters/:id/preview", s.previewLetter)
	page(http.MethodGet, "/letters/:id/source", s.letterSource)
	page(http.MethodGet, "/letters/:id/letter.eml", s.downloadLetter)

	// Letters of which nobody knows whether they arrived: admins decide.
	page(http.MethodGet, "/unconfirmed", s.listUnconfirmed)
	page(http.MethodPost, "/unconfirmed/confirm", s.confirmAllLetters)
	page(http.MethodPost, "/letters/:id/confirm", s.confirmLetter)

	// Sequences and senders, and letting go on what was paused.
	page(http.MethodGet, "/sequences", s.listSequences)
	page(http.MethodPost, "/sequences/:name/resume", s.resumeSequence)
	page(http.MethodPost, "/senders/:email/resume", s.resumeSender)

	// What the folder that is being written would change, as it is saved.
	if o.Content != nil {
		page(http.MethodGet, "/content", s.showContent)
		page(http.MethodPost, "/content/publish", s.publishContent)
	}

	if o.Clock == nil {
		return
	}
	// The sandbox's inbox and clock. The list in JSON and the sources are for
	// automation and need no login: the sandbox listens on loopback only.
	page(http.MethodGet, "/sandbox/inbox", s.showInbox)
	open(http.MethodGet, "/sandbox/inbox.json", s.listInbox)
	open(http.MethodGet, "/sandbox/inbox/:file", s.capturedFile)
	page(http.MethodGet, "/sandbox/inbox/:file/preview", s.previewCaptured)
	page(http.MethodPost, "/sandbox/advance", s.advance)
}
