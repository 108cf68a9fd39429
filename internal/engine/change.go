package engine

import (
	"context"
	"fmt"
	"maps"

	"seventh/internal/store"
	"seventh/sequences"
)

// changer is an enrollment at a step that changes its client.
type changer struct {
	e       *store.Enrollment
	version *Version
	step    sequences.Step
}

// change does the steps that change clients, before anything is decided about them,
// by the same way as changes from the CRM: chains end by it, others begin, perhaps
// this one too. Clients whom somebody else changes at this moment are for the next
// run, and so is everything else about those who were changed.
func (p *planning) change(ctx context.Context, due []*store.Enrollment, f *facts, decided map[int64]bool) error {
	changers, err := p.changers(ctx, due, f)
	if err != nil || len(changers) == 0 {
		return err
	}
	ids := make([]int64, 0, len(changers))
	for id := range changers {
		ids = append(ids, id)
	}
	free, err := p.lockClients(ctx, *f, ids)
	if err != nil {
		return err
	}
	var patches []ClientPatch
	var before []*store.Client
	moved := len(p.moves)
	for id, c := range changers {
		if client := free[id]; client != nil {
			patches, before = append(patches, patchOf(client, c.step.Set)), append(before, client)
			p.changed(c, *client, f)
			decided[c.e.ID] = true
		}
		delete(f.clients, id)
	}
	if len(patches) == 0 {
		return nil
	}
	// If the change ends it, and the client comes back, it goes on behind this step.
	if err := store.MoveEnrollments(ctx, p.tx, p.moves[moved:]); err != nil {
		return err
	}
	p.moves = p.moves[:moved]
	results := make([]Upserted, len(patches))
	if err := p.engine.upsert(ctx, p.tx, patches, before, results); err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return fmt.Errorf("changing client %q by a step: %w", r.ExternalID, r.Err)
		}
	}
	return nil
}

// changers are the enrollments at such a step, one of each client.
func (p *planning) changers(ctx context.Context, due []*store.Enrollment, f *facts) (map[int64]changer, error) {
	changers := make(map[int64]changer)
	for _, e := range due {
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if isContent(err) {
			continue // told when it is decided about
		}
		if err != nil {
			return nil, err
		}
		step, _ := version.Sequence.Step(e.NextStep)
		client := f.clients[e.ClientID]
		if step.Kind() != sequences.KindSet || client == nil || p.underReview(client) {
			continue
		}
		_, second := changers[client.ID]
		_, before := f.known.decided[store.StepRef{EnrollmentID: e.ID, Step: step.ID}]
		_, away := f.pressure.away[client.ID]
		kept, _ := p.keptFrom(e, version, client, f)
		if second || before || away || kept != "" || p.exit(e, version, client, f) != "" {
			continue
		}
		if e.Waiting == resumed {
			if at, err := p.resume(ctx, e, version, step, client); err != nil || at.After(p.now) {
				continue // dated, or told, when it is decided about
			}
		}
		changers[client.ID] = changer{e, version, step}
	}
	return changers, nil
}

// changed moves an enrollment on from its step.
func (p *planning) changed(c changer, client store.Client, f *facts) {
	if c.step.Set.Category != "" {
		client.Category = c.step.Set.Category // whose cadence the next step may go by
	}
	s := &stepping{p: p, e: c.e, version: c.version, client: &client, known: &f.known, first: true}
	d := s.decided(c.step, outcomeSet, nil)
	if !d.more && !c.version.neverRunsDry {
		p.end(c.e, endedFinished)
		return
	}
	s.moveOn(c.step, d.next)
}

// patchOf is a change as the CRM would say it.
func patchOf(client *store.Client, change *sequences.Change) ClientPatch {
	patch := ClientPatch{ExternalID: client.ExternalID}
	if change.Category != "" {
		patch.Category = &change.Category
	}
	if change.Temperature != "" {
		patch.Temperature = &change.Temperature
	}
	if len(change.Attributes) > 0 {
		patch.Attributes = maps.Clone(client.Attributes)
		if patch.Attributes == nil {
			patch.Attributes = make(map[string]any)
		}
		for name, value := range change.Attributes {
			if value == nil {
				delete(patch.Attributes, name)
			} else {
				patch.Attributes[name] = value
			}
		}
	}
	return patch
}
