package rehearsal

import (
	"context"
	"slices"
	"strings"

	"seventh/internal/engine"
	"seventh/internal/inbound"
	"seventh/internal/sandbox"
	"seventh/internal/store"
	"seventh/sequences"
)

// classes are the words for why a letter bounces; all but the last four are for good.
var classes = []string{
	inbound.ClassInvalid, inbound.ClassDisabled, inbound.ClassDeadDomain, inbound.ClassFull, inbound.ClassPolicy, inbound.ClassContent, inbound.ClassUnknown,
	inbound.ClassGreylist, inbound.ClassRate, inbound.ClassTemporary,
}

// bounce is that a letter comes back, three times over, as mail servers do.
func (p *play) bounce(ctx context.Context, step, client, class string) error {
	at := slices.Index(classes, class)
	if at < 0 {
		return broken("no letter bounces as %s: write one of %s%s", quoted(class), strings.Join(classes, ", "), sequences.DidYouMean(class, classes))
	}
	for range 3 {
		err := p.answer(ctx, step, client, inbound.Event{Kind: inbound.Bounced, Class: class, Permanent: at < len(classes)-3})
		if err != nil {
			return err
		}
	}
	return nil
}

// confirm is that an admin decides about a letter.
func (p *play) confirm(ctx context.Context, step, client, as string) error {
	_, m, err := p.letterOf(ctx, step, client)
	if err != nil {
		return err
	}
	return p.engine.Confirm(ctx, m.ID, engine.Decision{As: as, By: "an admin"})
}

// silence has a mail server take letters to an address and hang up without a word.
func (p *play) silence(address string, once bool) error {
	p.answers.add(strings.ToLower(address), sandbox.Refusal{Silent: true}, once)
	return nil
}

func (p *play) expectMailable(ctx context.Context, address string) error {
	list, err := store.ListSuppressions(ctx, p.pool, store.SuppressionFilter{Address: strings.ToLower(address), Limit: 1000})
	for _, x := range list {
		if x.Scope == "" {
			p.fail("%s is suppressed: %s", address, x.Reason)
		}
	}
	return err
}

// sentAgain is how often it was decided that a letter goes once more.
func (p *play) sentAgain(ctx context.Context, messageID int64) (n int, err error) {
	closings, err := store.ClosingsOf(ctx, p.pool, messageID)
	for _, c := range closings {
		if c.As == engine.AsSendAgain {
			n++
		}
	}
	return n, err
}
