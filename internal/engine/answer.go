package engine

import (
	"context"

	"seventh/internal/store"
)

// What comes back to a letter ends chains as it says, and stands in the ledger.

const (
	endedReplied    = "replied"
	endedComplained = "complained"
)

// Replied writes down that a person answered a letter, and ends the client's chains
// that end on it.
func (e *Engine) Replied(ctx context.Context, messageID int64) error {
	return e.answered(ctx, messageID, func(s *stop) error {
		if err := s.cameBack(ctx, "replied", "human", messageID); err != nil {
			return err
		}
		return s.end(ctx, endedReplied, exitingOn("reply"))
	})
}

// AutoReplied writes down that a machine answered a letter: somebody is out of the
// office. That is no reply.
func (e *Engine) AutoReplied(ctx context.Context, messageID int64) error {
	return e.answered(ctx, messageID, func(s *stop) error { return s.cameBack(ctx, "auto_replied", "machine", messageID) })
}

// Bounced keeps the address that a letter went to from being mailed again, because
// it cannot be reached.
func (e *Engine) Bounced(ctx context.Context, messageID int64) error {
	return e.refused(ctx, messageID, endedBounced)
}

// Complained does so because the client called a letter spam.
func (e *Engine) Complained(ctx context.Context, messageID int64) error {
	return e.refused(ctx, messageID, endedComplained)
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

// answered runs fn for the client a letter went to, and wakes the planner.
func (e *Engine) answered(ctx context.Context, messageID int64, fn func(s *stop) error) error {
	message, err := store.MessageByID(ctx, e.DB, messageID)
	if err != nil {
		return err
	}
	return e.stopping(ctx, message.ClientID, func(s *stop) error {
		if err := fn(s); err != nil {
			return err
		}
		return store.Notify(ctx, s.tx, store.PlanChannel)
	})
}

func (s *stop) cameBack(ctx context.Context, kind, actor string, messageID int64) error {
	now, err := store.Now(ctx, s.tx)
	if err != nil {
		return err
	}
	_, err = store.InsertTouch(ctx, s.tx, store.NewTouch{ClientID: s.client.ID, Kind: kind, Channel: "email", At: now, Actor: actor, MessageID: &messageID})
	return err
}
