package engine

import (
	"context"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

// loadThreads finds what letters with `thread: reply` answer: the sent letters of
// their enrollment that came from the same mailbox without a break. When the last
// one came from another, because the client has a new owner, a conversation of his
// own begins.
func loadThreads(ctx context.Context, tx pgx.Tx, letters []*Letter) error {
	replies := make(map[int64]*Letter)
	var ids []int64
	for _, l := range letters {
		step, found := l.Version.Sequence.Step(l.Step)
		if found && step.Thread == sequences.ThreadReply {
			replies[l.EnrollmentID] = l
			ids = append(ids, l.EnrollmentID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	sent, err := store.SentLetters(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, before := range sent {
		l := replies[before.EnrollmentID]
		if senderKey(before.Sender) != senderKey(l.From.Email) {
			l.Thread = nil
			continue
		}
		if step, _ := l.Version.Sequence.Step(before.Step); step.Thread != sequences.ThreadReply {
			l.Thread = nil // this one began a conversation
		}
		l.Thread = append(l.Thread, before)
	}
	return nil
}
