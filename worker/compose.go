package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/templates"
)

// errUnwritable says that the content, not the machine, keeps a letter from being
// written: a new publication may cure it.
var errUnwritable = errors.New("the letter cannot be written")

// renderings are written over: nothing of one is needed once its letter is composed.
var renderings = sync.Pool{New: func() any { return new(templates.Rendered) }}

// composed is a letter ready for the wire.
type composed struct {
	compiled   *mail.Compiled
	content    store.Content
	from       string // normalised; its domain signs
	returnPath string // envelope sender
}

// compose writes one letter of an edition for its client, dated now.
func (w *Worker) compose(ctx context.Context, edition *edition, l *engine.Letter, now time.Time) (*composed, error) {
	letter := edition.set.Letter(l.Template, l.Client.Locale)
	if letter == nil {
		return nil, fmt.Errorf("%w: there is no letter templates/%s.md in the published content", errUnwritable, l.Template)
	}
	step, _ := l.Version.Sequence.Step(l.Step)
	if err := edition.offer(l, letter, step, now); err != nil {
		return nil, err
	}
	utm := l.Version.Sequence.UTMOf(l.Step, step)
	compiled, err := edition.compile(ctx, w.options.Pool, letter, step.Attach, utm)
	if err != nil {
		return nil, err
	}
	unsubscribe := w.link("u", token.Token{Message: l.MessageID, Purpose: token.Unsubscribe})
	rendered := renderings.Get().(*templates.Rendered)
	defer renderings.Put(rendered)
	err = letter.RenderTo(rendered, &fields{worker: w, settings: edition.settings, Letter: l, links: len(letter.Links), unsubscribe: unsubscribe})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnwritable, err)
	}
	for i, d := range rendered.Destinations {
		rendered.Destinations[i] = utm.AddTo(d)
	}
	from, err := store.NormalizeAddress(l.From.Email)
	if err != nil {
		return nil, fmt.Errorf("%w: the sender's address %q %w", errUnwritable, l.From.Email, err)
	}
	back, err := w.addresses(edition, l, from)
	if err != nil {
		return nil, err
	}
	domain := from[strings.LastIndexByte(from, '@')+1:]
	references, err := w.references(l)
	if err != nil {
		return nil, err
	}
	if len(references) > 0 {
		rendered.Subject = replySubject(l.Thread[0].Subject)
	}
	personal, err := compiled.Compose(nil, mail.Header{
		InReplyTo:   last(references),
		References:  references,
		From:        mail.Address{Name: l.From.Name, Email: l.From.Email},
		ReplyTo:     mail.Address{Name: l.From.Name, Email: back.replyTo},
		To:          mail.Address{Name: l.Client.Name(), Email: l.Client.Email},
		MessageID:   w.options.Links.MessageID(l.MessageID) + "@" + domain,
		Date:        now.In(l.Zone),
		Unsubscribe: unsubscribe, UnsubscribeMailto: back.leave,
		ListID: l.Version.Sequence.Name + "." + domain,
		Relay:  w.relay(edition.settings.Hooks, l.MessageID),
	}, rendered)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnwritable, err)
	}
	return &composed{compiled: compiled, from: from, returnPath: back.returnPath, content: store.Content{
		Subject: rendered.Subject, Recipient: l.Client.Address, LetterHash: compiled.Hash[:], Personal: personal, Destinations: personalOnly(rendered.Destinations),
		Offer: offerOf(l, letter, step),
	}}, nil
}

// references are the message ids of the letters that this one answers.
func (w *Worker) references(l *engine.Letter) ([]string, error) {
	ids := make([]string, len(l.Thread))
	for i, before := range l.Thread {
		from, err := store.NormalizeAddress(before.Sender)
		if err != nil {
			return nil, fmt.Errorf("%w: it answers one of %q: %w", errUnwritable, before.Sender, err)
		}
		ids[i] = w.options.Links.MessageID(before.MessageID) + from[strings.LastIndexByte(from, '@'):]
	}
	return ids, nil
}

// replySubject is that of the letter answered: mail programs join letters into a
// conversation only if the subject stays.
func replySubject(subject string) string {
	if strings.HasPrefix(subject, "Re: ") {
		return subject
	}
	return "Re: " + subject
}

func last(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1]
}

// personalOnly drops destinations that are the same for everybody: those stand
// with the fixed parts.
func personalOnly(destinations []string) []string {
	for _, d := range destinations {
		if d != "" {
			return destinations
		}
	}
	return nil
}

func (w *Worker) link(path string, t token.Token) string {
	return w.options.PublicURL + "/" + path + "/" + w.options.Links.Seal(t)
}
