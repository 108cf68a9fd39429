package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// A letter is unconfirmed when it may have been accepted and nobody said so. Evidence
// that it was closes it, before or after: whatever came back for it. Else a person does,
// or after a day the sequence, if it says how.

// What an unconfirmed letter can be taken for.
const (
	AsSent      = "sent"       // it arrived: the chain goes on from the day it went
	AsFailed    = "failed"     // it did not; the chain goes on all the same
	AsSendAgain = "send_again" // the same letter goes once more, with its Message-ID
)

// Ways are all that an unconfirmed letter can be taken for.
var Ways = []string{AsSent, AsFailed, AsSendAgain}

// unconfirmedFor is how long an unconfirmed letter is held before the sequence decides,
// in business time.
const unconfirmedFor = 24 * time.Hour

// ErrConfirmed says that a letter is not unconfirmed, or not any more.
var ErrConfirmed = errors.New("this letter is not unconfirmed")

// Decision is what becomes of an unconfirmed letter.
type Decision struct {
	As   string // one of Ways
	By   string // who decides
	Note string
}

// Confirm decides about an unconfirmed letter. ErrConfirmed: there is nothing to decide.
// ErrEnded: it cannot go again, because its enrollment has ended.
func (e *Engine) Confirm(ctx context.Context, messageID int64, d Decision) error {
	if !slices.Contains(Ways, d.As) {
		return fmt.Errorf("a letter cannot be taken for %q", d.As)
	}
	letter, err := store.ToldLetterByID(ctx, e.DB, messageID)
	if err == nil {
		err = e.stopping(ctx, letter.ClientID, func(s *stop) error {
			u, err := store.LockUnconfirmed(ctx, s.tx, messageID)
			if isNotFound(err) || err == nil && u.Again {
				return ErrConfirmed
			}
			if err != nil {
				return err
			}
			now, err := store.Now(ctx, s.tx)
			if err != nil {
				return err
			}
			v := store.Verdict{As: d.As, By: d.By, Note: d.Note, At: now, Reason: decided(d, now)}
			return s.close(ctx, &u, v)
		})
	}
	if err != nil {
		return fmt.Errorf("deciding about message %d: %w", messageID, err)
	}
	return nil
}

// ConfirmAll decides about up to limit of the unconfirmed letters that a filter lets
// through. It returns how many were decided about, how many were not because their
// enrollment has ended, and the id of the last one, to go on from; 0 when there are no more.
func (e *Engine) ConfirmAll(ctx context.Context, f store.UnconfirmedFilter, d Decision) (done, left int, last int64, err error) {
	list, err := store.ListUnconfirmed(ctx, e.DB, f)
	if err != nil {
		return 0, 0, 0, err
	}
	for _, u := range list {
		switch err := e.Confirm(ctx, u.MessageID, d); {
		case err == nil:
			done++
		case errors.Is(err, ErrEnded):
			left++
		case errors.Is(err, ErrConfirmed), isNotFound(err): // meanwhile
		default:
			return done, left, last, err
		}
		last = u.MessageID
	}
	if len(list) < f.Limit {
		last = 0
	}
	return done, left, last, nil
}

// decided is a decision in words for people.
func decided(d Decision, now time.Time) string {
	what := map[string]string{AsSent: "taken for sent", AsFailed: "taken for lost", AsSendAgain: "sent again"}[d.As]
	reason := fmt.Sprintf("%s by %s on %s", what, d.By, now.UTC().Format("2 Jan 2006 15:04 MST"))
	if d.Note != "" {
		reason += ": " + d.Note
	}
	return reason
}

// proved takes a letter for sent, if nobody knew, because something came back for it.
// Call it when what proves it has been committed, or use taken in a stop.
func (e *Engine) proved(ctx context.Context, messageID int64, evidence string) error {
	letter, err := store.ToldLetterByID(ctx, e.DB, messageID)
	if err != nil || letter.State != Unconfirmed && letter.State != PutOff && letter.State != "held" {
		return err
	}
	return e.stopping(ctx, letter.ClientID, func(s *stop) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		return s.taken(ctx, messageID, evidence, now)
	})
}

// taken takes a letter of the client for sent, if nobody knew, even if it was about to
// go again.
func (s *stop) taken(ctx context.Context, messageID int64, evidence string, now time.Time) error {
	u, err := store.LockUnconfirmed(ctx, s.tx, messageID)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.close(ctx, &u, store.Verdict{As: AsSent, By: "evidence", Note: evidence, Response: evidence, At: now})
}

// close writes a verdict, and moves the enrollment on as the letter's outcome would have.
func (s *stop) close(ctx context.Context, u *store.Unconfirmed, v store.Verdict) error {
	enrollment, err := store.EnrollmentByID(ctx, s.tx, u.EnrollmentID)
	if err != nil {
		return err
	}
	v.MessageID, v.State = u.MessageID, v.As
	if v.As == AsSendAgain {
		if enrollment.State == "ended" {
			return ErrEnded
		}
		v.State = PutOff
		if enrollment.State == "paused" {
			v.State = "held"
		}
	}
	if err := store.Decide(ctx, s.tx, v); err != nil {
		return err
	}
	if err := s.goOn(ctx, u, &enrollment, v); err != nil {
		return err
	}
	if v.As == AsSent {
		return s.told(ctx, v.At)
	}
	return store.Notify(ctx, s.tx, store.PlanChannel)
}

