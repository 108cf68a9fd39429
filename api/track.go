package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"seventh/internal/store"
	"seventh/internal/token"
)

// gif is one transparent pixel.
var gif = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// pixel answers a letter's open pixel. It comes even when the hit cannot be kept:
// a broken image in a letter helps nobody.
func (s *server) pixel(c echo.Context) error {
	t, err := s.Links.Open(c.Param("token"), token.Open)
	if err != nil {
		return echo.ErrNotFound
	}
	s.hit(c.Request(), c.RealIP(), store.Hit{MessageID: t.Message, Purpose: "opened", Link: -1})
	private(c)
	return c.Blob(http.StatusOK, "image/gif", gif)
}

// click sends whoever follows a link to where the letter said. The destination is
// the stored one: nothing in the request has a say in it. What takes up an offer
// that is over leads to a page that says so. The link that nobody can see leads
// nowhere: to an empty page, so that scanners do not call the letter broken.
func (s *server) click(c echo.Context) error {
	t, err := s.Links.Open(c.Param("token"), token.Click)
	if err != nil {
		return echo.ErrNotFound
	}
	if t.Index == token.Honeypot {
		s.hit(c.Request(), c.RealIP(), store.Hit{MessageID: t.Message, Purpose: "honeypot", Link: t.Index})
		private(c)
		return c.HTML(http.StatusOK, "")
	}
	destination, err := s.destination(c.Request().Context(), link{t.Message, t.Index})
	if errors.Is(err, store.ErrNotFound) {
		return echo.ErrNotFound
	}
	if err != nil {
		s.unexpected(c.Request().Context(), err)
		return echo.ErrServiceUnavailable
	}
	over := s.isOver(c.Request().Context(), destination)
	s.hit(c.Request(), c.RealIP(), store.Hit{MessageID: t.Message, Purpose: "clicked", Link: t.Index, OfferExpired: over})
	if over {
		return s.offerIsOver(c, t.Message, *destination.OfferEnds)
	}
	private(c)
	return c.Redirect(http.StatusFound, destination.URL)
}

// private keeps an answer out of caches and search engines.
func private(c echo.Context) {
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
}
