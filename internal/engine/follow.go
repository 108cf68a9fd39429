package engine

import (
	"context"
	"errors"

	"seventh/internal/store"
	"seventh/sequences"
)

// What becomes of people who are under way when a sequence is published anew:
//
//	                        on_change: pin (default)      on_change: follow
//	what letters say        the newest                    the newest
//	window, sender, exit_on the newest                    the newest
//	  and all else but steps
//	steps                   as when he was enrolled       the newest, from the step he stands at:
//	  the same id, moved    –                             he stands there still, wherever it is now
//	  renamed_from          –                             the same step under its new name
//	  inserted ahead        never                         he gets it
//	  inserted behind       never                         never
//	  gone                  he gets it                    on at the step that replace_with names, or ends there;
//	                                                      publishing is refused if people stand there and nothing is said
//	  another delay         the old one                   the new one, less the time that has passed
//	  done before           –                             passed over, under whatever name it was done
//	letter planned already  goes                          goes; then he goes on by the new steps
//	out of letters          the newest, if it has more    the newest
//	file gone               goes on by the steps as they were; ends with `publish --end-removed`
//
// Publishing itself moves nobody. It makes a version; the planner, who alone writes
// letters, takes people there a batch at a time between two batches of letters, and
// whoever is due before his turn at once, so that nothing is decided by steps that are
// not in force. An enrollment's version_id says whether it is done: a crash loses
// nothing, and a second publication meanwhile is only a newer aim.

// follow takes a batch of people to the newest versions.
func (p *planning) follow(ctx context.Context) (int, error) {
	var following []int64
	current := make(map[int64]*Version)
	for _, v := range p.catalog.current {
		if v.Sequence.OnChange == sequences.FollowSteps {
			following = append(following, v.SequenceID)
			current[v.SequenceID] = v
		}
	}
	lags, err := store.Lags(ctx, p.tx, following)
	if err != nil {
		return 0, err
	}
	for _, lag := range lags {
		n, err := p.followFrom(ctx, lag, current[lag.SequenceID])
		if n > 0 || err != nil {
			return n, errors.Join(err, p.writeCarried(ctx))
		}
	}
	return 0, nil
}

// pagesAtOnce bounds how far one run looks for people who can go on: others have
// letters on their way.
const pagesAtOnce = 10

// followFrom takes a batch of people out of one version. They are looked through page
// by page, and once more from the first.
func (p *planning) followFrom(ctx context.Context, lag store.Lag, to *Version) (int, error) {
	for range pagesAtOnce {
		page, err := store.PageOfVersion(ctx, p.tx, lag.VersionID, p.engine.passedTo(lag.VersionID), planLimit)
		if err != nil {
			return 0, err
		}
		last := int64(0) // from the first
		if len(page) == planLimit {
			last = page[planLimit-1].EnrollmentID
		}
		p.engine.passTo(lag.VersionID, last)
		n, err := p.carryPage(ctx, lag, to, page)
		if n > 0 || err != nil || last == 0 {
			return n, err
		}
	}
	return 0, nil
}

func (e *Engine) passedTo(version int64) int64 {
	e.content.Lock()
	defer e.content.Unlock()
	return e.content.passed[version]
}

func (e *Engine) passTo(version, enrollment int64) {
	e.content.Lock()
	defer e.content.Unlock()
	if e.content.passed == nil {
		e.content.passed = make(map[int64]int64)
	}
	e.content.passed[version] = enrollment
}

