package rehearsal

import (
	"context"
	"slices"
	"strings"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
)

// expectedLetter is a letter that a line expects; layout says how exactly it names
// the time.
type expectedLetter struct {
	line   line
	step   string
	at     time.Time
	layout string
}

const (
	byDay    = "Mon 2006-01-02"
	byMinute = "Mon 2006-01-02 15:04 MST"
)

// moment is an instant, in the zone it is told in, and how exactly.
func (p *play) moment(text string) (at time.Time, layout string, err error) {
	m, err := sequences.ParseMoment(text)
	if err != nil {
		return at, "", err
	}
	layout = byDay
	if m.Exact {
		layout = byMinute
	}
	at = m.In(p.zone)
	if m.Zone() != nil {
		at = at.In(m.Zone())
	}
	return at, layout, nil
}

// sent are the letters of a client in the ledger, in order; of all for "".
func (p *play) sent(ctx context.Context, client string) ([]store.Touch, error) {
	touches, err := store.ListTouches(ctx, p.pool, store.TouchFilter{Client: client, Kind: "sent", Limit: 100_000})
	slices.Reverse(touches)
	return touches, err
}

// expectSent holds that the letters expected so far, up to this one, have gone out in
// this order and no others between them.
func (p *play) expectSent(ctx context.Context, step, client, moment string) error {
	at, layout, err := p.moment(moment)
	if err != nil {
		return err
	}
	p.expected[client] = append(p.expected[client], expectedLetter{p.line, step, at, layout})
	sent, err := p.sent(ctx, client)
	if err != nil {
		return err
	}
	n := len(p.expected[client]) - 1
	switch {
	case n >= len(sent):
		return p.noLetter(ctx, client, at, sent)
	case sent[n].Step != step || sent[n].At.In(at.Location()).Format(layout) != at.Format(layout):
		p.fail("letter %d to %s was %s on %s", n+1, client, sent[n].Step, sent[n].At.In(at.Location()).Format(byMinute))
	}
	return nil
}

// noLetter says that one is missing; or that its day has not come, if the story ends, or
// goes on, only below.
func (p *play) noLetter(ctx context.Context, client string, at time.Time, sent []store.Touch) error {
	now, err := p.now(ctx)
	if err != nil {
		return err
	}
	if at.After(now) {
		p.fail("the story has only come to %s here: write `wait` or `at` above this line, to go on until then", now.In(at.Location()).Format(byMinute))
		return nil
	}
	p.fail("no letter has gone to %s after %s", client, p.soFar(sent))
	return nil
}

func (p *play) soFar(sent []store.Touch) string {
	if len(sent) == 0 {
		return "the beginning of the story"
	}
	last := sent[len(sent)-1]
	return last.Step + " on " + last.At.In(p.zone).Format(byMinute)
}

// expectNothing moves on and holds that no letter goes out meanwhile, and in a story
// that expects its letters line by line, that none went out unexpected before.
func (p *play) expectNothing(ctx context.Context, moment string) error {
	if p.story.ledger == nil {
		if err := p.nothingElse(ctx); err != nil {
			return err
		}
	}
	before, err := p.sent(ctx, "")
	if err != nil {
		return err
	}
	if err := p.at(ctx, moment); err != nil {
		return err
	}
	if err := p.rest(ctx); err != nil {
		return err
	}
	after, err := p.sent(ctx, "")
	if err != nil || len(after) == len(before) {
		return err
	}
	first := after[len(before)]
	p.fail("%s went to %s on %s", first.Step, first.Client, first.At.In(p.zone).Format(byMinute))
	return nil
}

// nothingElse holds that no letter went out that was not expected.
func (p *play) nothingElse(ctx context.Context) error {
	for _, c := range p.story.Clients {
		sent, err := p.sent(ctx, c.ExternalID)
		if err != nil {
			return err
		}
		for _, extra := range sent[min(len(sent), len(p.expected[c.ExternalID])):] {
			if p.told[c.ExternalID] {
				break // one for each client is enough
			}
			p.told[c.ExternalID] = true
			p.fail("nothing says that %s goes to %s on %s: write `expect sent %[1]s to %[2]s on …` above, or let `seventh rehearse --update` write all touches",
				extra.Step, c.ExternalID, extra.At.In(p.zone).Format(byMinute))
		}
	}
	return nil
}

// acceptedAsWritten holds the ledger against what the mail server accepted: the same
// letters, each once, and once more where somebody, or the sequence, wanted that.
func (p *play) acceptedAsWritten(ctx context.Context) error {
	captured, err := store.ListCaptured(ctx, p.pool, "", 0, 100_000)
	if err != nil {
		return err
	}
	accepted := map[int64]int{}
	for _, c := range captured {
		id, err := messageID(p.links, c.MessageID)
		if err != nil {
			return err
		}
		accepted[id]++
	}
	sent, err := p.sent(ctx, "")
	if err != nil {
		return err
	}
	p.played.Letters = len(sent)
	for _, touch := range sent {
		again, err := p.sentAgain(ctx, *touch.MessageID)
		if err != nil {
			return err
		}
		if n := accepted[*touch.MessageID]; n < 1 || n > 1+again {
			p.fail("%s to %s is in the ledger and arrived %d times", touch.Step, touch.Client, n)
		}
		delete(accepted, *touch.MessageID)
	}
	for id, n := range accepted {
		p.fail("message %d arrived %d times and is not in the ledger", id, n)
	}
	return nil
}

