package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// healthz says that the process answers, nothing else: a database that is away
// for a minute is no reason to restart us.
func (s *server) healthz(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// readyTimeout is how long a check may take before we are not ready.
const readyTimeout = 5 * time.Second

// readyz says that requests can be served and letters can go out, or why not: in
// words that anybody may read, the rest is in the log.
func (s *server) readyz(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
	defer cancel()
	if err := s.ready(ctx); err != nil {
		s.Log.WarnContext(ctx, "not ready", "request_id", requestID(ctx), "err", err)
		return c.String(http.StatusServiceUnavailable, fmt.Sprintf("not ready: %s (see the log, request %s)\n", notReady(err), requestID(ctx)))
	}
	return c.String(http.StatusOK, "ready\n")
}

func (s *server) ready(ctx context.Context) error {
	if err := store.Writable(ctx, s.DB); err != nil {
		return err
	}
	guard, err := store.ReadGuard(ctx, s.DB)
	if err != nil {
		return err
	}
	if guard.Stops() {
		return fmt.Errorf("%w: %s; %s", engine.ErrGuarded, guard.Reason, engine.GuardCure)
	}
	if s.Ready == nil {
		return nil
	}
	return s.Ready(ctx)
}

// notReady is what strangers may know of an error: our own words for it.
func notReady(err error) string {
	if trouble := store.Trouble(err); trouble != "" {
		return trouble
	}
	if errors.Is(err, engine.ErrGuarded) || errors.Is(err, ErrSchema) {
		return err.Error()
	}
	return "this process cannot work"
}

// ErrSchema marks an error of Options.Ready as one about the database's schema, whose
// words may be shown.
var ErrSchema = errors.New("the schema does not fit")

// metrics keeps the last answer for a while: counting letters reads them all.
type metrics struct {
	sync.Mutex
	text string
	at   time.Time
}

const metricsLife = 5 * time.Second

// serveMetrics answers in Prometheus' text format, version 0.0.4.
func (s *server) serveMetrics(c echo.Context) error {
	s.metrics.Lock()
	defer s.metrics.Unlock()
	if s.metrics.text == "" || time.Since(s.metrics.at) > metricsLife {
		text, err := s.measure(c.Request().Context())
		if err != nil {
			return err
		}
		s.metrics.text, s.metrics.at = text, time.Now()
	}
	return c.Blob(http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", []byte(s.metrics.text))
}

func (s *server) measure(ctx context.Context) (string, error) {
	counts, err := store.CountMessages(ctx, s.DB)
	if err != nil {
		return "", err
	}
	chunks, _, err := store.OpenChunks(ctx, s.DB)
	if err != nil {
		return "", err
	}
	lag, err := s.lag(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# HELP seventh_messages Letters by the state in their row.\n# TYPE seventh_messages gauge\n")
	for _, state := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "seventh_messages{state=%q} %d\n", state, counts[state])
	}
	fmt.Fprintf(&b, "# HELP seventh_open_chunks Chunks with letters to be dealt with.\n# TYPE seventh_open_chunks gauge\nseventh_open_chunks %d\n", chunks)
	fmt.Fprintf(&b, "# HELP seventh_due_lag_seconds How long what is due has been waiting for the planner.\n# TYPE seventh_due_lag_seconds gauge\nseventh_due_lag_seconds %.3f\n", lag.Seconds())
	fmt.Fprintf(&b, "# HELP seventh_info The version at work.\n# TYPE seventh_info gauge\nseventh_info{version=%q} 1\n", s.Version)
	return b.String(), nil
}

// lag is how long the oldest thing that is due has been due.
func (s *server) lag(ctx context.Context) (time.Duration, error) {
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	due, err := store.NextDue(ctx, s.DB)
	if err != nil || due == nil {
		return 0, err
	}
	return max(0, now.Sub(*due)), nil
}
