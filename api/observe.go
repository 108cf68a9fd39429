package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
)

type requestIDKey struct{}

// requestID ties an answer to its lines in the log.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// observe gives the request an id of our own and logs how it ended. The route is
// logged, not the path: that may hold tokens and clients' names.
func (s *server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := time.Now()
		id := rand.Text()[:16]
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		ctx := context.WithValue(c.Request().Context(), requestIDKey{}, id)
		c.SetRequest(c.Request().WithContext(ctx))
		if err := next(c); err != nil {
			c.Error(err)
		}
		s.Log.LogAttrs(ctx, slog.LevelDebug, "request",
			slog.String("request_id", id), slog.String("method", c.Request().Method), slog.String("route", c.Path()),
			slog.Int("status", c.Response().Status), slog.Duration("took", time.Since(started)))
		return nil
	}
}

// recovered turns a panic into an error, with its stack in the log.
func (s *server) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				ctx := c.Request().Context()
				s.Log.ErrorContext(ctx, "handler panicked", "request_id", requestID(ctx), "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
				err = fmt.Errorf("handler panicked: %v", r)
			}
		}()
		return next(c)
	}
}
