package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

const (
	planLimit  = 1000 // due enrollments of one transaction
	chunkLimit = 500  // letters of one chunk
)

// Planned counts what a call of Plan dealt with.
type Planned struct {
	Reviewed    int  // clients whose sequences were decided anew
	Due         int  // enrollments and deferred letters that were due
	Stale       int  // enrollments that were to be due, and have been moved or ended since
	Calls       int  // calls of categories that were due, of which tasks were made
	Retimed     int  // enrollments looked at because letters come more or less often now
	Carried     int  // enrollments that went on to a newer version of their sequence
	Unconfirmed int  // letters of which nobody knows whether they arrived, and that were looked at
	Judged      int  // letters of whose opens and clicks it was told who is behind them
	Busy        bool // another planner was at work: nothing was done
}

// Any reports whether there was something to do, so that there may be more.
func (p Planned) Any() bool {
	return p.Reviewed+p.Due+p.Stale+p.Calls+p.Retimed+p.Carried+p.Unconfirmed+p.Judged > 0
}

// Full reports whether a batch was as large as it may be: more is due for certain.
func (p Planned) Full() bool {
	return max(p.Reviewed, p.Due+p.Stale, p.Calls, p.Retimed, p.Carried) >= planLimit || p.Unconfirmed >= lookLimit || p.Judged >= hitsOfLetters
}

// Plan decides about a batch of what is due: who belongs in which sequence, which
// letters go out now and which later, and why. There is one planner at a time;
// every policy about when a letter may go lives here, and nowhere else.
func (e *Engine) Plan(ctx context.Context) (Planned, error) {
	var planned Planned
	looked, err := e.LookAtUnconfirmed(ctx)
	if err != nil {
		return planned, fmt.Errorf("planning: %w", err)
	}
	err = store.Tx(ctx, e.DB, func(tx pgx.Tx) error {
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
		p := newPlanning(e, tx, now, catalog)
		if err := p.restrict(ctx); err != nil {
			return err
		}
		if planned.Judged, err = p.judgeHits(ctx); err != nil {
			return err
		}
		if planned.Reviewed, err = p.review(ctx); err != nil {
			return err
		}
		if planned.Carried, err = p.follow(ctx); err != nil {
			return err
		}
		if err := p.happened(ctx); err != nil {
			return err
		}
		if planned.Retimed, err = e.retimeCadence(ctx, tx, catalog, now); err != nil {
			return err
		}
		if planned.Calls, err = store.CallsDue(ctx, tx, now, planLimit); err != nil {
			return err
		}
		told, err := p.handovers(ctx)
		if err != nil {
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
		planned.Due, planned.Stale = told+deferred+due, p.stale
		return p.write(ctx)
	})
	if err != nil {
		return Planned{}, fmt.Errorf("planning: %w", err)
	}
	planned.Unconfirmed = looked
	return planned, nil
}

// planning is one run of the planner.
type planning struct {
	engine  *Engine
	tx      pgx.Tx
	now     time.Time
	catalog *Catalog

	// What is in force beside the content (restrict.go).
	paused  map[string]store.Pause // senders by address, sequences by name
	slow    map[string]float64     // providers to go easy on: letters a second
	limited bool                   // some sender or provider has a limit
	book    *laneBook              // nil without one
	keys    map[string]string      // senderKey of senders

	letters map[outlet][]store.Planned
	moves   []store.Move
	// underWay are enrollments with a letter released, of whom nothing else is new.
	underWay []int64
	skipped  skipped
	carried  carried
	did      effects
	freed    []int64             // clients whose waiting sequences may go first now
	tallies  map[store.Tally]int // letters released, for the breakers
	stale    int                 // as Planned.Stale
}

func newPlanning(e *Engine, tx pgx.Tx, now time.Time, catalog *Catalog) *planning {
	return &planning{
		engine: e, tx: tx, now: now, catalog: catalog, letters: make(map[outlet][]store.Planned),
		keys: make(map[string]string), tallies: make(map[store.Tally]int),
	}
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
	taken, err := store.TakeDue(ctx, p.tx, p.now, planLimit)
	if err != nil || len(taken) == 0 {
		return 0, err
	}
	ids := make([]int64, 0, len(taken))
	for _, due := range taken {
		if due.ClientID != 0 {
			ids = append(ids, due.ClientID)
		}
	}
	p.stale += len(taken) - len(ids)
	facts, err := p.factsAbout(ctx, ids)
	if err != nil {
		return 0, err
	}
	decided := make(map[int64]bool, len(facts.list))
	due, err := p.moveAllOn(ctx, &facts, decided)
	if err != nil {
		return 0, err
	}
	if limits := &p.catalog.Settings.Limits; p.limited || limits.Client != nil || limits.Company != nil || facts.pressure.wishes != nil {
		slices.SortStableFunc(due, goesBefore)
	}
	if err := p.learn(ctx, due, &facts); err != nil {
		return 0, err
	}
	if err := p.lanesOfDue(ctx, due, facts); err != nil {
		return 0, err
	}
	if facts.done, err = doneBy(ctx, p.tx, due); err != nil {
		return 0, err
	}
	if err := p.change(ctx, due, &facts, decided); err != nil {
		return 0, err
	}
	p.moves = slices.Grow(p.moves, len(due))
	for _, e := range due {
		before := p.dealtWith()
		err := p.decide(ctx, e, &facts)
		if errors.Is(err, errContent) {
			p.cannotGoOn(e, err)
			err = nil
		}
		if err != nil {
			return 0, err
		}
		if p.dealtWith() != before {
			decided[e.ID] = true
		}
	}
	var left []int64 // its client is being changed, or reviewed first
	for _, due := range taken {
		if due.ClientID != 0 && !decided[due.EnrollmentID] {
			left = append(left, due.EnrollmentID)
		}
	}
	if len(left) == 0 {
		return len(ids), nil
	}
	return len(ids) - len(left), store.ReturnDue(ctx, p.tx, left)
}

// dealtWith counts what has been decided: it changes with every enrollment.
func (p *planning) dealtWith() int {
	ended := 0
	for _, ids := range p.did.ends {
		ended += len(ids)
	}
	return len(p.moves) + len(p.underWay) + len(p.skipped.finished) + ended
}

// goesBefore orders letters that share a limit: a higher priority first, then
// whichever was due first.
func goesBefore(a, b *store.Enrollment) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), dueOf(a).Compare(dueOf(b)), cmp.Compare(a.ID, b.ID))
}

