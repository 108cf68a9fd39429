package pages

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
)

type loginPage struct {
	frame
	Email   string
	Next    string // where to go afterwards
	Problem string
}

var loginView = parse[loginPage]("login.html")

func (s *site) showLogin(c echo.Context) error {
	return loginView.render(c, http.StatusOK, loginPage{frame: frame{Title: "Log in"}, Next: localPath(c.QueryParam("next"))})
}

func (s *site) logIn(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return problem{http.StatusBadRequest, "The form did not arrive whole. Try again."}
	}
	page := loginPage{frame: frame{Title: "Log in"}, Email: storable(strings.TrimSpace(c.FormValue("email"))), Next: localPath(c.FormValue("next"))}
	who := c.RealIP() + " " + strings.ToLower(page.Email)
	if !s.attempts.begin(who, time.Now()) {
		page.Problem = "Too many attempts. Try again in ten minutes."
		return loginView.render(c, http.StatusTooManyRequests, page)
	}
	ctx := c.Request().Context()
	user, err := s.authenticate(ctx, page.Email, c.FormValue("password"))
	if errors.Is(err, errWrongPassword) {
		page.Problem = "The e-mail or the password is wrong."
		return loginView.render(c, http.StatusUnauthorized, page)
	}
	if err != nil {
		return err
	}
	s.attempts.succeeded(who)
	if err := s.logInAs(ctx, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, page.Next)
}

var errWrongPassword = errors.New("the e-mail or the password is wrong")

// authenticate takes the same time whether the user, his password or neither is
// known.
func (s *site) authenticate(ctx context.Context, email, password string) (store.User, error) {
	user, err := store.UserByEmail(ctx, s.DB, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return user, err
	}
	hash := nobodysHash()
	if user.PasswordHash != nil {
		hash = *user.PasswordHash
	}
	if !passwordMatches(hash, password) {
		return user, errWrongPassword
	}
	return user, nil
}

func (s *site) logOut(c echo.Context) error {
	if err := s.sessions.Destroy(c.Request().Context()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/login")
}

// loginLinkLifetime is how long a one-time link works.
const loginLinkLifetime = 24 * time.Hour

// NewLoginLink makes a link by which a user logs in once, within a day. Only its
// hash is stored: whoever reads the table cannot use it.
func NewLoginLink(ctx context.Context, db store.DB, userID int64) (path string, err error) {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails (crypto/rand)
	token := base64.RawURLEncoding.EncodeToString(secret)
	if err := store.SaveLoginLink(ctx, db, hashOf(token), userID, loginLinkLifetime); err != nil {
		return "", err
	}
	return "/login/one-time/" + token, nil
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

type oneTimePage struct {
	frame
	Path string
}

var oneTimeView = parse[oneTimePage]("onetime.html")

// showOneTime asks for a click: programs that check links in mail would use it up.
// In the sandbox the link stands on the terminal, and opening it is enough.
func (s *site) showOneTime(c echo.Context) error {
	if s.Options.Clock != nil {
		return s.useOneTime(c)
	}
	return oneTimeView.render(c, http.StatusOK, oneTimePage{frame: frame{Title: "Log in"}, Path: c.Request().URL.EscapedPath()})
}

func (s *site) useOneTime(c echo.Context) error {
	ctx := c.Request().Context()
	user, err := store.UseLoginLink(ctx, s.DB, hashOf(c.Param("token")))
	if errors.Is(err, store.ErrNotFound) {
		cure := "Ask for a new one, or log in with your password."
		if s.Options.Clock != nil {
			cure = "The sandbox prints a new one whenever it is started."
		}
		return problem{http.StatusNotFound, "This link has been used, or is older than a day. " + cure}
	}
	if err != nil {
		return err
	}
	if err := s.logInAs(ctx, user); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}
