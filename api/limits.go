package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// limits bound what one request may take of us.
type limits struct {
	body   int64         // bytes
	upload time.Duration // to read the body
	work   time.Duration // for everything after it; 0: as long as the caller waits
}

var (
	usual   = limits{body: 1 << 20, upload: 10 * time.Second, work: 15 * time.Second}
	slow    = limits{body: 1 << 20, upload: 10 * time.Second, work: 2 * time.Minute}
	bulky   = limits{body: 32 << 20, upload: time.Minute, work: 2 * time.Minute}
	patient = limits{body: 1 << 20, upload: 10 * time.Second}
)

// deadline replaces the connection's deadlines, which know nothing of routes, and
// gives the work an end.
func (s *server) deadline(l limits) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		control := http.NewResponseController(humaecho.Unwrap(c).Response())
		if l.work == 0 {
			_ = control.SetWriteDeadline(time.Time{}) // a recorder in tests has none
			next(c)
			return
		}
		_ = control.SetWriteDeadline(time.Now().Add(l.upload + l.work + 5*time.Second))
		ctx, cancel := context.WithTimeout(c.Context(), l.upload+l.work)
		defer cancel()
		next(huma.WithContext(c, ctx))
	}
}

// limited reads the body, after the key has been checked and before anything
// else, and takes the deadline off the connection again.
func (s *server) limited(l limits) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		ec := humaecho.Unwrap(c)
		r := ec.Request()
		if r.Body == nil || r.Body == http.NoBody {
			next(c)
			return
		}
		control := http.NewResponseController(ec.Response())
		_ = control.SetReadDeadline(time.Now().Add(l.upload))
		body, err := readAll(http.MaxBytesReader(ec.Response(), r.Body, l.body), min(r.ContentLength, l.body))
		if err != nil {
			s.refuse(c, unreadable(err, l))
			return
		}
		_ = control.SetReadDeadline(time.Time{})
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(c)
	}
}

// readAll reads to the end of what is probably so many bytes, or of unknown length.
func readAll(r io.Reader, length int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(max(length, 0)) + bytes.MinRead) // or the end would not be seen without growing
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

func unreadable(err error, l limits) huma.StatusError {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return huma.NewError(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d MiB", l.body>>20))
	}
	return huma.NewError(http.StatusBadRequest, "the body did not arrive whole")
}

// unescapePath gives handlers what a path parameter means: echo leaves it escaped
// when it holds an escaped slash.
func unescapePath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().URL.RawPath == "" {
			return next(c)
		}
		values := c.ParamValues()
		for i, value := range values {
			plain, err := url.PathUnescape(value)
			if err != nil {
				return echo.NewHTTPError(http.StatusBadRequest, "the path is not escaped as it should be")
			}
			values[i] = plain
		}
		c.SetParamValues(values...)
		return next(c)
	}
}