// cannotGoOn holds an enrollment because of the content.
func (p *planning) cannotGoOn(e *store.Enrollment, err error) {
	p.takeBack(e)
	p.engine.Log.Error("enrollment cannot go on", "enrollment_id", e.ID, "sequence", e.Sequence, "err", err)
	p.move(e, nil, waitsForContent)
}

// errContent says that what was published keeps an enrollment from going on: the
// others go on without it.
var errContent = errors.New("the published content does not fit")

// write stores the decisions: letters in chunks, a job for each, and the moves.
func (p *planning) write(ctx context.Context) error {
	if len(p.moves) > 0 {
		if err := store.MoveEnrollments(ctx, p.tx, p.moves); err != nil {
			return err
		}
	}
	if len(p.underWay) > 0 {
		if err := store.PutUnderWay(ctx, p.tx, p.underWay); err != nil {
			return err
		}
	}
	if len(p.freed) > 0 {
		if err := store.WakeEnrollments(ctx, p.tx, p.freed, []string{waitsForPriority}, p.now); err != nil {
			return err
		}
	}
	if err := p.skipped.write(ctx, p); err != nil {
		return err
	}
	if err := p.did.write(ctx, p); err != nil {
		return err
	}
	var chunks []int64
	for out, letters := range p.letters {
		pace, limit := p.pace(out), chunkLimit
		if pace > 0 {
			limit = planLimit // in one piece, which goes at one pace
		}
		for part := range slices.Chunk(letters, limit) {
			chunk, carried, err := store.InsertChunk(ctx, p.tx, out.sender, part)
			if err != nil {
				return err
			}
			if chunk != 0 {
				chunks = append(chunks, chunk)
			}
			if chunk != 0 && pace > 0 {
				if err := store.PaceChunk(ctx, p.tx, chunk, pace); err != nil {
					return err
				}
			}
			if carried < len(part) {
				if err := p.skipDone(ctx, part); err != nil {
					return err
				}
			}
		}
	}
	if err := p.count(ctx); err != nil {
		return err
	}
	if p.book != nil {
		if err := p.book.save(ctx, p.tx); err != nil {
			return err
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
	if err := store.LookAtMissed(ctx, p.tx, part, p.now.Add(time.Minute)); err != nil {
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
	return p.endAll(ctx, finished, endedFinished)
}