// goOn moves the enrollment that an unconfirmed letter held. A handover letter was out of
// turn, and holds none.
func (s *stop) goOn(ctx context.Context, u *store.Unconfirmed, enrollment *store.Enrollment, v store.Verdict) error {
	waits := enrollment.Waiting == waitsUnconfirmed || u.Again && enrollment.NextAt == nil
	switch {
	case enrollment.State == "ended" || !waits:
		return nil
	case u.Step == store.HandoverStep: // a restore held it all the same
		return store.WakeDoubtful(ctx, s.tx, enrollment.ID, v.At)
	case v.As == AsSendAgain:
		return store.LetGo(ctx, s.tx, u.EnrollmentID)
	}
	version, err := s.engine.Version(ctx, s.tx, enrollment.VersionID)
	if err != nil && !isContent(err) {
		return err
	}
	move := store.Move{
		EnrollmentID: enrollment.ID, LastStep: enrollment.LastStep, NextStep: enrollment.NextStep, Waiting: waitsForContent,
		OfferName: enrollment.OfferName, OfferExpiresAt: enrollment.OfferExpiresAt,
	}
	if err == nil {
		step := version.StepNamed(u.Step)
		next, more := version.follow(step, u.Occurrence)
		if !more && !version.neverRunsDry {
			ended, err := store.EndEnrollments(ctx, s.tx, []int64{enrollment.ID}, endedFinished, u.SentAt)
			if err != nil {
				return err
			}
			return s.engine.afterEnd(ctx, s.tx, ended, v.At)
		}
		move = version.onward(enrollment, step, next, &s.client, u.SentAt)
	}
	return store.MoveEnrollments(ctx, s.tx, []store.Move{move})
}

// LookAtUnconfirmed looks at unconfirmed letters whose moment has come: right after they
// became so, for evidence that came before, and a day later, for what their sequence
// says. It returns how many there were.
func (e *Engine) LookAtUnconfirmed(ctx context.Context) (int, error) {
	list, err := store.UnconfirmedDue(ctx, e.DB, lookLimit)
	if err != nil {
		return 0, err
	}
	for _, due := range list {
		err := e.lookAtOne(ctx, due)
		if isNotFound(err) || due.ClientID == 0 {
			err = store.SettledMeanwhile(ctx, e.DB, due.MessageID)
		}
		if err != nil && ctx.Err() == nil { // the others go on without it
			e.Log.Error("unconfirmed letter cannot be looked at", "message_id", due.MessageID, "err", err)
			later := due.LookAt.Add(time.Hour)
			err = store.LookLater(ctx, e.DB, due.MessageID, &later)
		}
		if err != nil {
			return 0, fmt.Errorf("looking at unconfirmed message %d: %w", due.MessageID, err)
		}
	}
	return len(list), nil
}

// lookLimit is how many letters are looked at before the planner's turn.
const lookLimit = 200

func (e *Engine) lookAtOne(ctx context.Context, due store.ToLookAt) error {
	return e.stopping(ctx, due.ClientID, func(s *stop) error {
		u, err := store.LockUnconfirmed(ctx, s.tx, due.MessageID)
		if err != nil {
			return err
		}
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if u.Evidence != "" {
			return s.taken(ctx, u.MessageID, "evidence: "+u.Evidence, now)
		}
		if u.Again {
			return store.LookLater(ctx, s.tx, u.MessageID, nil)
		}
		if then := u.Since.Add(unconfirmedFor); now.Before(then) {
			return store.LookLater(ctx, s.tx, u.MessageID, &then)
		}
		rule, err := s.ruleFor(ctx, &u)
		if err != nil {
			return err
		}
		v := store.Verdict{As: byItself(rule, u.Doubt, u.Resent), By: "unconfirmed: " + rule, At: now}
		switch v.As {
		case AsSent:
			v.Reason = "taken for sent: nothing was heard of it for a day"
		case AsSendAgain:
			v.Resent, v.Reason = true, "sent again: nothing was heard of it for a day"
		default:
			return store.LookLater(ctx, s.tx, u.MessageID, nil)
		}
		if err := s.close(ctx, &u, v); !errors.Is(err, ErrEnded) {
			return err
		}
		return store.LookLater(ctx, s.tx, u.MessageID, nil)
	})
}

// byItself is what a sequence's rule makes of a letter once it is time; "": it waits for
// somebody to decide.
func byItself(rule string, doubt bool, resent int) string {
	switch {
	case rule == sequences.AssumeSent && !doubt:
		return AsSent
	case rule == sequences.ResendOnce && !doubt && resent == 0:
		return AsSendAgain
	}
	return ""
}

// ByItself says what becomes of an unconfirmed letter if nobody decides and nothing comes
// back, and when: AsSent, AsSendAgain, or "" for nothing.
func (e *Engine) ByItself(ctx context.Context, db store.DB, u *store.OpenUnconfirmed) (as string, at time.Time, err error) {
	if u.LookAt == nil {
		return "", at, nil
	}
	version, err := e.Version(ctx, db, u.VersionID)
	if isContent(err) {
		return "", at, nil
	}
	if err != nil {
		return "", at, err
	}
	if at = u.Since.Add(unconfirmedFor); u.LookAt.After(at) {
		at = *u.LookAt
	}
	if as = byItself(version.Sequence.Unconfirmed, u.Doubt, u.Resent); as == AsSendAgain && u.Ended {
		as = ""
	}
	return as, at, nil
}

// ruleFor is what the letter's sequence says about unconfirmed letters.
func (s *stop) ruleFor(ctx context.Context, u *store.Unconfirmed) (string, error) {
	enrollment, err := store.EnrollmentByID(ctx, s.tx, u.EnrollmentID)
	if err != nil {
		return "", err
	}
	version, err := s.engine.Version(ctx, s.tx, enrollment.VersionID)
	if isContent(err) {
		return sequences.HoldUnconfirmed, nil
	}
	if err != nil {
		return "", err
	}
	return cmp.Or(version.Sequence.Unconfirmed, sequences.HoldUnconfirmed), nil
}
