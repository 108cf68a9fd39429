package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
	"seventh/sequences"
)

const (
	planLimit  = 1000 // due enrollments of one transaction
	chunkLimit = 500  // letters of one chunk
)

// Planned counts what a call of Plan dealt with.
type Planned struct {
	Reviewed int  // clients whose sequences were decided anew
	Due      int  // enrollments and deferred letters that were due
	Busy     bool // another planner was at work: nothing was done
}

// Any reports whether there was something to do, so that there may be more.
func (p Planned) Any() bool { return p.Reviewed+p.Due > 0 }

// Plan decides about a batch of what is due: who belongs in which sequence, which
// letters go out now and which later, and why. There is one planner at a time;
// every policy about when a letter may go lives here, and nowhere else.
func (e *Engine) Plan(ctx context.Context) (Planned, error) {
	var planned Planned
	err := store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
		planned = Planned{}
		locked, err := store.LockPlanner(ctx, tx)
		if err != nil {
			return err
		}
		if !locked {
			planned.Busy = true
			return nil
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		catalog, err := e.Catalog(ctx, tx)
		if err != nil {
			return err
		}
		p := &planning{engine: e, tx: tx, now: now, catalog: catalog, letters: make(map[string][]store.Planned)}
		if planned.Reviewed, err = p.review(ctx); err != nil {
			return err
		}
		deferred, err := p.deferred(ctx)
		if err != nil {
			return err
		}
		due, err := p.due(ctx)
		if err != nil {
			return err
		}
		planned.Due = deferred + due
		return p.write(ctx)
	})
	if err != nil {
		return Planned{}, fmt.Errorf("planning: %w", err)
	}
	return planned, nil
}

// planning is one run of the planner.
type planning struct {
	engine  *Engine
	tx      pgx.Tx
	now     time.Time
	catalog *Catalog

	letters map[string][]store.Planned // by sender's address
	moves   []store.Move
}

