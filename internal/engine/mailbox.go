package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// byMailbox is who pauses a sender whose answers nobody can read (pauses.by).
const byMailbox = "mailbox"

const (
	// deafAfter is how long a mailbox may be unreadable before letters of its address wait.
	deafAfter = 4 * time.Hour
	// deafDay is when the log says once more that nobody has done anything about it.
	deafDay = 24 * time.Hour
)

// MailboxRead notes that a mailbox was read at a wall time, and why some of its folders
// were not; missing is nil if all were. A sender that was paused because the mailbox could not
// be read goes on.
func (e *Engine) MailboxRead(ctx context.Context, m store.Mailbox, missing error, now time.Time) error {
	why := ""
	if missing != nil {
		why = missing.Error()
	}
	again, err := store.ReadMailbox(ctx, e.DB, m, why, now)
	if err != nil {
		return err
	}
	if again { // whoever repaired it may have started everything anew
		e.Log.Info("a mailbox is read again", "mailbox", m.Name)
	}
	if !m.Sends {
		return nil
	}
	return e.heard(ctx, m.Address)
}

// MailboxUnread notes that a mailbox could not be read at a wall time, and why. After
// four hours letters of its address wait: nobody would notice that somebody answers, or
// wants no more.
func (e *Engine) MailboxUnread(ctx context.Context, m store.Mailbox, cause error, now time.Time) error {
	m, err := store.FailMailbox(ctx, e.DB, m, cause.Error(), now)
	if err != nil {
		return err
	}
	since := m.UnreadSince()
	if now.Sub(since) >= deafDay {
		e.Log.Error("a mailbox cannot be read for more than a day", "mailbox", m.Name, "since", since, "err", cause)
	}
	if !m.Sends || now.Sub(since) < deafAfter {
		return nil
	}
	reason := fmt.Sprintf("the mailbox of %s cannot be read since %s: %s; nobody would notice replies", m.Address, since.UTC().Format("2006-01-02 15:04 UTC"), cause)
	return e.pause(ctx, store.PausedSender, senderKey(m.Address), byMailbox, reason, untilResumed)
}

// ForgetMailboxes forgets all mailboxes but the named ones: seventh.yaml does not have
// them any more, and what waited for them goes on.
func (e *Engine) ForgetMailboxes(ctx context.Context, names []string) error {
	gone, err := store.ForgetMailboxes(ctx, e.DB, names)
	for _, m := range gone {
		if m.Sends {
			err = errors.Join(err, e.heard(ctx, m.Address))
		}
	}
	return err
}

// heard ends a sender's pause if it is because of the mailbox. Any other stays, and what
// breakers have counted counts on.
func (e *Engine) heard(ctx context.Context, address string) error {
	name := senderKey(address)
	if pause, err := store.FindPause(ctx, e.DB, store.PausedSender, name); isNotFound(err) || err == nil && !(pause.Paused && pause.By == byMailbox) {
		return nil
	} else if err != nil {
		return err
	}
	err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		if err := store.AwaitPlanner(ctx, tx); err != nil { // what it is parking just now is to be woken too
			return err
		}
		if err := store.LockPause(ctx, tx, store.PausedSender, name); err != nil {
			return err
		}
		pause, err := store.FindPause(ctx, tx, store.PausedSender, name)
		if err != nil || !pause.Paused || pause.By != byMailbox {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		e.Log.Info("resumed", "kind", store.PausedSender, "name", name, "by", byMailbox)
		pause.Paused, pause.Until = false, nil
		return errors.Join(
			store.SavePause(ctx, tx, pause),
			store.WakePaused(ctx, tx, waitsForSender, name, now),
			store.Notify(ctx, tx, store.PlanChannel),
		)
	})
	if err != nil {
		return fmt.Errorf("resuming %s, whose mailbox can be read: %w", name, err)
	}
	return nil
}
