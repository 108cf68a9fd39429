package engine

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

const (
	// softInARow is how many letters in a row must bounce softly to condemn an address.
	softInARow = 3
	// fullFor is over how long they must have been sent if the mailbox was full, because
	// people are on holiday: two weeks, to the nearest day. Letters a week apart go a minute
	// earlier or later.
	fullFor = 14*24*time.Hour - 12*time.Hour
	// diagnosticLimit bounds the server's words in a touch, in bytes.
	diagnosticLimit = 500
)

// hard reports whether nobody can be reached at the address any more.
func (r *Report) hard() bool { return r.Permanent && isDead(r.Class) }

func isDead(class string) bool {
	return class == inbound.ClassInvalid || class == inbound.ClassDisabled || class == inbound.ClassDeadDomain
}

// ofAnother takes from a bounce what it says about another address than the letter's: one
// that the client has his letters forwarded to, or that somebody wrote to on top of ours.
// That address is dead, and not his. It counts like a refusal that says nothing, as some
// servers name an address by what it is called inside.
func (r *Report) ofAnother(recipient string) {
	named, err := store.NormalizeAddress(r.Recipient)
	if err != nil || named == recipient || !isDead(r.Class) {
		return
	}
	r.Class, r.Diagnostic = inbound.ClassUnknown, named+": "+r.Diagnostic
}

// bounced writes a bounce down and suppresses the address that it condemns, that one
// alone: a client who has another by now goes on.
func (e *Engine) bounced(ctx context.Context, r Report, letter *store.ToldLetter) error {
	if r.Class == "" {
		r.Class = inbound.ClassUnknown
	}
	r.ofAnother(letter.Recipient)
	if before, err := e.saidBefore(ctx, r, letter); before || err != nil {
		return err
	}
	return e.stopping(ctx, letter.ClientID, func(s *stop) error {
		at, now, err := e.dateOf(ctx, s.tx, r, letter)
		if err != nil {
			return err
		}
		b := bounceOf(&r)
		news, err := s.tellBounce(ctx, &b, r.touch(letter, at, "server"))
		if err != nil {
			return err
		}
		if err := s.taken(ctx, letter.MessageID, "evidence: bounced", now); err != nil || !news {
			return err
		}
		if err := s.accuse(ctx, letter, b.accuses(), "bounced"); err != nil {
			return err
		}
		condemned := b.rank == hardBounce
		if !condemned && len(b.Counting()) > 0 {
			if condemned, err = condemns(ctx, s.tx, letter.ClientID, letter.Recipient, letter.MessageID); err != nil {
				return err
			}
		}
		if condemned {
			if err := s.condemn(ctx, letter, r.source(), at); err != nil {
				return err
			}
		}
		return s.told(ctx, now)
	}, letter.Recipient)
}

// condemn suppresses the address that a letter went to. The client's chains end if it
// is the one he has.
func (s *stop) condemn(ctx context.Context, letter *store.ToldLetter, source string, at time.Time) error {
	if _, err := s.suppress(ctx, endedBounced, source, letter.Recipient); err != nil {
		return err
	}
	if letter.Recipient != s.client.Address {
		return nil
	}
	return s.raise(ctx, letter, endedBounced, at)
}

// condemns reports whether a letter is one of several in a row to an address that all
// bounced because the mailbox was full, or nobody knows why. What it says once it says
// for ever, in whatever order bounces come.
func condemns(ctx context.Context, tx pgx.Tx, clientID int64, address string, messageID int64) (bool, error) {
	fates, err := store.FatesOf(ctx, tx, clientID, address)
	if err != nil {
		return false, err
	}
	return inARow(fates, messageID, inbound.ClassFull, fullFor) || inARow(fates, messageID, inbound.ClassUnknown, 0), nil
}

// inARow looks for runs of letters with a class, the one given among them, that are long
// enough and last long enough.
func inARow(fates []store.LetterFate, messageID int64, class string, lasting time.Duration) bool {
	first := 0
	for i := range fates {
		if !bouncedSo(&fates[i], class) {
			first = i + 1
			continue
		}
		run := fates[first : i+1]
		if len(run) < softInARow || run[len(run)-1].At.Sub(run[0].At) < lasting {
			continue
		}
		if slices.ContainsFunc(run, func(f store.LetterFate) bool { return f.MessageID == messageID }) {
			return true
		}
	}
	return false
}

func bouncedSo(f *store.LetterFate, class string) bool {
	return counts(f.Class, f.Permanent) && f.Class == class || slices.Contains(f.Also, class) || slices.Contains(f.Refused, class)
}

// counts reports whether a bounce counts toward a row: a full mailbox, even if its server
// goes on trying, and a refusal for good that says nothing.
func counts(class string, permanent bool) bool {
	return class == inbound.ClassFull || class == inbound.ClassUnknown && permanent
}

