package rehearsal

import (
	"context"
	"fmt"
	"strings"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
)

// What clients, and their machines, answer, and what reps do about it. The rep's task
// to answer is called answer, the notices away and opt_out, and the task to find out
// who reads letters that only machines answer automatic.
var answerVerbs = []verb{
	{pattern: "reply to STEP by CLIENT", do: func(ctx context.Context, p *play, a []string) error {
		return p.replies(ctx, a[0], a[1], inbound.Answer{})
	}},
	{pattern: "reply to STEP by CLIENT saying TEXT…", do: func(ctx context.Context, p *play, a []string) error {
		return p.replies(ctx, a[0], a[1], inbound.Answer{Text: a[2]})
	}},
	{pattern: "reply to STEP by CLIENT from ADDRESS saying TEXT…", do: func(ctx context.Context, p *play, a []string) error {
		return p.replies(ctx, a[0], a[1], inbound.Answer{From: a[2], Text: a[3]})
	}},
	{pattern: "opt_out in reply to STEP by CLIENT saying TEXT…", do: func(ctx context.Context, p *play, a []string) error {
		return p.replies(ctx, a[0], a[1], inbound.Answer{OptOut: inbound.PlainOptOut, Text: a[2]})
	}},
	{pattern: "likely opt_out in reply to STEP by CLIENT saying TEXT…", do: func(ctx context.Context, p *play, a []string) error {
		return p.replies(ctx, a[0], a[1], inbound.Answer{OptOut: inbound.LikelyOptOut, Text: a[2]})
	}},
	{pattern: "out_of_office to STEP by CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.isAway(ctx, a[0], a[1], "", "") }},
	{pattern: "out_of_office to STEP by CLIENT until DATE", do: func(ctx context.Context, p *play, a []string) error { return p.isAway(ctx, a[0], a[1], a[2], "") }},
	{pattern: "out_of_office to STEP by CLIENT until DATE instead NAME…", do: func(ctx context.Context, p *play, a []string) error {
		return p.isAway(ctx, a[0], a[1], a[2], a[3])
	}},
	{pattern: "back CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.isBack(ctx, a[0]) }},
	{pattern: "suppress CLIENT as asked", do: func(ctx context.Context, p *play, a []string) error { return p.suppressAsAsked(ctx, a[0]) }},
	{pattern: "expect away CLIENT until DATE", do: func(ctx context.Context, p *play, a []string) error { return p.expectAway(ctx, a[0], a[1]) }},
	{pattern: "expect back CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.expectAway(ctx, a[0], "") }},
	{pattern: "expect task TASK for CLIENT reads TEXT…", do: func(ctx context.Context, p *play, a []string) error { return p.expectReads(ctx, a[0], a[1], a[2]) }},
}

// calls tells whether a story calls a task so: by its step, or what it is about.
func calls(t *store.Task, name string) bool { return t.Step == name || t.Step == "" && t.About == name }

// replies is that somebody answers a client's letter. The answer is told twice, as
// mailboxes and providers do.
func (p *play) replies(ctx context.Context, step, client string, a inbound.Answer) error {
	return p.comesBack(ctx, step, client, inbound.Replied, a)
}

func (p *play) comesBack(ctx context.Context, step, client string, kind inbound.Kind, a inbound.Answer) error {
	p.events++
	a.MessageID = fmt.Sprintf("answer-%d@example.com", p.events)
	for range 2 {
		if err := p.answer(ctx, step, client, inbound.Event{Kind: kind, Answer: &a}); err != nil {
			return err
		}
	}
	return nil
}

// isAway is that a client's mailbox answers that he is away.
func (p *play) isAway(ctx context.Context, step, client, back, instead string) error {
	a := inbound.Answer{Substitute: instead}
	if back != "" {
		day, err := time.Parse(time.DateOnly, back)
		if err != nil {
			return broken("%q is no date: write it like 2027-03-15", back)
		}
		a.Back = day
	}
	return p.comesBack(ctx, step, client, inbound.AutoReplied, a)
}

// isBack is that the rep knows the client is back.
func (p *play) isBack(ctx context.Context, client string) error {
	row, err := store.ClientByExternalID(ctx, p.pool, client)
	if err != nil {
		return err
	}
	was, err := p.engine.EndAbsence(ctx, row.ID)
	if err == nil && !was {
		return broken("%s is not away", client)
	}
	return err
}

// suppressAsAsked is that the rep believes the client wants no more letters.
func (p *play) suppressAsAsked(ctx context.Context, client string) error {
	t, err := p.task(ctx, store.AboutAnswer, client)
	if err != nil {
		return err
	}
	return p.engine.SuppressByTask(ctx, t.ID, orElse(t.Owner, "a rep"))
}

// expectAway looks until when a client is known to be away; "": he is not.
func (p *play) expectAway(ctx context.Context, client, back string) error {
	row, err := store.ClientByExternalID(ctx, p.pool, client)
	if err != nil {
		return err
	}
	now, err := p.now(ctx)
	if err != nil {
		return err
	}
	a, err := store.AbsenceOf(ctx, p.pool, row.ID)
	if err != nil {
		return err
	}
	known := ""
	if a != nil && a.Holds(now) {
		known = a.Until.In(p.zone).Format(time.DateOnly)
		if a.SaidUntil != nil {
			known = a.SaidUntil.UTC().Format(time.DateOnly)
		}
	}
	if known != back {
		told := "not away"
		if known != "" {
			told = "away until " + known
		}
		p.fail("%s is %s", client, told)
	}
	return nil
}

// expectReads looks for what the rep reads in a task: its title, then what the client
// wrote.
func (p *play) expectReads(ctx context.Context, name, client, text string) error {
	t, err := p.task(ctx, name, client)
	if read := t.Title + " | " + strings.ReplaceAll(t.Body, "\n", " "); err == nil && !strings.Contains(read, text) {
		p.fail("it reads: %s", read)
	}
	return err
}
