package rehearsal

import (
	"context"

	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
)

// What clients ask for instead of no letters at all, by the link of a letter, and reps
// who are told otherwise.
var leavingVerbs = []verb{
	{pattern: "unsubscribe CLIENT from SEQUENCE via STEP", do: func(ctx context.Context, p *play, a []string) error { return p.leaves(ctx, a[0], a[1], a[2]) }},
	{pattern: "less often CLIENT OFTEN via STEP", do: func(ctx context.Context, p *play, a []string) error { return p.fewer(ctx, a[0], a[1], a[2]) }},
	{pattern: "as often as before CLIENT", do: func(ctx context.Context, p *play, a []string) error { return p.asBefore(ctx, a[0]) }},
}

// oftens are the choices of the page, as stories call them.
var oftens = map[string]sequences.Duration{
	"monthly": {N: 1, Unit: sequences.Month}, "bimonthly": {N: 2, Unit: sequences.Month}, "quarterly": {N: 3, Unit: sequences.Month},
}

// leaves is that a client wants no more of one sequence.
func (p *play) leaves(ctx context.Context, client, sequence, step string) error {
	id, err := p.wayOut(ctx, client, step)
	if err != nil {
		return err
	}
	letter, err := store.ToldLetterByID(ctx, p.pool, id)
	if err != nil {
		return err
	}
	if letter.Sequence != sequence {
		return broken("the letter %s belongs to %s, not to %s", step, letter.Sequence, sequence)
	}
	for range 2 { // people press twice
		if err := p.engine.LeaveSequence(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// fewer is that a client wants letters less often.
func (p *play) fewer(ctx context.Context, client, often, step string) error {
	every, known := oftens[often]
	if !known {
		return broken("%s is not one of monthly, bimonthly and quarterly", quoted(often))
	}
	id, err := p.wayOut(ctx, client, step)
	if err != nil {
		return err
	}
	for range 2 {
		if _, err := p.engine.PreferFewer(ctx, id, every); err != nil {
			return err
		}
	}
	return nil
}

// wayOut is the message whose unsubscribe link a client has.
func (p *play) wayOut(ctx context.Context, client, step string) (int64, error) {
	l, _, err := p.letterOf(ctx, step, client)
	if err != nil {
		return 0, err
	}
	t, err := p.link(l.header.Get("List-Unsubscribe"), "u", token.Unsubscribe, 0)
	return t.Message, err
}

func (p *play) asBefore(ctx context.Context, client string) error {
	row, err := store.ClientByExternalID(ctx, p.pool, client)
	if err != nil {
		return err
	}
	had, err := p.engine.DropPreference(ctx, row.ID, "the rep")
	if err == nil && !had {
		return broken("%s has not asked for fewer letters", client)
	}
	return err
}
