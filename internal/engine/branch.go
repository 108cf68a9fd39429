package engine

import (
	"seventh/internal/store"
	"seventh/sequences"
)

// choose takes the branch of an if that fits what is known of the client and what
// has happened since he was enrolled.
func (s *stepping) choose(step sequences.Step) done {
	branch := sequences.BranchElse
	if step.If.Match(s.facts(), s.p.now) {
		branch = sequences.BranchThen
	}
	return s.decided(step, branch, nil)
}

// share takes the client's branch of a split.
func (s *stepping) share(step sequences.Step) done {
	branch := step.Choose(s.client.ExternalID)
	if branch == nil { // no branch has a weight: on behind them
		branch = &sequences.Branch{}
	}
	return s.decided(step, branch.Name, nil)
}

// facts are what conditions are evaluated by.
func (s *stepping) facts() sequences.Facts { return s.known.facts(s.e, s.client) }

// exit says why an enrollment ends before its next step, or "": a condition of
// exit_on holds, or the sequence is for those only who have not bought.
func (p *planning) exit(e *store.Enrollment, v *Version, client *store.Client, f *facts) string {
	if v.Sequence.For == sequences.ForAcquisition && isCustomer(client) {
		return endedPurchased
	}
	if len(v.Sequence.ExitOn.Conditions) == 0 {
		return ""
	}
	facts := f.known.facts(e, client)
	if v.inForce != nil {
		facts.History = v.inForce.byItsNames(facts.History)
	}
	for i := range v.Sequence.ExitOn.Conditions {
		if v.Sequence.ExitOn.Conditions[i].Match(facts, p.now) {
			return endedGoal
		}
	}
	return ""
}

// isCustomer tells whether a client has bought: he is spoken to differently.
func isCustomer(c *store.Client) bool {
	return c.Stage == "customer" || c.Stage == "past_customer" || c.LastPurchaseAt != nil || c.Temperature == "hot"
}

// forOthers picks enrollments in sequences that are not for customers.
func forOthers(_ store.Enrollment, v *Version) bool {
	return v != nil && v.Sequence.For == sequences.ForAcquisition
}

// suits tells whether a sequence may speak to a client at all.
func (v *Version) suits(c *store.Client) bool {
	switch v.Sequence.For {
	case sequences.ForAcquisition:
		return !isCustomer(c)
	case sequences.ForCustomers:
		return isCustomer(c)
	}
	return true
}
