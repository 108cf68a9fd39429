package engine

import (
	"context"
	"fmt"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

const endedComplained = "complained"

// Report is what evidence says about a letter of ours that has been found.
type Report struct {
	MessageID  int64
	EvidenceID int64 // 0 without any
	// ReceivedAt is when the evidence came, in wall time; zero for now.
	ReceivedAt time.Time
	inbound.Event
}

// Apply does what follows from a report: it writes the touch, stops what must stop, and
// settles a letter that nobody knew the fate of. Reports may come twice, late, in any
// order and before the letter is settled: the end is the same. A letter that is gone,
// because its client was erased, is no error.
func (e *Engine) Apply(ctx context.Context, r Report) error {
	if err := e.apply(ctx, r); err != nil {
		return fmt.Errorf("applying that message %d was %s: %w", r.MessageID, r.Kind, err)
	}
	return nil
}

func (e *Engine) apply(ctx context.Context, r Report) error {
	switch r.Kind {
	case inbound.Replied:
		return e.answered(ctx, r)
	case inbound.AutoReplied:
		return e.autoAnswered(ctx, r)
	case inbound.Opened, inbound.Clicked:
		return e.visited(ctx, r)
	case inbound.Bounced:
		return e.refused(ctx, r.MessageID, endedBounced)
	case inbound.Complained:
		return e.refused(ctx, r.MessageID, endedComplained)
	case inbound.Unsubscribed:
		return e.Unsubscribe(ctx, r.MessageID)
	}
	return nil
}

func (e *Engine) refused(ctx context.Context, messageID int64, reason string) error {
	message, err := store.MessageByID(ctx, e.DB, messageID)
	if err != nil {
		return err
	}
	return e.stopping(ctx, message.ClientID, func(s *stop) error {
		return s.suppress(ctx, reason, "letter", &messageID, message.Recipient)
	}, message.Recipient)
}