func (p *play) expectText(ctx context.Context, step, client, text string) error {
	l, _, err := p.letterOf(ctx, step, client)
	if err != nil {
		return err
	}
	everything := strings.Join(strings.Fields(l.subject+"\n"+l.header.Get("From")+"\n"+l.text), " ")
	if !strings.Contains(everything, text) {
		p.fail("the letter says: %s", everything)
	}
	return nil
}

func (p *play) expectState(ctx context.Context, step, client, state string) error {
	messages, err := store.ListMessages(ctx, p.pool, store.MessageFilter{Client: client, Limit: 10_000})
	if err != nil {
		return err
	}
	found := "there is none"
	for _, m := range messages {
		if m.Step == step && m.State == state {
			return nil
		}
		if m.Step == step {
			found = "it is " + m.State
		}
	}
	p.fail("no letter of %s to %s is %s: %s", step, client, state, found)
	return nil
}

// chains are a client's enrollments, the newest first, in one sequence or all.
func (p *play) chains(ctx context.Context, client, sequence string) ([]store.Enrollment, error) {
	return store.ListEnrollments(ctx, p.pool, store.EnrollmentFilter{Client: client, Sequence: sequence, Limit: 1000})
}

func (p *play) expectNext(ctx context.Context, step, client, moment string) error {
	at, layout, err := p.moment(moment)
	if err != nil {
		return err
	}
	chains, err := p.chains(ctx, client, "")
	if err != nil {
		return err
	}
	var stands []string
	for _, e := range chains {
		switch {
		case e.State != "active":
		case e.NextStep != step:
			stands = append(stands, e.Sequence+" at "+e.NextStep)
		case e.NextAt == nil:
			p.fail("%s/%s has no date: it waits, %s", e.Sequence, e.NextStep, whyOf(&e))
			return nil
		default:
			if got := e.NextAt.In(at.Location()); got.Format(layout) != at.Format(layout) {
				p.fail("it is on %s", got.Format(byMinute))
			}
			return nil
		}
	}
	p.fail("no chain of %s stands there; %s", client, orElse(strings.Join(stands, ", "), "none is active"))
	return nil
}

// whyOf is why an enrollment waits, in people's words.
func whyOf(e *store.Enrollment) string {
	return orElse(engine.WhyItWaits(e.Waiting, e.WaitingDetail), orElse(e.Waiting, "and nobody knows why"))
}

func (p *play) expectWaiting(ctx context.Context, reason, sequence, client string) error {
	chains, err := p.chains(ctx, client, sequence)
	if err != nil {
		return err
	}
	for _, e := range chains {
		if e.State == "active" {
			if e.Waiting != reason {
				p.fail("it waits for %s", orElse(e.Waiting, "nothing"))
			}
			return nil
		}
	}
	p.fail("%s is not active for %s", sequence, client)
	return nil
}

// expectWhy reads "TEXT for CLIENT": what people are told about a chain that waits.
func (p *play) expectWhy(ctx context.Context, text string) error {
	i := strings.LastIndex(text, " for ")
	if i < 0 {
		return broken("for whom? Write `expect why %s for CLIENT`", text)
	}
	text, client := text[:i], text[i+len(" for "):]
	chains, err := p.chains(ctx, client, "")
	if err != nil {
		return err
	}
	var told []string
	for _, e := range chains {
		if why := engine.WhyItWaits(e.Waiting, e.WaitingDetail); why != "" {
			told = append(told, why)
		}
	}
	if !slices.Contains(told, text) {
		p.fail("people are told: %s", orElse(strings.Join(told, "; "), "nothing"))
	}
	return nil
}

// expectPaused waits for the breakers: the worker may be looking at them just now.
func (p *play) expectPaused(ctx context.Context, name string) error {
	for range 3 {
		if err := p.plan(ctx); err != nil {
			return err
		}
		now, err := p.now(ctx)
		if err != nil {
			return err
		}
		pauses, err := p.engine.Pauses(ctx, p.pool, store.PausedSender, now)
		if err != nil || pauses[name] != nil {
			return err
		}
		if err := store.AwaitPlanner(ctx, p.pool); err != nil {
			return err
		}
	}
	p.fail("%s is not paused", name)
	return nil
}

// expectEnrollment looks at the client's newest enrollment in a sequence.
func (p *play) expectEnrollment(ctx context.Context, sequence, client, state, reason string) error {
	chains, err := p.chains(ctx, client, sequence)
	if err != nil {
		return err
	}
	if len(chains) == 0 {
		p.fail("%s was never in %s", client, sequence)
		return nil
	}
	if e := chains[0]; e.State != state || deref(e.EndReason) != reason {
		p.fail("it is %s", strings.TrimSpace(e.State+" "+deref(e.EndReason)))
	}
	return nil
}

func (p *play) expectNoChain(ctx context.Context, client string) error {
	chains, err := p.chains(ctx, client, "")
	if err != nil {
		return err
	}
	for _, e := range chains {
		if e.State != "ended" {
			p.fail("%s is %s", e.Sequence, e.State)
		}
	}
	return nil
}

func (p *play) expectTouch(ctx context.Context, kind, client string) error {
	touches, err := store.ListTouches(ctx, p.pool, store.TouchFilter{Client: client, Kind: kind, Limit: 1})
	if err == nil && len(touches) == 0 {
		p.fail("there is none")
	}
	return err
}

func (p *play) expectSuppressed(ctx context.Context, reason, address string) error {
	list, err := store.ListSuppressions(ctx, p.pool, store.SuppressionFilter{Address: address, Limit: 10})
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(x store.Suppression) bool { return x.Scope != "" }) // of one sequence only
	if len(list) != 1 || list[0].Reason != reason {
		p.fail("the list of %s says %v", address, list)
	}
	return nil
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
