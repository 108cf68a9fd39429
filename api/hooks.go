package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

const (
	hookBody   = 1 << 20 // bytes of a post
	hookUpload = 5 * time.Second
	hookWork   = 10 * time.Second // for everything after it
	// hooksAtOnce bounds the memory that posts take, before anybody knows whose they are.
	hooksAtOnce = 64
)

// hook takes what a provider posts: it checks that the provider posted it, keeps each
// thing once and answers when that has been committed. What it means is read in a job.
// Whoever is not the provider learns nothing but that, and costs no more than the check:
// the settings are cached, and nothing is asked of the database before.
func (s *server) hook(c echo.Context) error {
	name := c.Param("provider")
	provider := inbound.Providers[name]
	if provider == nil {
		return noHook(c)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), hookUpload+hookWork)
	defer cancel()
	keys, err := s.hooks.keys(ctx, s, name)
	if errors.Is(err, errNoHook) {
		return noHook(c)
	}
	if err != nil {
		return s.turnAway(c, name, http.StatusServiceUnavailable, err)
	}
	select {
	case s.hooks.slots <- struct{}{}:
		defer func() { <-s.hooks.slots }()
	case <-ctx.Done():
		return s.turnAway(c, name, http.StatusServiceUnavailable, errCrowded)
	}
	post, status, err := readPost(c)
	if err != nil {
		return s.turnAway(c, name, status, err)
	}
	received, err := provider.Receive(ctx, post, keys, time.Now())
	if err == nil {
		err = s.keep(ctx, name, received)
	}
	if err != nil {
		return s.turnAway(c, name, hookStatus(err), err)
	}
	return c.NoContent(http.StatusOK)
}

// noHook tells whoever sets a provider up what is missing, and the same about a provider
// that there is not.
func noHook(c echo.Context) error {
	return c.String(http.StatusNotFound, "There is no such hook, or it is not set up: name its provider under hooks in seventh.yaml.\n")
}

// readPost reads a post within its bounds. A compressed one is refused: no provider
// compresses, and a mebibyte could become a thousand.
func readPost(c echo.Context) (inbound.Post, int, error) {
	r := c.Request()
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return inbound.Post{}, http.StatusUnsupportedMediaType, errCompressed
	}
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(time.Now().Add(hookUpload)) // a recorder in tests has none
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, hookBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return inbound.Post{}, http.StatusRequestEntityTooLarge, err
	case err != nil:
		return inbound.Post{}, http.StatusBadRequest, err
	}
	_ = control.SetReadDeadline(time.Time{})
	return inbound.Post{Header: r.Header, Body: body}, 0, nil
}

var errCompressed = errors.New("the post is compressed")

// keep commits what a post holds, or confirms that we want such posts.
func (s *server) keep(ctx context.Context, name string, received inbound.Received) error {
	if received.Confirm != "" {
		if err := s.hooks.confirm(ctx, received.Confirm); err != nil {
			return err
		}
		s.Log.InfoContext(ctx, "a subscription was confirmed", "provider", name)
	}
	if len(received.Items) == 0 {
		return nil
	}
	now := time.Now()
	list := make([]store.Evidence, len(received.Items))
	for i, item := range received.Items {
		list[i] = store.Evidence{Source: store.FromHook, Origin: name, DedupeKey: item.Key, Raw: item.Raw, ReceivedAt: now}
	}
	// In one order, so that posts with the same things do not wait for each other.
	slices.SortFunc(list, func(a, b store.Evidence) int { return strings.Compare(a.DedupeKey, b.DedupeKey) })
	return store.Tx(ctx, s.DB, func(tx pgx.Tx) error {
		_, err := s.Engine.KeepEvidence(ctx, tx, list)
		return err
	})
}

// hookStatus is what a provider is answered: all but 503 tells it that another try is of no use.
func hookStatus(err error) int {
	switch {
	case errors.Is(err, inbound.ErrRefused):
		return http.StatusUnauthorized
	case errors.Is(err, inbound.ErrType):
		return http.StatusUnsupportedMediaType
	}
	return http.StatusServiceUnavailable
}

// turnAway answers without a word, and notes why.
func (s *server) turnAway(c echo.Context, name string, status int, err error) error {
	s.hooks.note(s.Log, name, status, err)
	return c.NoContent(status)
}
