package content

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"seventh/internal/store"
	"seventh/sequences"
)

// sequences compares the sequences one by one.
func (p *planning) sequences(ctx context.Context) error {
	var err error
	if p.current, err = store.CurrentVersions(ctx, p.db); err != nil {
		return err
	}
	for _, s := range p.folder.Sequences {
		if err := p.sequence(ctx, s); err != nil {
			return err
		}
	}
	return p.removed(ctx)
}

func (p *planning) sequence(ctx context.Context, s *sequences.Sequence) error {
	versions, err := store.VersionsOf(ctx, p.db, s.Name)
	if err != nil {
		return err
	}
	h, err := historyOf(s, versions)
	if err != nil {
		return err
	}
	plan := SequencePlan{Name: s.Name, Action: ActionChanged, OnChange: s.OnChange, Changes: []*Edit{}}
	switch {
	case h.current == nil:
		plan.Action = ActionAdded
		for step := range s.All() {
			plan.Changes = append(plan.Changes, &Edit{Kind: string(sequences.Added), Step: step.ID, New: step.Says()})
		}
	default:
		for _, e := range sequences.Edits(h.current, s, h.names) {
			plan.Changes = append(plan.Changes, told(e))
		}
	}
	if len(versions) > 0 && versions[len(versions)-1].Source == string(s.Source) && h.current != nil {
		p.plan.Unchanged = append(p.plan.Unchanged, s.Name)
		return nil
	}
	if err := p.people(ctx, &plan, s, h); err != nil {
		return err
	}
	if err := p.audience(ctx, &plan, s, h.current); err != nil {
		return err
	}
	if len(plan.Changes) == 0 {
		plan.Changes = append(plan.Changes, &Edit{Kind: string(sequences.Setting), Key: "comments"})
	}
	p.plan.Sequences = append(p.plan.Sequences, plan)
	p.plan.Refused = append(p.plan.Refused, h.refusals(s)...)
	return nil
}

// removed are the sequences that are in force, and in no file any more.
func (p *planning) removed(ctx context.Context) error {
	for _, v := range p.current {
		if slices.ContainsFunc(p.folder.Sequences, func(s *sequences.Sequence) bool { return s.Name == v.Name }) {
			continue
		}
		plan := SequencePlan{Name: v.Name, Action: ActionRemoved, Changes: []*Edit{}}
		standing, err := store.StandingIn(ctx, p.db, []string{v.Name})
		if err != nil {
			return err
		}
		for _, at := range standing {
			plan.People.UnderWay += at.People
			plan.People.Pinned += at.People
		}
		p.plan.Sequences = append(p.plan.Sequences, plan)
	}
	return nil
}

// history is what the versions of a sequence were.
type history struct {
	current *sequences.Sequence       // in force; nil for none
	past    []sequences.Past          // all that can be read, by number
	byID    map[int64]sequences.Past  // the same
	names   sequences.Names           // of all versions and the new one
	stuck   map[string]int            // people at steps that are gone, for whom nothing is said
	goOn    map[string]sequences.Step // where they would go on, most simply
	clashes []error
}

func historyOf(s *sequences.Sequence, versions []store.SequenceVersion) (*history, error) {
	h := &history{byID: make(map[int64]sequences.Past), stuck: make(map[string]int), goOn: make(map[string]sequences.Step)}
	all := []*sequences.Sequence{s}
	for _, v := range versions {
		parsed, problems := sequences.ParseSequence(v.Path, []byte(v.Source), nil)
		if len(problems) > 0 {
			continue // of another version of seventh: nobody can go on by it either
		}
		past := sequences.Past{Number: v.Number, Sequence: parsed}
		h.past, h.byID[v.ID] = append(h.past, past), past
		all = append(all, parsed)
		if v.Current {
			h.current = parsed
		}
	}
	h.names = sequences.NamesOf(all...)
	for _, version := range all {
		if err := h.names.Clash(version); err != nil {
			h.clashes = append(h.clashes, err)
			break
		}
	}
	return h, nil
}

// refusals say what keeps a sequence from being published.
func (h *history) refusals(s *sequences.Sequence) []string {
	var refusals []string
	for _, clash := range h.clashes {
		refusals = append(refusals, fmt.Sprintf("%s: %s", s.File, clash))
	}
	for _, step := range slices.Sorted(maps.Keys(h.stuck)) {
		next := sequences.ReplaceEnd
		if to := h.goOn[step]; to.ID != "" {
			next = to.ID
		}
		refusals = append(refusals, fmt.Sprintf("%s: %s at step %q, which is gone: write where they go on, for example replace_with: { %s: %s }, or { %s: end } to end them",
			s.File, persons(h.stuck[step], "stands", "stand"), step, step, next, step))
	}
	return refusals
}

// audience counts who comes in and who is out because of a change of the audience.
func (p *planning) audience(ctx context.Context, plan *SequencePlan, s, before *sequences.Sequence) error {
	edited := func(key string) bool {
		return slices.ContainsFunc(plan.Changes, func(e *Edit) bool { return e.Kind == string(sequences.Setting) && e.Key == key })
	}
	if !p.dates || before != nil && !edited("audience") && !edited("enroll") {
		return nil
	}
	where, args, err := store.FilterSQL(s.Audience, p.plan.At)
	if err != nil {
		return err
	}
	if s.Enroll == sequences.Automatic {
		again := s.Reentry.Mode != sequences.ReentryNever
		if plan.People.Enrolled, err = store.CountNewcomers(ctx, p.db, s.Name, p.folder.Settings.Consent.Allow, again, where, args); err != nil {
			return err
		}
	}
	if before == nil || !edited("audience") || plan.People.UnderWay == 0 {
		return nil
	}
	was, args, err := store.FilterSQL(before.Audience, p.plan.At, args...)
	if err != nil {
		return err
	}
	plan.People.Outside, err = store.CountOutside(ctx, p.db, s.Name, was, where, args)
	return err
}

// persons counts people, with a verb.
func persons(n int, one, many string) string {
	if n == 1 {
		return "1 person " + one
	}
	return fmt.Sprintf("%d people %s", n, many)
}
