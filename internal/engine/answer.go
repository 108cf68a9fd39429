package engine

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

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
	message, err := store.MessageByID(ctx, e.DB, r.MessageID)
	if isNotFound(err) {
		return e.answeredErased(ctx, r.MessageID, a)
	}
	if err != nil {
		return err
	}
	err = e.stopping(ctx, message.ClientID, func(s *stop) error { return s.answered(ctx, r, a, &message) }, message.Recipient)
	if err == nil {
		err = e.holdColleagues(ctx, message.ClientID)
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
	if err := e.refuseErased(ctx, messageID); !isNotFound(err) {
		return err
	}
	return nil
}

// autoAnswered is that a machine answered a letter.
func (e *Engine) autoAnswered(ctx context.Context, r Report) error {
	a := answerOf(r)
	message, err := store.MessageByID(ctx, e.DB, r.MessageID)
	if err == nil {
		err = e.stopping(ctx, message.ClientID, func(s *stop) error { return s.autoAnswered(ctx, r, a, &message) }, message.Recipient)
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
func (s *stop) answered(ctx context.Context, r Report, a *inbound.Answer, m *store.Message) error {
	now, at, known, err := s.place(ctx, r, a, m)
	if err != nil || known {
		return err
	}
	data := s.dataOf(r, a, m)
	if a.OptOut == inbound.PlainOptOut {
		return s.optedOut(ctx, data, m, at, now)
	}
	if a.OptOut != inbound.NoOptOut {
		data["opt_out"] = string(a.OptOut)
	}
	task, err := s.taskToAnswer(ctx, now)
	if err != nil {
		return err
	}
	data["task"] = task
	if err := s.noteAnswer(ctx, "replied", "human", data, m, at, now); err != nil {
		return err
	}
	if err := s.writeTask(ctx, task, m); err != nil {
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
func (s *stop) optedOut(ctx context.Context, data map[string]any, m *store.Message, at, now time.Time) error {
	if err := s.noteAnswer(ctx, "replied", "human", data, m, at, now); err != nil {
		return err
	}
	if err := s.suppress(ctx, endedUnsubscribed, "reply", &m.ID, m.Recipient); err != nil {
		return err
	}
	if err := s.tell(ctx, store.TaskNotice, store.AboutOptOut, s.name()+" wants no more letters, and gets none", textOf(data), now); err != nil {
		return err
	}
	return s.reckonAbsence(ctx, now)
}

// place says when an answer came, and whether it stands in the ledger already.
func (s *stop) place(ctx context.Context, r Report, a *inbound.Answer, m *store.Message) (now, at time.Time, known bool, err error) {
	if now, err = store.Now(ctx, s.tx); err != nil {
		return
	}
	at = answeredAt(r.At, m.SentAt, now)
	if key := answerKey(r, a); key != "" {
		known, err = store.IsAnswered(ctx, s.tx, s.client.ID, key)
	}
	return
}

// slack is by how much the clocks of others may differ from ours.
const slack = 5 * time.Minute

// answeredAt is when something happened that the outside dates: not before the letter
// went, and not later than now. What cannot be has happened just now.
func answeredAt(said time.Time, sent *time.Time, now time.Time) time.Time {
	if said.IsZero() || said.After(now.Add(slack)) || sent != nil && said.Before(sent.Add(-slack)) {
		return now
	}
	return said
}

// answerKey names an answer: by its Message-ID, or else by the evidence; "" for one that
// nobody can tell from another.
func answerKey(r Report, a *inbound.Answer) string {
	if a.MessageID != "" {
		return strings.ToValidUTF8(cut(a.MessageID, 500), "")
	}
	if r.EvidenceID != 0 {
		return fmt.Sprintf("evidence %d", r.EvidenceID)
	}
	return ""
}

// dataOf is what the ledger keeps of an answer.
func (s *stop) dataOf(r Report, a *inbound.Answer, m *store.Message) map[string]any {
	data := make(map[string]any)
	for name, text := range map[string]string{"answer": answerKey(r, a), "text": cut(a.Text, answerText), "subject": cut(a.Subject, 500)} {
		if text = storable(text); text != "" {
			data[name] = text
		}
	}
	if r.EvidenceID != 0 {
		data["evidence"] = r.EvidenceID
	}
	if from, err := store.NormalizeAddress(a.From); a.From != "" && (err != nil || from != m.Recipient && from != s.client.Address) {
		data["from"] = storable(cut(a.From, 320))
	}
	return data
}

func (s *stop) noteAnswer(ctx context.Context, kind, actor string, data map[string]any, m *store.Message, at, now time.Time) error {
	_, err := s.note(ctx, store.NewTouch{
		ClientID: s.client.ID, Kind: kind, Channel: "email", At: at, Actor: actor, EnrollmentID: &m.EnrollmentID, MessageID: &m.ID, Data: data,
	}, now)
	return err
}

// name is what reps know the client by.
func (s *stop) name() string { return cmp.Or(s.client.Name(), s.client.Email, s.client.ExternalID) }

// cut shortens a text to so many bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// storable is a text without what PostgreSQL does not keep.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
