package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// What requests can be refused for beside their form.
var (
	errNoContent = errors.New("no content is published yet: run `seventh publish`")
	errNotOurs   = errors.New("this segment belongs to the content folder: change it there and publish")
)

// statuses maps what we know to go wrong to an answer. The field is what the
// error is about in a body; errors that are not here are nobody else's business.
var statuses = []struct {
	err    error
	status int
	field  string
}{
	{store.ErrNotFound, http.StatusNotFound, ""},
	{store.ErrKeyReused, http.StatusUnprocessableEntity, "header.Idempotency-Key"},
	{engine.ErrUnknownSequence, http.StatusUnprocessableEntity, "body.sequence"},
	{engine.ErrUnknownSegment, http.StatusUnprocessableEntity, "body.segment"},
	{engine.ErrUnknownClient, http.StatusUnprocessableEntity, "body.client"},
	{engine.ErrEnded, http.StatusConflict, ""},
	{engine.ErrNotPaused, http.StatusConflict, ""},
	{engine.ErrConfirmed, http.StatusConflict, ""},
	{errNotOurs, http.StatusConflict, ""},
	{errNoContent, http.StatusServiceUnavailable, ""},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, ""},
	{context.Canceled, http.StatusServiceUnavailable, ""}, // nobody is there to read it
}

// texts are for sentinels whose own words mean nothing to a caller.
var texts = map[error]string{
	store.ErrNotFound:        "there is no such thing here",
	context.DeadlineExceeded: "this took too long and was given up",
	context.Canceled:         "the request was given up",
}

// problem turns an error of a handler into what the caller may see of it.
func (s *server) problem(ctx context.Context, err error) error {
	var known huma.StatusError
	if errors.As(err, &known) {
		return known
	}
	var field *engine.FieldError
	if errors.As(err, &field) {
		return huma.NewError(statusOf(field), "validation failed", &huma.ErrorDetail{Location: "body." + field.Field, Message: field.Message})
	}
	for _, row := range statuses {
		if !errors.Is(err, row.err) {
			continue
		}
		text := texts[row.err]
		if text == "" {
			text = row.err.Error()
		}
		if row.field == "" {
			return huma.NewError(row.status, text)
		}
		return huma.NewError(row.status, "validation failed", &huma.ErrorDetail{Location: row.field, Message: text})
	}
	return s.unexpected(ctx, err)
}

// unexpected logs an error and answers without telling what it was.
func (s *server) unexpected(ctx context.Context, err error) huma.StatusError {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == "22021" || pg.Code == "22P05") {
		return huma.NewError(http.StatusUnprocessableEntity, "a text holds a character that cannot be stored (NUL or broken UTF-8)")
	}
	id := requestID(ctx)
	s.Log.ErrorContext(ctx, "request failed", "request_id", id, "err", err)
	if unreachable(err) {
		return huma.NewError(http.StatusServiceUnavailable, "the database cannot be reached; request id "+id)
	}
	return huma.NewError(http.StatusInternalServerError, "internal error; request id "+id)
}

func unreachable(err error) bool {
	var connecting *pgconn.ConnectError
	return errors.As(err, &connecting)
}

// statusOf tells a clash with another client from a mistake.
func statusOf(e *engine.FieldError) int {
	if errors.Is(e, engine.ErrTaken) {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// refuse answers from a middleware.
func (s *server) refuse(c huma.Context, err huma.StatusError) {
	var problem *huma.ErrorModel
	if errors.As(err, &problem) {
		_ = huma.WriteErr(s.huma, c, problem.Status, problem.Detail) // written or gone
	}
}

// tidy is run over every answer. Of a problem it keeps no more of the request than
// a person would quote, and names a missing field by its place.
func tidy(_ huma.Context, _ string, answer any) (any, error) {
	problem, ok := answer.(*huma.ErrorModel)
	if !ok {
		return answer, nil
	}
	for _, detail := range problem.Errors {
		switch value := detail.Value.(type) {
		case string:
			if len(value) > 200 || value == "" {
				detail.Value = nil
			}
		case bool, float64, int, int64:
		default:
			detail.Value = nil
		}
		if rest, ok := strings.CutPrefix(detail.Message, "expected required property "); ok {
			detail.Location += "." + strings.TrimSuffix(rest, " to be present")
			detail.Message = "is required"
		}
	}
	return problem, nil
}

// fail answers what no operation did: unknown routes, wrong methods, panics, and
// errors of the few handlers that are not operations.
func (s *server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	ctx := c.Request().Context()
	status, detail := http.StatusInternalServerError, ""
	var known *echo.HTTPError
	if errors.As(err, &known) {
		status, detail = known.Code, fmt.Sprint(known.Message)
	} else {
		problem := s.unexpected(ctx, err)
		status, detail = problem.GetStatus(), problem.Error()
	}
	if isAPI(c.Request()) {
		if status == http.StatusNotFound {
			detail = "there is no such route; /docs lists them all"
		}
		c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
		err = c.JSON(status, &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
	} else {
		err = s.plainMessage(c, status)
	}
	if err != nil {
		s.Log.DebugContext(ctx, "answering failed", "request_id", requestID(ctx), "err", err)
	}
}
