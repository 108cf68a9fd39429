package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/store"
)

// site is the pages with what they share.
type site struct {
	Options
	sessions *scs.SessionManager
	origins  *http.CrossOriginProtection
	attempts *attempts
	subjects *subjects
	content  *content.InUse
}

func newSite(o Options) *site {
	s := &site{Options: o, sessions: newSessions(o), origins: http.NewCrossOriginProtection(), attempts: newAttempts(), content: &content.InUse{}}
	s.subjects = &subjects{s.content}
	// Behind a proxy the Host may differ from the origin that browsers name.
	if u, err := url.Parse(o.PublicURL); err == nil && u.Host != "" {
		_ = s.origins.AddTrustedOrigin(u.Scheme + "://" + u.Host) // well-formed by construction
	}
	return s
}

// wrap is what every page is wrapped in, the outermost first.
func (s *site) wrap() []echo.MiddlewareFunc {
	return []echo.MiddlewareFunc{s.headers, s.sameOrigin, echo.WrapMiddleware(s.sessions.LoadAndSave), s.errorPage}
}

// pagePolicy lets a page load our own files and nothing else (OWASP ASVS 3.4.3).
// connect-src is for htmx, frame-src for the preview of letters.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *site) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: browsers would then send "Origin: null" with our own forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// sameOrigin refuses forms sent from other sites.
func (s *site) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.origins.Check(c.Request()); err != nil {
			return c.String(http.StatusForbidden, "This form was sent from another site, so nothing was done.")
		}
		return next(c)
	}
}

// problem is an error that a page explains in its own words.
type problem struct {
	status int
	text   string
}

func (p problem) Error() string { return p.text }

var errNoPage = problem{http.StatusNotFound, "There is nothing here. It may have been erased, or the address is mistyped."}

type errorPage struct {
	frame
	Status int
	Text   string
}

var errorView = parse[errorPage]("error.html")

// errorPage turns a handler's error into a page; what it does not know is logged
// and not shown.
func (s *site) errorPage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err == nil || c.Response().Committed {
			return err
		}
		var p problem
		switch {
		case errors.As(err, &p):
		case errors.Is(err, store.ErrNotFound):
			p = errNoPage
		default:
			s.Log.Error("page failed", "path", c.Path(), "request_id", c.Response().Header().Get(echo.HeaderXRequestID), "err", err)
			p = problem{http.StatusInternalServerError, "This page could not be made. The error is in the log."}
		}
		f, _ := c.Get("frame").(frame)
		f.Title = http.StatusText(p.status)
		return errorView.render(c, p.status, errorPage{frame: f, Status: p.status, Text: p.text})
	}
}

// frame is what surrounds every page: its title, who is signed in, and the clock
// where it can be moved.
type frame struct {
	Title  string
	Tab    string // the part of the navigation that the page belongs to
	User   *store.User
	Clock  string // business time, '' outside the sandbox
	Flash  string // what the last form has done
	Watch  bool   // the content folder is being watched, and the user may look
	ToDo   int    // tasks that the user has to do now
	Doubts int    // unconfirmed letters that an admin may decide about
	Alarm  string // what keeps all letters back, for those who can cure it
	scene  scene
}

// scene is what a page needs to know about the moment: business time, the
// company's zone, and the published content, nil before the first publication.
type scene struct {
	now     time.Time
	zone    *time.Location
	catalog *engine.Catalog
}

// title is what people call a sequence.
func (sc scene) title(sequence string) string {
	if sc.catalog != nil {
		if v := sc.catalog.Current(sequence); v != nil {
			return v.Sequence.Title
		}
	}
	return sequence
}

func (s *site) scene(ctx context.Context) (scene, error) {
	sc := scene{zone: time.UTC}
	var err error
	if sc.now, err = store.Now(ctx, s.DB); err != nil {
		return sc, err
	}
	sc.catalog, err = s.Engine.Catalog(ctx, s.DB)
	if errors.Is(err, store.ErrNotFound) {
		return sc, nil
	}
	if err != nil {
		return sc, fmt.Errorf("reading the published content: %w", err)
	}
	sc.zone = sc.catalog.Zone
	return sc, nil
}

// signedIn lets through whoever is logged in, with the frame of his pages;
// everybody else goes to the login page and comes back from there.
func (s *site) signedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		user, err := s.currentUser(ctx)
		if errors.Is(err, store.ErrNotFound) {
			return c.Redirect(http.StatusSeeOther, "/login?"+url.Values{"next": {c.Request().URL.RequestURI()}}.Encode())
		}
		if err != nil {
			return err
		}
		sc, err := s.scene(ctx)
		if err != nil {
			return err
		}
		f := frame{User: &user, Watch: s.Content != nil && user.Role != "rep", scene: sc}
		if !polls(c) {
			f.Flash = s.sessions.PopString(ctx, sessionFlash)
		}
		if s.Options.Clock != nil {
			f.Clock = sc.now.In(sc.zone).Format("Mon 2 Jan 2006, 15:04 MST")
		}
		if f.ToDo, err = store.CountTasks(ctx, s.DB, user.ID, sc.now); err != nil {
			return err
		}
		if user.Role == "admin" {
			if f.Alarm, err = s.alarm(ctx); err != nil {
				return err
			}
			if f.Doubts, err = store.CountUnconfirmed(ctx, s.DB); err != nil {
				return err
			}
		}
		c.Set("frame", f)
		return next(c)
	}
}

// alarm says that the restore guard keeps letters back, or "".
func (s *site) alarm(ctx context.Context) (string, error) {
	guard, err := store.ReadGuard(ctx, s.DB)
	if err != nil || !guard.Stops() {
		return "", err
	}
	return "No letter is sent: " + guard.Reason + ". Look at the letters in doubt with “seventh confirm-restore --list”, then confirm with “seventh confirm-restore”.", nil
}

// frameOf is the frame that signedIn prepared, for one page.
func frameOf(c echo.Context, tab, title string) frame {
	f, _ := c.Get("frame").(frame)
	f.Tab, f.Title = tab, title
	return f
}

// param is a part of the path; echo leaves it escaped if it was.
func param(c echo.Context, name string) string {
	value := c.Param(name)
	if c.Request().URL.RawPath != "" {
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
	}
	return storable(value)
}

// storable drops what PostgreSQL takes for no text at all, so that a mangled
// address finds nothing instead of failing.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// queryOf is the query of a request, each value fit to be looked for.
func queryOf(c echo.Context) url.Values {
	query := make(url.Values)
	for name, values := range c.QueryParams() {
		for _, value := range values {
			query.Add(name, storable(value))
		}
	}
	return query
}

// localPath is next if it leads to a page of ours, else the feed: a login must
// not send anybody to another site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
