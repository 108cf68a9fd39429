package api

import (
	"context"
	"net/http"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// PauseJSON says that something is paused, and why.
type PauseJSON struct {
	Reason string     `json:"reason"`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until" doc:"When it goes on by itself; null until a person resumes it."`
	By     string     `json:"by" doc:"Who paused it: mail server, breaker, or a person."`
}

func showPause(p *store.Pause) *PauseJSON {
	if p == nil {
		return nil
	}
	return &PauseJSON{Reason: p.Reason, Since: p.Since.UTC(), Until: utc(p.Until), By: p.By}
}

// senderJSON is a mailbox that letters come from.
type senderJSON struct {
	Email      string     `json:"email"`
	Name       string     `json:"name" doc:"Its name in seventh.yaml; empty for a rep who is not there."`
	SentToday  int        `json:"sent_today" doc:"Letters that went on this day of the company's zone."`
	LimitToday *int       `json:"limit_today" doc:"Most letters of this day; null for any number."`
	Rate       string     `json:"rate" doc:"Most letters per second, minute or hour, such as 20/m; empty for any."`
	Paused     *PauseJSON `json:"paused"`
}

func showSender(s *engine.Standing) senderJSON {
	out := senderJSON{Email: s.Email, Name: s.Name, SentToday: s.Sent, Rate: s.Rate, Paused: showPause(s.Pause)}
	if s.Limit > 0 {
		out.LimitToday = &s.Limit
	}
	return out
}

// senders lists the senders of seventh.yaml, and others that are paused.
func (s *server) senders(ctx context.Context, _ *struct{}) (*list[senderJSON], error) {
	if _, err := s.catalog(ctx); err != nil {
		return nil, err
	}
	standings, err := s.Engine.Standings(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return pageOf(standings, len(standings), showSender, nil), nil
}

type resumedAnswer struct{ Status int }

// resumeSender lets a paused sender go on.
func (s *server) resumeSender(ctx context.Context, in *struct {
	Email string `path:"email"`
}) (*resumedAnswer, error) {
	return &resumedAnswer{http.StatusNoContent}, s.Engine.ResumeSender(ctx, in.Email, "API key "+callerOf(ctx).called())
}

// resumeSequence lets a paused sequence go on.
func (s *server) resumeSequence(ctx context.Context, in *struct {
	Name string `path:"name"`
}) (*resumedAnswer, error) {
	return &resumedAnswer{http.StatusNoContent}, s.Engine.ResumeSequence(ctx, in.Name, "API key "+callerOf(ctx).called())
}