// How much a bounce says.
const (
	softBounce = iota
	permanentBounce
	hardBounce
)

// bounce is what all reports of bounces of a letter say together: the gravest of them,
// and what else counts.
type bounce struct {
	rank       int
	Class      string
	Permanent  bool
	Status     string
	Diagnostic string
	Evidence   int64
	Source     string
	Also       []string // classes that count beside Class, by name
}

func bounceOf(r *Report) bounce {
	b := bounce{Class: r.Class, Permanent: r.Permanent, Status: r.Status, Diagnostic: cut(r.Diagnostic, diagnosticLimit), Evidence: r.EvidenceID, Source: r.Source}
	b.rank = rankOf(b.Class, b.Permanent)
	return b
}

func rankOf(class string, permanent bool) int {
	switch {
	case permanent && isDead(class):
		return hardBounce
	case permanent:
		return permanentBounce
	}
	return softBounce
}

// Counting are the classes that count toward a row.
func (b *bounce) Counting() []string {
	if !counts(b.Class, b.Permanent) {
		return b.Also
	}
	return append([]string{b.Class}, b.Also...)
}

// accuses is the class by which breakers count a bounce: one for good that speaks of an
// address, or one that speaks of us; none for all others. What speaks of the letter is for
// marketers.
func (b *bounce) accuses() string {
	if b.Permanent && slices.Contains(bounces, b.Class) || b.Class == classPolicy || b.Class == inbound.ClassContent {
		return b.Class
	}
	return ""
}

// and merges two; the order does not matter.
func (b bounce) and(o bounce) bounce {
	first, second := b, o
	if cmp.Or(cmp.Compare(b.rank, o.rank), cmp.Compare(b.Class, o.Class), cmp.Compare(b.Status, o.Status), cmp.Compare(b.Diagnostic, o.Diagnostic),
		cmp.Compare(b.Source, o.Source), cmp.Compare(o.Evidence, b.Evidence)) < 0 {
		first, second = o, b
	}
	also := slices.Concat(first.Also, second.Counting())
	slices.Sort(also)
	also = slices.Compact(also)
	first.Also = slices.DeleteFunc(also, func(class string) bool { return counts(first.Class, first.Permanent) && class == first.Class })
	if len(first.Also) == 0 {
		first.Also = nil
	}
	return first
}

// tellBounce writes a bounce into its letter's touch, together with those before, and
// reports whether that says more than they did. b is then all of them.
func (s *stop) tellBounce(ctx context.Context, b *bounce, t store.NewTouch) (news bool, err error) {
	before, err := store.ToldOf(ctx, s.tx, *t.MessageID, t.Kind)
	if isNotFound(err) {
		t.Data = b.data()
		return store.Tell(ctx, s.tx, t)
	}
	if err != nil {
		return false, err
	}
	was := bounceIn(before.Data)
	*b = was.and(*b)
	after := store.Told{ID: before.ID, At: before.At, Data: b.data()}
	if t.At.Before(before.At) {
		after.At = t.At
	}
	news = b.rank != was.rank || b.Class != was.Class || !slices.Equal(b.Counting(), was.Counting())
	if after.At.Equal(before.At) && reflect.DeepEqual(*b, was) {
		return news, nil
	}
	return news, store.ChangeTold(ctx, s.tx, after)
}

// data is a bounce as its touch keeps it.
func (b *bounce) data() map[string]any {
	data := map[string]any{"class": b.Class, "permanent": b.Permanent}
	for key, value := range map[string]string{"status": b.Status, "diagnostic": b.Diagnostic, "source": b.Source} {
		if value != "" {
			data[key] = value
		}
	}
	if b.Evidence != 0 {
		data["evidence"] = b.Evidence
	}
	if len(b.Also) > 0 {
		data["also"] = b.Also
	}
	return data
}

// bounceIn reads it back. One from before bounces had classes condemned its address.
func bounceIn(data map[string]any) bounce {
	text := func(key string) string { s, _ := data[key].(string); return s }
	b := bounce{Class: text("class"), Status: text("status"), Diagnostic: text("diagnostic"), Source: text("source")}
	b.Permanent, _ = data["permanent"].(bool)
	if number, ok := data["evidence"].(float64); ok {
		b.Evidence = int64(number)
	}
	also, _ := data["also"].([]any)
	for _, class := range also {
		if class, ok := class.(string); ok {
			b.Also = append(b.Also, class)
		}
	}
	if b.Class == "" {
		b.Class, b.Permanent = inbound.ClassInvalid, true
	}
	b.rank = rankOf(b.Class, b.Permanent)
	return b
}