// carryPage takes those of a page on who can go; their clients are held as for any
// decision.
func (p *planning) carryPage(ctx context.Context, lag store.Lag, to *Version, page []store.InVersion) (int, error) {
	if len(page) == 0 {
		return 0, nil
	}
	held, err := store.HoldClients(ctx, p.tx, column(page, func(i *store.InVersion) int64 { return i.ClientID }))
	if err != nil {
		return 0, err
	}
	free := make(map[int64]bool, len(held))
	for i := range held {
		free[held[i].ID] = true
	}
	var ids, clientIDs []int64
	for _, i := range page {
		if free[i.ClientID] {
			ids, clientIDs = append(ids, i.EnrollmentID), append(clientIDs, i.ClientID)
		}
	}
	list, err := store.Followers(ctx, p.tx, lag.VersionID, ids)
	if err != nil {
		return 0, err
	}
	clients, err := store.ClientsByID(ctx, p.tx, clientIDs)
	if err != nil {
		return 0, err
	}
	byID := make(map[int64]*store.Client, len(clients))
	for i := range clients {
		byID[clients[i].ID] = &clients[i]
	}
	before := p.carried.count()
	for i := range list {
		f := &list[i]
		switch client := byID[f.ClientID]; {
		case client == nil || f.UnderWay:
		case lag.Ending:
			p.carried.removed = append(p.carried.removed, f.ID)
		default:
			err := p.carry(ctx, f, to, client)
			if isContent(err) { // he is held when his step is due, the others go on
				p.engine.Log.Error("enrollment cannot follow", "enrollment_id", f.ID, "sequence", f.Sequence, "err", err)
			} else if err != nil {
				return 0, err
			}
		}
	}
	return p.carried.count() - before, nil
}

// carried are enrollments that leave their version.
type carried struct {
	on       []store.Follower
	done     []int64 // nothing is left for them
	removed  []int64 // their step is gone, or the whole sequence
	dropped  []store.StepRef
	renamed  []store.StepRef
	newNames []string
}

func (c *carried) count() int { return len(c.on) + len(c.done) + len(c.removed) }

// writeCarried writes who has been carried so far, before anything else is decided
// about them.
func (p *planning) writeCarried(ctx context.Context) error {
	c := p.carried
	p.carried = carried{}
	if c.count() == 0 {
		return nil
	}
	if len(c.on) > 0 {
		if err := store.CarryEnrollments(ctx, p.tx, c.on); err != nil {
			return err
		}
	}
	if len(c.renamed) > 0 {
		if err := store.RenameTasks(ctx, p.tx, c.renamed, c.newNames); err != nil {
			return err
		}
	}
	if len(c.dropped) > 0 {
		if err := store.DropSteps(ctx, p.tx, c.dropped, p.now); err != nil {
			return err
		}
	}
	return errors.Join(p.endAll(ctx, c.removed, endedRemoved), p.endAll(ctx, c.done, endedFinished))
}

// moveAllOn returns the enrollments that are due, those that follow in the newest
// version: what is learned for decisions is learned about their steps there. Who is
// not due any more, or over, is decided.
func (p *planning) moveAllOn(ctx context.Context, f *facts, decided map[int64]bool) ([]*store.Enrollment, error) {
	var due []*store.Enrollment
	for i := range f.list {
		e := &f.list[i]
		if e.State != "active" || e.NextAt == nil || e.NextAt.After(p.now) {
			continue
		}
		client, still := f.clients[e.ClientID], true
		if client != nil && !p.underReview(client) {
			var err error
			if still, err = p.moveOn(ctx, e, client); isContent(err) {
				p.cannotGoOn(e, err)
			} else if err != nil {
				return nil, err
			}
		}
		if still {
			due = append(due, e)
		} else {
			decided[e.ID] = true
		}
	}
	return due, p.writeCarried(ctx)
}

// moveOn lets an enrollment that is due before its turn came go on by the newest
// steps; false if it is not due any more, or over.
func (p *planning) moveOn(ctx context.Context, e *store.Enrollment, client *store.Client) (due bool, err error) {
	var to *Version
	for _, v := range p.catalog.current {
		if v.SequenceID == e.SequenceID && v.ID != e.VersionID && (v.Sequence.OnChange == sequences.FollowSteps || e.Waiting == waitsForLetters) {
			to = v
		}
	}
	if to == nil {
		return true, nil
	}
	list, err := store.Followers(ctx, p.tx, e.VersionID, []int64{e.ID})
	if err != nil || len(list) == 0 || list[0].UnderWay {
		return true, err
	}
	full, err := store.ClientByID(ctx, p.tx, client.ID)
	if err != nil {
		return false, err
	}
	before := len(p.carried.on)
	f := &list[0]
	if err := p.carry(ctx, f, to, &full); err != nil {
		return false, err
	}
	if len(p.carried.on) == before {
		return f.VersionID == e.VersionID, nil // nothing new for him; or over
	}
	*e = f.Enrollment
	return e.NextAt != nil && !e.NextAt.After(p.now), nil
}
