package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// awayJSON is that a client is out of the office.
type awayJSON struct {
	Until      time.Time `json:"until" doc:"Before then nothing of a sequence happens to the client; each sequence goes on when its window opens."`
	SaidUntil  string    `json:"said_until,omitempty" format:"date" doc:"The date of return that the automatic reply states."`
	Substitute string    `json:"substitute" doc:"Whom it names instead; empty for nobody."`
	SaidAt     time.Time `json:"said_at"`
}

// away is the absence of a client; nil if he is not away now.
func (s *server) away(ctx context.Context, clientID int64) (*awayJSON, error) {
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	a, err := store.AbsenceOf(ctx, s.DB, clientID)
	if err != nil || a == nil || !a.Holds(now) {
		return nil, err
	}
	shown := &awayJSON{Until: a.Until.UTC(), Substitute: a.Substitute, SaidAt: a.SaidAt.UTC()}
	if a.SaidUntil != nil {
		shown.SaidUntil = a.SaidUntil.UTC().Format(time.DateOnly)
	}
	return shown, nil
}

// endAbsence says that a client is back; one who is not away stays as he is.
func (s *server) endAbsence(ctx context.Context, in *clientPath) (*struct{}, error) {
	client, err := store.ClientByExternalID(ctx, s.DB, in.ExternalID)
	if err != nil {
		return nil, err
	}
	_, err = s.Engine.EndAbsence(ctx, client.ID)
	return nil, err
}

// suppressByTask believes that a client wants no more letters. Said twice it is
// answered as the first time.
func (s *server) suppressByTask(ctx context.Context, in *struct {
	ID   int64 `path:"id"`
	Body *struct {
		By string `json:"by,omitempty" doc:"The e-mail address of the rep who decided it; the task's rep if left out."`
	}
}) (*taskAnswer, error) {
	task, err := store.TaskByID(ctx, s.DB, in.ID)
	if err != nil {
		return nil, err
	}
	by := task.Owner
	if in.Body != nil && in.Body.By != "" {
		by = strings.ToLower(in.Body.By)
		check := (&rules{}).check()
		_, err := store.UserByEmail(ctx, s.DB, by)
		if err := check.known("body.by", err); err != nil {
			return nil, err
		}
		if err := check.err(); err != nil {
			return nil, err
		}
	}
	if by == "" {
		by = "api"
	}
	closing := s.Engine.SuppressByTask(ctx, in.ID, by)
	if errors.Is(closing, engine.ErrNoOptOut) {
		return nil, huma.NewError(http.StatusConflict, closing.Error()+": add the address by POST /api/v1/suppressions")
	}
	if closing != nil && !errors.Is(closing, engine.ErrTaskClosed) {
		return nil, closing
	}
	if task, err = store.TaskByID(ctx, s.DB, in.ID); err != nil {
		return nil, err
	}
	if closing != nil && task.Note != engine.WantsNoMore {
		return nil, huma.NewError(http.StatusConflict, closedBefore(&task))
	}
	return &taskAnswer{Body: showTask(&task, nil)}, nil
}
