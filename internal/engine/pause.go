package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// Who pauses, besides people (pauses.by).
const (
	byServer  = "mail server"
	byBreaker = "breaker"
)

// ErrNotPaused says that there is nothing to resume.
var ErrNotPaused = errors.New("it is not paused")

// PauseSender keeps letters of a sender from going, until a moment or (nil) until a
// person resumes it. Letters wait, with the reason; those in a worker's hands are
// the worker's to give back. A longer pause stays as it is.
func (e *Engine) PauseSender(ctx context.Context, sender, reason string, until *time.Time) error {
	return e.pause(ctx, store.PausedSender, senderKey(sender), byServer, reason, func(_ time.Time, before *store.Pause) (*time.Time, int) {
		return until, before.Failures
	})
}

// SenderTrouble pauses a sender whose mail server refuses the account (5xx to AUTH
// or MAIL): nobody knows what the matter is, so it is tried again after 15 minutes,
// then 1, 4 and 24 hours. A server that speaks of its limit for the day is left
// alone for 24 hours at once: Yandex begins to count anew with each attempt
// (reliability, 2.1).
func (e *Engine) SenderTrouble(ctx context.Context, sender, response string) error {
	return e.pause(ctx, store.PausedSender, senderKey(sender), byServer, "the mail server refuses it: "+response, func(now time.Time, before *store.Pause) (*time.Time, int) {
		failures := before.Failures
		if over := before.Over(); over != nil && now.Sub(*over) > 2*troubles[len(troubles)-1] {
			failures = 0 // that was something else
		}
		if before.Holds(now) {
			failures = max(0, failures-1) // the same trouble, seen by several connections
		}
		rest := troubles[min(failures, len(troubles)-1)]
		if dayIsOver(response) {
			rest = troubles[len(troubles)-1]
		}
		until := now.Add(rest)
		return &until, failures + 1
	})
}

// troubles are the pauses of a sender in trouble, the last one repeats.
var troubles = []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour}

// dayIsOver reports whether a refusal speaks of an account's limit for a day.
func dayIsOver(response string) bool {
	text := strings.ToLower(response)
	for _, sign := range []string{"5.4.5", "daily", "per day", "24 hour", "24 h", "sending limit", "limit exceeded", "quota", "too many messages"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// PauseSequence keeps letters of a sequence from going until a person resumes it.
func (e *Engine) PauseSequence(ctx context.Context, sequence, reason, by string) error {
	return e.pause(ctx, store.PausedSequence, sequence, by, reason, untilResumed)
}

func untilResumed(time.Time, *store.Pause) (*time.Time, int) { return nil, 0 }

// pause stores a pause that lasts as term says, unless a longer one holds.
func (e *Engine) pause(ctx context.Context, kind, name, by, reason string, term func(now time.Time, before *store.Pause) (*time.Time, int)) error {
	err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		if err := store.LockPause(ctx, tx, kind, name); err != nil {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		before, err := store.FindPause(ctx, tx, kind, name)
		if err != nil && !isNotFound(err) {
			return err
		}
		holds := before.Holds(now)
		if holds && (by == byMailbox || before.Until == nil && before.By != byMailbox) {
			return nil // a mailbox's pause ends when that is read again, so it must not stand for another's
		}
		until, failures := term(now, &before)
		if holds && until != nil && before.Until != nil && !until.After(*before.Until) {
			return nil
		}
		since := now
		if holds {
			since, failures = before.Since, max(1, before.Failures)
		}
		e.Log.Warn("paused", "kind", kind, "name", name, "until", until, "by", by, "reason", reason)
		return errors.Join(
			store.SavePause(ctx, tx, store.Pause{
				Kind: kind, Name: name, Paused: true, Until: until, Reason: reason, Since: since, By: by, Failures: failures, ResumedAt: before.ResumedAt,
			}),
			store.Notify(ctx, tx, store.PlanChannel),
		)
	})
	if err != nil {
		return fmt.Errorf("pausing %s %s: %w", kind, name, err)
	}
	return nil
}

// ResumeSender lets a paused sender go on. Rejections from before do not count
// any more. It fails with ErrNotPaused, or store.ErrNotFound for one that never was.
func (e *Engine) ResumeSender(ctx context.Context, sender, by string) error {
	return e.resumePaused(ctx, store.PausedSender, senderKey(sender), waitsForSender, by)
}

// ResumeSequence is ResumeSender for a sequence.
func (e *Engine) ResumeSequence(ctx context.Context, sequence, by string) error {
	return e.resumePaused(ctx, store.PausedSequence, sequence, waitsForSequence, by)
}

func (e *Engine) resumePaused(ctx context.Context, kind, name, waiting, by string) error {
	err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		if err := store.AwaitPlanner(ctx, tx); err != nil { // what it is parking just now is to be woken too
			return err
		}
		if err := store.LockPause(ctx, tx, kind, name); err != nil {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		pause, err := store.FindPause(ctx, tx, kind, name)
		if err != nil {
			return err
		}
		if !pause.Holds(now) {
			return ErrNotPaused
		}
		e.Log.Info("resumed", "kind", kind, "name", name, "by", by)
		pause.Paused, pause.Until, pause.ResumedAt, pause.Failures, pause.By = false, nil, &now, 0, by
		if err := store.SavePause(ctx, tx, pause); err != nil {
			return err
		}
		if err := store.WakePaused(ctx, tx, waiting, name, now); err != nil {
			return err
		}
		return store.Notify(ctx, tx, store.PlanChannel)
	})
	if err != nil && !errors.Is(err, ErrNotPaused) && !isNotFound(err) {
		return fmt.Errorf("resuming %s %s: %w", kind, name, err)
	}
	return err
}

// pausedBecause says why a sender is paused, or "".
func pausedBecause(ctx context.Context, db store.DB, sender string, now time.Time) (string, error) {
	pause, err := store.FindPause(ctx, db, store.PausedSender, senderKey(sender))
	if isNotFound(err) || err == nil && !pause.Holds(now) {
		return "", nil
	}
	return "sending from " + pause.Name + " is paused: " + pause.Reason, err
}
