package engine

import (
	"context"
	"maps"
	"slices"

	"seventh/sequences"
)

// enrollStep is a step that puts a client in another sequence.
type enrollStep struct {
	sequence string
	client   string // external id
	decision int    // its place among the decisions of the run
}

// outcomes of an enroll step, beside the reasons for leaving a client out.
const (
	outcomeEnrolled        = "enrolled"
	outcomeUnknownSequence = "unknown_sequence"
)

// enroll notes that the client is to be put in another sequence, and goes on.
func (s *stepping) enroll(step sequences.Step) done {
	d := s.decided(step, outcomeEnrolled, map[string]any{"sequence": step.Enroll})
	s.p.did.enrolls = append(s.p.did.enrolls, enrollStep{sequence: step.Enroll, client: s.client.ExternalID, decision: len(s.p.did.decisions) - 1})
	return d
}

// enrollAll enrolls by the sequence, as a request would. Who is left out has the
// reason in his decision.
func (p *planning) enrollAll(ctx context.Context, steps []enrollStep) error {
	by := make(map[string][]enrollStep)
	for _, s := range steps {
		by[s.sequence] = append(by[s.sequence], s)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		version := p.catalog.Current(name)
		if version == nil {
			for _, s := range by[name] {
				p.did.decisions[s.decision].Outcome = outcomeUnknownSequence
			}
			continue
		}
		run := newEnrolling(p.tx, p.catalog, version, p.now, "sequence")
		run.isListed = true
		clients := make([]string, len(by[name]))
		for i, s := range by[name] {
			clients[i] = s.client
		}
		if err := run.listed(ctx, clients); err != nil {
			return err
		}
		skipped := make(map[string]string, len(run.result.Skipped))
		for _, s := range run.result.Skipped {
			skipped[s.Client] = s.Reason
		}
		for _, s := range by[name] {
			if reason, out := skipped[s.client]; out {
				p.did.decisions[s.decision].Outcome = reason
			}
		}
	}
	return nil
}
