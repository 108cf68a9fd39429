package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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
	s.hit(c, store.Hit{MessageID: t.Message, Purpose: "opened", Link: -1, Actor: actorOfOpen(c.Request())})
	private(c)
	return c.Blob(http.StatusOK, "image/gif", gif)
}

// click sends whoever follows a link to where the letter said. The destination is
// the stored one: nothing in the request has a say in it.
func (s *server) click(c echo.Context) error {
	t, err := s.Links.Open(c.Param("token"), token.Click)
	if err != nil {
		return echo.ErrNotFound
	}
	destination, err := store.Destination(c.Request().Context(), s.DB, t.Message, t.Index)
	if errors.Is(err, store.ErrNotFound) || err == nil && !isWeb(destination) {
		return echo.ErrNotFound
	}
	if err != nil {
		s.unexpected(c.Request().Context(), err)
		return echo.ErrServiceUnavailable
	}
	s.hit(c, store.Hit{MessageID: t.Message, Purpose: "clicked", Link: t.Index, Actor: actorOfClick(c.Request())})
	private(c)
	return c.Redirect(http.StatusFound, destination)
}

func isWeb(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}

// agentLimit is how much of a User-Agent is kept.
const agentLimit = 500

// hit keeps a hit, at business time. That it cannot be kept is for the log: the
// person is waiting for a page.
func (s *server) hit(c echo.Context, h store.Hit) {
	ctx, r := c.Request().Context(), c.Request()
	h.Method, h.UserAgent, h.Address = r.Method, strings.ToValidUTF8(r.UserAgent(), "\uFFFD"), truncated(c.RealIP())
	if len(h.UserAgent) > agentLimit {
		h.UserAgent = strings.ToValidUTF8(h.UserAgent[:agentLimit], "")
	}
	if err := s.hits.do(h); err != nil {
		s.Log.ErrorContext(ctx, "a hit was lost", "message_id", h.MessageID, "purpose", h.Purpose, "link", h.Link, "request_id", requestID(ctx), "err", err)
	}
}

const (
	hitsTogether = 1000   // hits of one commit
	hitsWaiting  = 20_000 // hits that wait for theirs: some 10 MB
	// hitPatience is how long a pixel or a link waits for the database.
	hitPatience = 2 * time.Second
)

// record commits hits. What has certainly not been written is tried again: another
// process held the same letters in another order, or the connection was dead.
func (s *server) record(ctx context.Context, hits []store.Hit) error {
	for attempt := 1; ; attempt++ {
		err := store.RecordHits(ctx, s.DB, hits)
		if err == nil || attempt == 3 || ctx.Err() != nil || !store.Retryable(err) && !pgconn.SafeToRetry(err) {
			return err
		}
	}
}

// private keeps an answer out of caches and search engines.
func private(c echo.Context) {
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("X-Robots-Tag", "noindex")
}
