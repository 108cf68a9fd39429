package engine

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// A letter that answers one of ours becomes a touch, once, and whoever owns the client
// reads it. A person's answer ends or holds his chains (exit_on and stop_on), and a
// machine's makes them wait until he is back (absence.go).

// answerText is how much of an answer the ledger keeps, in bytes.
const answerText = 4 << 10

// answered is that a person answered a letter.
func (e *Engine) answered(ctx context.Context, r Report) error {
	a := answerOf(r)
	letter, err := store.ToldLetterByID(ctx, e.DB, r.MessageID)
	if isNotFound(err) {
		return e.answeredErased(ctx, r.MessageID, a)
	}
	if err != nil {
		return err
	}
	err = e.stopping(ctx, letter.ClientID, func(s *stop) error { return s.answered(ctx, r, a, &letter) }, letter.Recipient)
	if err == nil {
		err = e.holdColleagues(ctx, letter.ClientID)
	}
	if isNotFound(err) {
		return nil // erased at this moment
	}
	return err
}

// answeredErased keeps the word of a client who was erased and wants no more letters.
func (e *Engine) answeredErased(ctx context.Context, messageID int64, a *inbound.Answer) error {
	if a.OptOut != inbound.PlainOptOut {
		return nil
	}
	if err := e.refuseErased(ctx, messageID, endedUnsubscribed, sourceReply); !isNotFound(err) {
		return err
	}
	return nil
}

// sourceReply is the source of suppressions that replies ask for.
const sourceReply = "reply"

// autoAnswered is that a machine answered a letter.
func (e *Engine) autoAnswered(ctx context.Context, r Report) error {
	a := answerOf(r)
	letter, err := store.ToldLetterByID(ctx, e.DB, r.MessageID)
	if err == nil {
		err = e.stopping(ctx, letter.ClientID, func(s *stop) error { return s.autoAnswered(ctx, r, a, &letter) }, letter.Recipient)
	}
	if isNotFound(err) {
		return nil // erased
	}
	return err
}

// answerOf is the answer that a report is about; one of which nothing is known, if it
// tells nothing.
func answerOf(r Report) *inbound.Answer {
	if r.Answer == nil {
		return &inbound.Answer{}
	}
	return r.Answer
}

// answered writes an answer down that is new, and does what follows from it.
func (s *stop) answered(ctx context.Context, r Report, a *inbound.Answer, l *store.ToldLetter) error {
	now, at, known, err := s.place(ctx, r, a, l)
	if err != nil || known {
		return err
	}
	data := s.dataOf(r, a, l)
	if a.OptOut == inbound.PlainOptOut {
		return s.optedOut(ctx, r, data, l, at, now)
	}
	if a.OptOut != inbound.NoOptOut {
		data["opt_out"] = string(a.OptOut)
	}
	task, err := s.taskToAnswer(ctx, now)
	if err != nil {
		return err
	}
	data["task"] = task
	if err := s.noteAnswer(ctx, "replied", "human", data, l, at, now); err != nil {
		return err
	}
	if err := s.writeTask(ctx, task, l); err != nil {
		return err
	}
	if err := s.end(ctx, endedReplied, exitingOn("reply")); err != nil {
		return err
	}
	stops := func(v *Version) bool { return v.Sequence.StopsOnReply() }
	if err := s.engine.holdForAnswer(ctx, s.tx, []int64{s.client.ID}, s.client.Owner, stops); err != nil {
		return err
	}
	return s.reckonAbsence(ctx, now)
}

// optedOut is that the client writes, without any doubt, that he wants no more.
func (s *stop) optedOut(ctx context.Context, r Report, data map[string]any, l *store.ToldLetter, at, now time.Time) error {
	if err := s.noteAnswer(ctx, "replied", "human", data, l, at, now); err != nil {
		return err
	}
	r.Kind, r.Source = inbound.Unsubscribed, sourceReply
	touch := r.touch(l, at, "human")
	touch.Data["scope"] = store.ScopeAll
	if _, err := store.TellLeft(ctx, s.tx, touch); err != nil {
		return err
	}
	if _, err := s.suppress(ctx, endedUnsubscribed, sourceReply, l.Recipient, s.client.Address); err != nil {
		return err
	}
	if err := s.raise(ctx, l, endedUnsubscribed, at); err != nil {
		return err
	}
	if err := s.tell(ctx, store.TaskNotice, store.AboutOptOut, s.name()+" wants no more letters, and gets none", textOf(data), now); err != nil {
		return err
	}
	return s.reckonAbsence(ctx, now)
}

// place says when an answer came, and whether it stands in the ledger already. One that
// is new proves that its letter arrived.
func (s *stop) place(ctx context.Context, r Report, a *inbound.Answer, l *store.ToldLetter) (now, at time.Time, known bool, err error) {
	if at, now, err = s.engine.dateOf(ctx, s.tx, r, l); err != nil {
		return
	}
	if key := answerKey(r, a); key != "" {
		if known, err = store.IsAnswered(ctx, s.tx, s.client.ID, key); known || err != nil {
			return
		}
	}
	err = s.taken(ctx, l.MessageID, "evidence: "+string(r.Kind), now)
	return
}

// answerKey names an answer: by its Message-ID, or else by the evidence; "" for one that
// nobody can tell from another.
func answerKey(r Report, a *inbound.Answer) string {
	if a.MessageID != "" {
		return storable(cut(a.MessageID, 500))
	}
	if r.EvidenceID != 0 {
		return fmt.Sprintf("evidence %d", r.EvidenceID)
	}
	return ""
}

// dataOf is what the ledger keeps of an answer.
func (s *stop) dataOf(r Report, a *inbound.Answer, l *store.ToldLetter) map[string]any {
	data := make(map[string]any)
	for name, text := range map[string]string{"answer": answerKey(r, a), "text": cut(a.Text, answerText), "subject": cut(a.Subject, 500)} {
		if text = storable(text); text != "" {
			data[name] = text
		}
	}
	if r.EvidenceID != 0 {
		data["evidence"] = r.EvidenceID
	}
	if from, err := store.NormalizeAddress(a.From); a.From != "" && (err != nil || from != l.Recipient && from != s.client.Address) {
		data["from"] = storable(cut(a.From, 320))
	}
	return data
}

func (s *stop) noteAnswer(ctx context.Context, kind, actor string, data map[string]any, l *store.ToldLetter, at, now time.Time) error {
	_, err := s.note(ctx, store.NewTouch{
		ClientID: s.client.ID, Kind: kind, Channel: "email", At: at, Actor: actor, EnrollmentID: &l.EnrollmentID, MessageID: &l.MessageID, Data: data,
	}, now)
	return err
}

// name is what reps know the client by.
func (s *stop) name() string { return cmp.Or(s.client.Name(), s.client.Email, s.client.ExternalID) }

// storable is a text without what PostgreSQL does not keep.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
