package engine

import (
	"context"

	"seventh/internal/store"
)

// What comes back to a letter ends chains as it says, and stands in the ledger.

const endedComplained = "complained"

// Replied writes down that a person answered a letter, and ends the client's chains
// that end on it.
func (e *Engine) Replied(ctx context.Context, messageID int64) error {
	return e.cameBack(ctx, messageID, "replied", "human")
}

// AutoReplied writes down that a machine answered a letter: somebody is out of the
// office. That is no reply.
func (e *Engine) AutoReplied(ctx context.Context, messageID int64) error {
	return e.cameBack(ctx, messageID, "auto_replied", "machine")
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

func (e *Engine) cameBack(ctx context.Context, messageID int64, kind, actor string) error {
	message, err := store.MessageByID(ctx, e.DB, messageID)
	if err != nil {
		return err
	}
	now, err := store.Now(ctx, e.DB)
	if err != nil {
		return err
	}
	_, err = e.NoteTouch(ctx, store.NewTouch{
		ClientID: message.ClientID, Kind: kind, Channel: "email", At: now, Actor: actor, EnrollmentID: &message.EnrollmentID, MessageID: &messageID,
	})
	return err
}
