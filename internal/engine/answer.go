package engine

import (
	"context"

	"seventh/internal/store"
)

// answered is that a person answered a letter.
func (e *Engine) answered(ctx context.Context, r Report) error {
	return e.cameBack(ctx, r.MessageID, "replied", "human")
}

// autoAnswered is that a machine did.
func (e *Engine) autoAnswered(ctx context.Context, r Report) error {
	return e.cameBack(ctx, r.MessageID, "auto_replied", "machine")
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
