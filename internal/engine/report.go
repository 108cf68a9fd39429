package engine

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
	"seventh/sequences"
)

const endedComplained = "complained"

// Report is what evidence says about a letter of ours that has been found.
type Report struct {
	MessageID  int64
	EvidenceID int64 // 0 without any
	// Source is where it comes from, for suppressions: "hook:ses", "mailbox"; '' for
	// "letter".
	Source string
	// ReceivedAt is when the evidence came, in wall time; zero for now.
	ReceivedAt time.Time
	inbound.Event
}

// Apply does what follows from a report: it writes the touch, stops what must stop, and
// settles a letter that nobody knew the fate of. Reports may come twice, late, in any
// order and before the letter is settled: the end is the same. A letter that is gone,
// because its client was erased, is no error: a refusal holds for its address all the
// same. Nor is one that never was.
func (e *Engine) Apply(ctx context.Context, r Report) error {
	r.Status, r.Diagnostic = storable(r.Status), storable(r.Diagnostic)
	err := e.apply(ctx, r)
	if isNotFound(err) {
		err = e.applyErased(ctx, r)
	}
	if err != nil {
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
	}
	letter, err := store.ToldLetterByID(ctx, e.DB, r.MessageID)
	if err != nil {
		return err
	}
	switch r.Kind {
	case inbound.Delivered:
		return e.delivered(ctx, r, &letter)
	case inbound.Bounced:
		return e.bounced(ctx, r, &letter)
	case inbound.Complained:
		return e.refused(ctx, r, &letter, endedComplained)
	case inbound.Unsubscribed:
		return e.refused(ctx, r, &letter, endedUnsubscribed)
	}
	return nil
}

// applyErased keeps a refusal for the address of a client who was erased; of one who
// never was there is nothing to keep.
func (e *Engine) applyErased(ctx context.Context, r Report) error {
	reason := ""
	switch {
	case r.Kind == inbound.Unsubscribed, r.Kind == inbound.Complained:
		reason = string(r.Kind)
	case r.Kind == inbound.Bounced && r.hard():
		reason = endedBounced
	default:
		return nil
	}
	if err := e.refuseErased(ctx, r.MessageID, reason, r.source()); !isNotFound(err) {
		return err
	}
	return nil
}

// delivered notes that the recipient's server took a letter. Nothing stops by it, and so
// it is written without a lock.
func (e *Engine) delivered(ctx context.Context, r Report, letter *store.ToldLetter) error {
	at, _, err := e.dateOf(ctx, e.DB, r, letter)
	if err != nil {
		return err
	}
	if _, err := store.Tell(ctx, e.DB, r.touch(letter, at, "server")); err != nil {
		return err
	}
	if err := store.JudgeAgain(ctx, e.DB, r.MessageID); err != nil { // what is too soon goes by it
		return err
	}
	return e.proved(ctx, r.MessageID, "evidence: delivered")
}

// refused ends everything automatic for the client, who complained or wants no more,
// whatever address he has by now.
func (e *Engine) refused(ctx context.Context, r Report, letter *store.ToldLetter, reason string) error {
	if before, err := e.saidBefore(ctx, r, letter); before || err != nil {
		return err
	}
	return e.stopping(ctx, letter.ClientID, func(s *stop) error {
		at, now, err := e.dateOf(ctx, s.tx, r, letter)
		if err != nil {
			return err
		}
		touch := r.touch(letter, at, "human")
		if reason == endedUnsubscribed {
			touch.Data["scope"] = store.ScopeAll
		}
		fresh, err := store.TellLeft(ctx, s.tx, touch)
		if err != nil {
			return err
		}
		if err := s.taken(ctx, letter.MessageID, "evidence: "+reason, now); err != nil {
			return err
		}
		if reason == endedComplained {
			if err := s.accuse(ctx, letter, store.Complained, string(r.Kind)); err != nil {
				return err
			}
		}
		if _, err := s.suppress(ctx, reason, r.source(), letter.Recipient, s.client.Address); err != nil {
			return err
		}
		if err := s.raise(ctx, letter, reason, at); err != nil || !fresh {
			return err
		}
		return s.told(ctx, now)
	}, letter.Recipient)
}

// saidBefore reports whether a report about a settled letter says nothing that has not
// been applied, without locking anybody: providers say everything many times. What was
// lifted since is refused anew.
func (e *Engine) saidBefore(ctx context.Context, r Report, letter *store.ToldLetter) (bool, error) {
	if letter.State != Sent && letter.State != Failed {
		return false, nil
	}
	told, err := store.ToldOf(ctx, e.DB, r.MessageID, string(r.Kind))
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at, _, err := e.dateOf(ctx, e.DB, r, letter)
	if err != nil || at.Before(told.At) {
		return false, err
	}
	if r.Kind == inbound.Bounced {
		was := bounceIn(told.Data)
		return reflect.DeepEqual(was.and(bounceOf(&r)), was), nil
	}
	if r.Kind == inbound.Unsubscribed && told.Data["scope"] == store.ScopeSequence {
		return false, nil // he wants less now
	}
	return store.AreSuppressed(ctx, e.DB, letter.ClientID, letter.Recipient)
}

// told leaves the hints that follow from a new touch.
func (s *stop) told(ctx context.Context, now time.Time) error {
	if err := s.engine.happened(ctx, s.tx, []int64{s.client.ID}, true, now); err != nil {
		return err
	}
	return store.Notify(ctx, s.tx, store.PlanChannel)
}

// accuse tells the breakers of what came later.
func (s *stop) accuse(ctx context.Context, letter *store.ToldLetter, class, kind string) error {
	return store.InsertReported(ctx, s.tx, store.Rejection{
		MessageID: letter.MessageID, Sender: senderKey(letter.Sender), Sequence: letter.Sequence, Provider: sequences.ProviderOf(letter.Recipient), Class: class,
	}, kind)
}

// weaker are the reasons for ends that give way to another, which might have been told
// first.
var weaker = map[string][]string{
	endedBounced:      {endedReplied},
	endedUnsubscribed: {endedReplied, endedBounced},
	endedComplained:   {endedReplied, endedBounced, endedUnsubscribed},
}

// justEnded is how much later than a letter's end its enrollment may have finished: what
// was on the wire when it was told of is settled within it.
const justEnded = 5 * time.Minute

// raise gives chains that something weaker has ended the reason that they would have
// ended by, had this been told first.
func (s *stop) raise(ctx context.Context, letter *store.ToldLetter, reason string, at time.Time) error {
	since := letter.At
	if letter.SentAt != nil {
		since = *letter.SentAt
	}
	return store.RaiseEndReason(ctx, s.tx, s.client.ID, letter.EnrollmentID, reason, weaker[reason], since.Add(-justEnded), at.Add(-justEnded))
}

// touch is what is told about a letter.
func (r *Report) touch(letter *store.ToldLetter, at time.Time, actor string) store.NewTouch {
	data := make(map[string]any)
	if r.EvidenceID != 0 {
		data["evidence"] = r.EvidenceID
	}
	if r.Source != "" {
		data["source"] = r.Source
	}
	return store.NewTouch{
		ClientID: letter.ClientID, Kind: string(r.Kind), Channel: "email", At: at, Actor: actor,
		EnrollmentID: &letter.EnrollmentID, MessageID: &letter.MessageID, Data: data,
	}
}

func (r *Report) source() string { return cmp.Or(r.Source, "letter") }
