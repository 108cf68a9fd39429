package engine

import (
	"context"
	"fmt"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// fromLink is the source of suppressions by the unsubscribe link of a letter.
const fromLink = "link"

// LeaveSequence is that whoever got a letter wants no more of its sequence: it ends, and
// the address the letter went to, and the one the client has now, get nothing of it any
// more. Other sequences go on. Doing it twice changes nothing. Of a client who was erased
// nobody knows which sequence it was: then it holds for all, see Unsubscribe.
func (e *Engine) LeaveSequence(ctx context.Context, messageID int64) error {
	letter, err := store.ToldLetterByID(ctx, e.DB, messageID)
	if isNotFound(err) {
		return e.refuseErased(ctx, messageID, endedUnsubscribed, fromLink)
	}
	if err != nil {
		return err
	}
	err = e.stopping(ctx, letter.ClientID, func(s *stop) error { return s.leave(ctx, &letter) }, letter.Recipient)
	if err != nil {
		return fmt.Errorf("unsubscribing from %s: %w", letter.Sequence, err)
	}
	return nil
}

func (s *stop) leave(ctx context.Context, letter *store.ToldLetter) error {
	now, err := store.Now(ctx, s.tx)
	if err != nil {
		return err
	}
	suppressed, err := suppressionsOf(ctx, s.tx, []store.Client{{Address: letter.Recipient}, {Address: s.client.Address}})
	if err != nil {
		return err
	}
	news := false
	for _, address := range []string{letter.Recipient, s.client.Address} {
		if address == "" || suppressed.cover(address, letter.Sequence) {
			continue
		}
		added, err := store.Suppress(ctx, s.tx, store.Suppression{
			Address: address, Scope: letter.Sequence, Reason: endedUnsubscribed, Source: fromLink, CreatedAt: now,
		})
		if err != nil {
			return err
		}
		news = news || added
	}
	if err := s.taken(ctx, letter.MessageID, "evidence: "+endedUnsubscribed, now); err != nil {
		return err
	}
	left := func(o store.Enrollment, _ *Version) bool { return o.Sequence == letter.Sequence }
	if err := s.end(ctx, endedUnsubscribed, left); err != nil || !news {
		return err
	}
	r := Report{MessageID: letter.MessageID, Source: fromLink, Event: inbound.Event{Kind: inbound.Unsubscribed}}
	touch := r.touch(letter, now, "human")
	touch.Data["scope"] = store.ScopeSequence
	if _, err := store.TellLeft(ctx, s.tx, touch); err != nil {
		return err
	}
	return s.told(ctx, now)
}
