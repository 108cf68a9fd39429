package api

import (
	"context"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// decision is what somebody decides about letters of which nobody knows whether they
// arrived.
type decision struct {
	As   string `json:"as" enum:"sent,failed,send_again" doc:"sent: they arrived, and the chains go on from the day they went. failed: they did not, and the chains go on. send_again: the same letters go once more, with the same Message-ID."`
	Note string `json:"note,omitempty" doc:"Why, for those who look at the letter later."`
	By   string `json:"by,omitempty" doc:"Who decides; the API key if left out."`
}

func (d *decision) check(ctx context.Context) (engine.Decision, error) {
	check := (&rules{}).check()
	check.line("body.note", &d.Note, noteLimit)
	check.line("body.by", &d.By, nameLimit)
	by := d.By
	if by == "" {
		by = "API key " + callerOf(ctx).called()
	}
	return engine.Decision{As: d.As, By: by, Note: d.Note}, check.err()
}

// confirmMessage decides about one.
func (s *server) confirmMessage(ctx context.Context, in *struct {
	ID   string `path:"id" doc:"Its id, or its Message-ID with or without the angle brackets."`
	Body decision
}) (*struct{ Body messageJSON }, error) {
	d, err := in.Body.check(ctx)
	if err != nil {
		return nil, err
	}
	path := messagePath{ID: in.ID}
	id, err := s.row(&path)
	if err != nil {
		return nil, err
	}
	if err := s.Engine.Confirm(ctx, id, d); err != nil {
		return nil, err
	}
	return s.message(ctx, &path)
}

type confirmedAnswer struct {
	Body struct {
		Confirmed int `json:"confirmed" doc:"How many letters were decided about."`
		Skipped   int `json:"skipped" doc:"How many cannot go again, because their enrollment has ended. They stay as they are."`
		Left      int `json:"left" doc:"How many letters are unconfirmed still, all of them counted. Call again while confirmed is not 0."`
	}
}

// confirmAtOnce is how many letters one call decides about.
const confirmAtOnce = 5000

// confirmMessages decides about all that fit.
func (s *server) confirmMessages(ctx context.Context, in *struct {
	Body struct {
		As       string    `json:"as" enum:"sent,failed,send_again" doc:"As for one letter."`
		Note     string    `json:"note,omitempty"`
		By       string    `json:"by,omitempty"`
		Sequence string    `json:"sequence,omitempty" doc:"Letters of this sequence only."`
		Sender   string    `json:"sender,omitempty" doc:"Letters of this sender only: an e-mail address."`
		Before   time.Time `json:"before,omitempty" doc:"Letters that became unconfirmed before this moment only."`
	}
}) (*confirmedAnswer, error) {
	d, err := (&decision{As: in.Body.As, Note: in.Body.Note, By: in.Body.By}).check(ctx)
	if err != nil {
		return nil, err
	}
	answer := &confirmedAnswer{}
	f := store.UnconfirmedFilter{Sequence: in.Body.Sequence, Sender: in.Body.Sender, Before: given(in.Body.Before), Limit: 500}
	for answer.Body.Confirmed < confirmAtOnce {
		done, skipped, last, err := s.Engine.ConfirmAll(ctx, f, d)
		if err != nil {
			return nil, err
		}
		answer.Body.Confirmed, answer.Body.Skipped, f.After = answer.Body.Confirmed+done, answer.Body.Skipped+skipped, last
		if last == 0 {
			break
		}
	}
	if answer.Body.Confirmed+answer.Body.Skipped == 0 {
		if err := s.knownSequence(ctx, in.Body.Sequence); err != nil {
			return nil, err
		}
	}
	answer.Body.Left, err = store.CountUnconfirmed(ctx, s.DB)
	return answer, err
}

// knownSequence finds slips of the pen. A sequence that is no longer published may have
// letters still, so that it is asked only when none was found.
func (s *server) knownSequence(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	catalog, err := s.catalog(ctx)
	if err == nil && catalog.Current(name) == nil {
		err = engine.ErrUnknownSequence
	}
	return err
}
