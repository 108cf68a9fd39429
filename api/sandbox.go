package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/sandbox"
	"seventh/sequences"
)

type clockAnswer struct {
	Body struct {
		Now time.Time `json:"now" doc:"Business time."`
	}
}

func showClock(now time.Time) *clockAnswer {
	answer := &clockAnswer{}
	answer.Body.Now = now.UTC()
	return answer
}

// clock tells business time.
func (s *server) clock(ctx context.Context, _ *struct{}) (*clockAnswer, error) {
	now, err := s.Sandbox.Now(ctx)
	if err != nil {
		return nil, err
	}
	return showClock(now), nil
}

// advance moves business time. What the sandbox says went wrong is for the person
// in front of it: he runs the server himself.
func (s *server) advance(ctx context.Context, in *struct {
	Body struct {
		Advance string `json:"advance" doc:"How far: 30m, 12h, 21d, 3w, 2mo or 5bd (business days)."`
	}
}) (*clockAnswer, error) {
	check := (&rules{}).check()
	duration, err := sequences.ParseDuration(in.Body.Advance)
	if err != nil {
		check.add("body.advance", err.Error(), in.Body.Advance)
		return nil, check.err()
	}
	now, err := s.Sandbox.Advance(ctx, duration)
	switch {
	case errors.Is(err, sandbox.ErrRange):
		check.add("body.advance", err.Error(), in.Body.Advance)
		return nil, check.err()
	case errors.Is(err, sandbox.ErrWaiting), errors.Is(err, sandbox.ErrStuck):
		return nil, huma.NewError(http.StatusServiceUnavailable, err.Error())
	case err != nil:
		return nil, err
	}
	return showClock(now), nil
}
