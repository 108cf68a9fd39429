package api

import (
	"context"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// guardJSON says whether letters are kept back because a backup was restored.
type guardJSON struct {
	Stops       bool       `json:"stops" doc:"No letter goes out until a person confirms."`
	Reason      string     `json:"reason" doc:"Why, last time; empty if it never happened."`
	TrippedAt   *time.Time `json:"tripped_at" doc:"Wall time, as the others here."`
	RestoredTo  *time.Time `json:"restored_to" doc:"What happened later is not in the database."`
	ConfirmedAt *time.Time `json:"confirmed_at"`
	ConfirmedBy string     `json:"confirmed_by"`
}

// doubtJSON is a letter that may have been sent.
type doubtJSON struct {
	Client   string    `json:"client"`
	Email    string    `json:"email"`
	Sequence string    `json:"sequence"`
	Step     string    `json:"step"`
	DueAt    time.Time `json:"due_at" doc:"Business time."`
}

// doubtsShown is how many letters in doubt an answer lists.
const doubtsShown = 1000

type guardAnswer struct {
	Body struct {
		guardJSON
		Letters int         `json:"letters" doc:"How many are in doubt: due since the backup was made, or held by an earlier confirmation."`
		Doubts  []doubtJSON `json:"doubts" doc:"The first 1,000 of them."`
	}
}

func showGuard(g store.Guard) guardJSON {
	return guardJSON{Stops: g.Stops(), Reason: g.Reason, TrippedAt: inUTC(g.TrippedAt), RestoredTo: inUTC(g.RestoredTo), ConfirmedAt: inUTC(g.ConfirmedAt), ConfirmedBy: g.ConfirmedBy}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// guard tells whether the restore guard keeps letters back, and which are in doubt.
func (s *server) guard(ctx context.Context, _ *struct{}) (*guardAnswer, error) {
	answer := &guardAnswer{}
	answer.Body.Doubts = []doubtJSON{}
	guard, err := s.Engine.RestoreDoubts(ctx, func(d store.Doubt) {
		if answer.Body.Letters++; answer.Body.Letters <= doubtsShown {
			answer.Body.Doubts = append(answer.Body.Doubts, doubtJSON{Client: d.Client, Email: d.Email, Sequence: d.Sequence, Step: d.Step, DueAt: d.DueAt.UTC()})
		}
	})
	if err != nil {
		return nil, err
	}
	answer.Body.guardJSON = showGuard(guard)
	return answer, nil
}

type confirmAnswer struct {
	Body struct {
		guardJSON
		Letters int64 `json:"letters" doc:"How many the choice was made for."`
	}
}

// confirmRestore lets letters go again, and decides about those in doubt.
func (s *server) confirmRestore(ctx context.Context, in *struct {
	Body struct {
		Choice string `json:"choice,omitempty" enum:"hold,assume_sent,send" default:"hold" doc:"For the letters in doubt: hold them as unconfirmed, take them for sent on their day, or send them."`
		By     string `json:"by,omitempty" doc:"Who confirms; api if left out."`
	}
}) (*confirmAnswer, error) {
	check := (&rules{}).check()
	check.line("body.by", &in.Body.By, nameLimit)
	if err := check.err(); err != nil {
		return nil, err
	}
	by, choice := in.Body.By, in.Body.Choice
	if by == "" {
		by = "api"
	}
	if choice == "" {
		choice = engine.DoubtsHold
	}
	confirmed, err := s.Engine.ConfirmRestore(ctx, by, choice)
	if err != nil {
		return nil, err
	}
	guard, err := store.ReadGuard(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	answer := &confirmAnswer{}
	answer.Body.guardJSON, answer.Body.Letters = showGuard(guard), confirmed.Letters
	return answer, nil
}