func (p *planning) review(ctx context.Context) (int, error) {
	ids, err := store.ClientsForReview(ctx, p.tx, p.now, planLimit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return len(ids), p.engine.review(ctx, p.tx, p.catalog, ids, p.now)
}

// due decides about enrollments whose next step is due.
func (p *planning) due(ctx context.Context) (int, error) {
	ids, err := store.DueClients(ctx, p.tx, p.now, planLimit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	facts, err := p.factsAbout(ctx, ids)
	if err != nil {
		return 0, err
	}
	decided := 0
	for i := range facts.list {
		e := &facts.list[i]
		if e.State != "active" || e.NextAt == nil || e.NextAt.After(p.now) {
			continue
		}
		decided++
		err := p.decide(ctx, e, facts)
		if errors.Is(err, errContent) {
			p.engine.Log.Error("enrollment cannot go on", "enrollment_id", e.ID, "sequence", e.Sequence, "err", err)
			p.move(e, nil, waitsForContent)
			err = nil
		}
		if err != nil {
			return 0, err
		}
	}
	return decided, nil
}

// errContent says that what was published keeps an enrollment from going on: the
// others go on without it.
var errContent = errors.New("the published content does not fit")

// facts are what decisions about some enrollments need.
type facts struct {
	list       []store.Enrollment // open ones of the clients
	clients    map[int64]*store.Client
	open       map[int64][]store.Enrollment // list, by client
	suppressed suppressions
	recent     map[int64][]store.OtherLetter // by client, within spacing
}

// factsAbout locks what is decided about, clients before enrollments as stops do:
// a change that comes meanwhile waits, and then finds and wakes what was held.
// Clients who are being changed at this moment are left for the next run.
func (p *planning) factsAbout(ctx context.Context, clientIDs []int64) (facts, error) {
	clients, err := store.HoldClients(ctx, p.tx, clientIDs)
	if err != nil {
		return facts{}, err
	}
	f := facts{clients: make(map[int64]*store.Client, len(clients)), open: make(map[int64][]store.Enrollment)}
	held := make([]int64, len(clients))
	for i := range clients {
		f.clients[clients[i].ID] = &clients[i]
		held[i] = clients[i].ID
	}
	if f.list, err = store.LockOpenEnrollments(ctx, p.tx, held); err != nil {
		return facts{}, err
	}
	for _, o := range f.list {
		f.open[o.ClientID] = append(f.open[o.ClientID], o)
	}
	if f.suppressed, err = suppressionsOf(ctx, p.tx, clients); err != nil {
		return facts{}, err
	}
	recent, err := store.LettersSince(ctx, p.tx, held, p.now.Add(-spacing))
	if err != nil {
		return facts{}, err
	}
	f.recent = make(map[int64][]store.OtherLetter)
	for _, letter := range recent {
		f.note(letter)
	}
	return f, nil
}

func (f facts) note(letter store.OtherLetter) {
	f.recent[letter.ClientID] = append(f.recent[letter.ClientID], letter)
}

// spacing is the least time between letters of different chains to one client:
// whatever flaps in the CRM, he does not get two on a day.
const spacing = 24 * time.Hour

// tooSoon says until when a letter waits for the letters of other chains.
func (f facts) tooSoon(e *store.Enrollment, now time.Time) (until time.Time, wait bool) {
	for _, letter := range f.recent[e.ClientID] {
		if free := letter.At.Add(spacing); letter.EnrollmentID != e.ID && free.After(now) && free.After(until) {
			until, wait = free, true
		}
	}
	return until, wait
}

// decide is the whole policy for one enrollment that is due: hold it, date it
// later, or let its letter be written.
func (p *planning) decide(ctx context.Context, e *store.Enrollment, f facts) error {
	client := f.clients[e.ClientID]
	if client.ReviewAt != nil && !client.ReviewAt.After(p.now) {
		return nil // still to be reviewed: then this one's turn comes again
	}
	version, err := p.engine.Version(ctx, p.tx, e.VersionID)
	if err != nil {
		return err
	}
	if hold := p.catalog.holdOf(client, f.suppressed.cover(client.Address, e.Sequence)); hold != "" {
		p.move(e, nil, hold)
		return nil
	}
	if outranked(e, f.open[e.ClientID]) {
		p.move(e, nil, waitsForPriority)
		return nil
	}
	step, found := version.Sequence.Step(e.NextStep)
	if !found {
		return fmt.Errorf("%w: version %d has no step %q", errContent, version.Number, e.NextStep)
	}
	if e.Waiting == resumed {
		at, err := p.resume(ctx, e, version, step, client)
		if err != nil {
			return err
		}
		if at.After(p.now) {
			p.move(e, &at, waitsForNothing)
			return nil
		}
	}
	if until, wait := f.tooSoon(e, p.now); wait {
		at, err := version.Due(sequences.Step{ID: step.ID}, until, client)
		if err != nil {
			return err
		}
		p.move(e, &at, waitsForRecent)
		return nil
	}
	local := p.now.In(version.zoneOf(client))
	opens, closes, err := version.Window.Open(local, version.Calendar)
	if err != nil {
		return fmt.Errorf("%w: %w", errContent, err)
	}
	if opens.After(p.now) {
		opens = opens.UTC()
		p.move(e, &opens, waitsForWindow)
		return nil
	}
	if step.Offer != nil {
		expires := step.Offer.Expires.Add(local, version.Calendar).UTC()
		e.OfferName, e.OfferExpiresAt = step.Offer.Name, &expires
	}
	sender := p.catalog.senderOf(version, client)
	p.letters[sender] = append(p.letters[sender], store.Planned{
		EnrollmentID: e.ID, ClientID: e.ClientID, Step: step.ID, Template: step.Email, DueAt: *e.NextAt, NotAfter: closes,
	})
	p.move(e, nil, waitsForNothing)
	f.note(store.OtherLetter{ClientID: e.ClientID, EnrollmentID: e.ID, At: p.now})
	return nil
}

// breather is the least time between the last letter of one chain and the first
// one of another that waited for it.
var breather = sequences.Duration{N: 1, Unit: sequences.Week}

// resume dates a step anew after a hold: its delay counts from now, so that nobody
// catches up in a burst, and a first step leaves room after another chain.
func (p *planning) resume(ctx context.Context, e *store.Enrollment, v *Version, step sequences.Step, client *store.Client) (time.Time, error) {
	if e.LastStep != "" {
		return v.Due(step, p.now, client)
	}
	last, err := store.LastSent(ctx, p.tx, client.ID)
	if err != nil || last == nil {
		return p.now, err
	}
	step.After = breather
	return v.Due(step, *last, client)
}

// outranked reports whether another active enrollment of the client goes first.
func outranked(e *store.Enrollment, open []store.Enrollment) bool {
	for _, other := range open {
		if other.State == "active" && other.Priority > e.Priority && !isHeld(other.Waiting) {
			return true
		}
	}
	return false
}

func (p *planning) move(e *store.Enrollment, at *time.Time, waiting string) {
	p.moves = append(p.moves, store.Move{
		EnrollmentID: e.ID, LastStep: e.LastStep, NextStep: e.NextStep, NextAt: at, Waiting: waiting,
		OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt,
	})
}

// deferred decides anew about letters that were put off.
func (p *planning) deferred(ctx context.Context) (int, error) {
	list, err := store.TakeDeferred(ctx, p.tx, p.now, planLimit)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	var late lateLetters
	for _, d := range list {
		if d.State != "planned" {
			continue
		}
		e, err := store.EnrollmentByID(ctx, p.tx, d.EnrollmentID)
		if err != nil {
			return 0, err
		}
		if e.State != "active" {
			state, reason := "cancelled", "the enrollment has ended"
			if e.State == "paused" {
				state, reason = "held", "paused"
			}
			if err := store.StopMessages(ctx, p.tx, []int64{e.ID}, state, reason); err != nil {
				return 0, err
			}
			continue
		}
		client, err := store.ClientByID(ctx, p.tx, d.ClientID)
		if err != nil {
			return 0, err
		}
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if err != nil {
			return 0, err
		}
		if client.ReviewAt != nil && !client.ReviewAt.After(p.now) {
			late.add(d.MessageID, p.now.Add(time.Second), "planned anew")
			continue
		}
		opens, closes, err := version.Window.Open(p.now.In(version.zoneOf(&client)), version.Calendar)
		if err != nil {
			p.engine.Log.Error("letter cannot go on", "message_id", d.MessageID, "sequence", e.Sequence, "err", err)
			late.add(d.MessageID, p.now.Add(time.Hour), "its window never opens")
			continue
		}
		if opens.After(p.now) {
			late.add(d.MessageID, opens.UTC(), "waits for the window")
			continue
		}
		sender := p.catalog.senderOf(version, &client)
		p.letters[sender] = append(p.letters[sender], store.Planned{ID: d.MessageID, NotAfter: closes, DueAt: d.DueAt})
	}
	return len(list), late.write(ctx, p.tx)
}

// lateLetters are letters to be put off, as columns.
type lateLetters struct {
	ids     []int64
	until   []time.Time
	reasons []string
}

func (l *lateLetters) add(id int64, until time.Time, reason string) {
	l.ids, l.until, l.reasons = append(l.ids, id), append(l.until, until), append(l.reasons, reason)
}

func (l *lateLetters) write(ctx context.Context, tx pgx.Tx) error {
	if len(l.ids) == 0 {
		return nil
	}
	return store.Defer(ctx, tx, l.ids, l.until, l.reasons)
}

// write stores the decisions: letters in chunks, a job for each, and the moves.
func (p *planning) write(ctx context.Context) error {
	if len(p.moves) > 0 {
		if err := store.MoveEnrollments(ctx, p.tx, p.moves); err != nil {
			return err
		}
	}
	var chunks []int64
	for sender, letters := range p.letters {
		for from := 0; from < len(letters); from += chunkLimit {
			part := letters[from:min(from+chunkLimit, len(letters))]
			chunk, carried, err := store.InsertChunk(ctx, p.tx, sender, part)
			if err != nil {
				return err
			}
			if chunk != 0 {
				chunks = append(chunks, chunk)
			}
			if carried < len(part) {
				if err := p.skipDone(ctx, part); err != nil {
					return err
				}
			}
		}
	}
	return p.engine.deliver(ctx, p.tx, chunks)
}

// skipDone moves enrollments on whose due step has had its letter before. That
// should not happen; if it does, nobody is mailed twice and nobody is stranded.
func (p *planning) skipDone(ctx context.Context, part []store.Planned) error {
	done, err := store.LettersBefore(ctx, p.tx, part)
	if err != nil {
		return err
	}
	var moves []store.Move
	var finished []int64
	for _, id := range done {
		e, err := store.EnrollmentByID(ctx, p.tx, id)
		if err != nil {
			return err
		}
		p.engine.Log.Error("step was due again after its letter", "enrollment_id", id, "sequence", e.Sequence, "step", e.NextStep)
		version, err := p.engine.Version(ctx, p.tx, e.VersionID)
		if err != nil {
			return err
		}
		next, more := version.Sequence.Next(e.NextStep)
		if !more {
			finished = append(finished, id)
			continue
		}
		client, err := store.ClientByID(ctx, p.tx, e.ClientID)
		if err != nil {
			return err
		}
		at, err := version.Due(next, p.now, &client)
		if err != nil {
			return err
		}
		moves = append(moves, store.Move{EnrollmentID: id, LastStep: e.NextStep, NextStep: next.ID, NextAt: &at,
			OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt})
	}
	if err := store.MoveEnrollments(ctx, p.tx, moves); err != nil {
		return err
	}
	ended, err := store.EndEnrollments(ctx, p.tx, finished, endedFinished, p.now)
	if err != nil {
		return err
	}
	return p.engine.afterEnd(ctx, p.tx, ended, p.now)
}

// senderOf is the address that a version's letters to a client come from.
func (c *Catalog) senderOf(v *Version, client *store.Client) string {
	if v.Sequence.Sender == "owner" && client.Owner != "" {
		return client.Owner
	}
	return c.namedSender(v).Email
}

// namedSender is the sender from seventh.yaml that a version names, or the
// fallback.
func (c *Catalog) namedSender(v *Version) sequences.Sender {
	if s, ok := c.Settings.Senders[v.Sequence.Sender]; ok {
		return s
	}
	return c.Settings.Senders[c.Settings.FallbackSender]
}
