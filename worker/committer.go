package worker

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"seventh/internal/engine"
	"seventh/internal/failpoint"
	"seventh/internal/store"
)

// committer writes T2 and T3 of all connections of the process in group commits:
// whatever has come in while the last transaction ran goes into the next one.
type committer struct {
	engine   *engine.Engine
	log      *slog.Logger
	workerID func() int32
	requests chan request

	// open counts, for each transmission, its letters that are not settled yet.
	open   map[int64]int
	onWire int // all of them
	// unsure says that a T2 may have been committed although its answer was lost: its
	// letters have not gone, and nobody would close that transmission.
	unsure bool
}

// request is an outcome (T3), a letter that wants to pass T2, or both: the letter
// before on a connection, and the next one.
type request struct {
	result *engine.Result
	done   func() // called once the outcome is stored

	letter *engine.Letter
	now    time.Time // business time
	passed chan<- verdict
}

// verdict answers a T2: where the letter stands, nowhere if it was refused.
type verdict struct {
	place store.ContentRef
	err   error
}

// batchLimit bounds a group commit.
const batchLimit = 500

// errNotRecorded keeps a letter off the wire because nothing can be written down.
var errNotRecorded = errors.New("the database cannot be reached")

func newCommitter(e *engine.Engine, workerID func() int32, log *slog.Logger) *committer {
	return &committer{engine: e, log: log, workerID: workerID, requests: make(chan request, batchLimit), open: make(map[int64]int)}
}

// transmit asks for T2. The answer comes for certain: while a commit is under way
// only its answer says whether the letter passed.
func (c *committer) transmit(letter *engine.Letter, now time.Time) <-chan verdict {
	return c.exchange(nil, nil, letter, now)
}

// settle hands in an outcome; done is called once it is stored.
func (c *committer) settle(result *engine.Result, done func()) {
	c.requests <- request{result: result, done: done}
}

// exchange hands in an outcome and asks for T2 of the next letter, in one commit.
func (c *committer) exchange(result *engine.Result, done func(), letter *engine.Letter, now time.Time) <-chan verdict {
	passed := make(chan verdict, 1)
	c.requests <- request{result: result, done: done, letter: letter, now: now, passed: passed}
	return passed
}

// lastWords bounds how long outcomes are still written when the process stops.
const lastWords = 5 * time.Second

// run commits until ctx ends, and what has come in by then.
func (c *committer) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case first := <-c.requests:
			c.commit(ctx, c.gather(first))
		case <-ctx.Done():
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	for {
		select {
		case first := <-c.requests:
			c.commit(ending, c.gather(first))
		default:
			return
		}
	}
}

// linger bounds how long a commit waits for company: it costs about as much for
// thirty letters as for three.
const linger = time.Millisecond

// gather takes what is there, and what comes in soon while more letters are on the
// wire than have come back: then one half of the connections is in dialogue while
// the other half's commit is written.
func (c *committer) gather(first request) []request {
	batch := []request{first}
	patience := time.NewTimer(linger)
	defer patience.Stop()
	for waited := false; len(batch) < batchLimit; {
		select {
		case r := <-c.requests:
			batch = append(batch, r)
			continue
		default:
		}
		if waited || 2*len(batch) >= c.onWire {
			return batch
		}
		select {
		case r := <-c.requests:
			batch = append(batch, r)
		case <-patience.C:
			waited = true
		}
	}
	return batch
}

// commit writes a batch. When that fails, letters that wanted to pass are told so
// and do not go out; outcomes are tried again until they are stored, and nothing
// else happens meanwhile: what cannot be recorded must not be sent.
func (c *committer) commit(ctx context.Context, requests []request) {
	batch := c.batch(requests)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		// A stop does not interrupt a commit under way.
		passed, err := c.engine.Commit(context.WithoutCancel(ctx), batch)
		if err == nil {
			c.unsure = false
			if len(batch.Results) > 0 {
				failpoint.Hit(failpoint.AfterT3)
			}
			c.answer(requests, passed)
			return
		}
		c.log.Error("group commit failed", "err", err, "outcomes", len(batch.Results), "letters", len(batch.Wanted))
		c.unsure = true
		c.turnAway(requests)
		batch.Wanted, batch.Unsure, batch.Open = nil, true, slices.Collect(maps.Keys(c.open))
		if len(batch.Results) == 0 {
			c.answer(requests, nil) // outcomes with consequences have been written apart
			return
		}
		if ctx.Err() != nil {
			return
		}
		if refused(err) {
			batch.Results = c.oneByOne(ctx, batch.Results)
		}
		pause(ctx, wait)
	}
}

// batch makes a group commit of requests. A transmission whose last letters they
// settle is closed with it.
func (c *committer) batch(requests []request) *engine.Batch {
	batch := &engine.Batch{WorkerID: c.workerID(), Unsure: c.unsure}
	if c.unsure {
		batch.Open = slices.Collect(maps.Keys(c.open))
	}
	closing := make(map[int64]int)
	for _, r := range requests {
		if r.result != nil {
			batch.Results = append(batch.Results, *r.result)
			batch.Now = later(batch.Now, r.result.At)
			if t := r.result.Content.ContentID; t != 0 {
				closing[t]++
			}
		}
		if r.letter != nil {
			batch.Wanted = append(batch.Wanted, r.letter)
			batch.Now = later(batch.Now, r.now)
		}
	}
	for transmission, letters := range closing {
		if letters == c.open[transmission] {
			batch.Settled = append(batch.Settled, transmission)
		}
	}
	return batch
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// turnAway tells letters that wanted to pass that they have not.
func (c *committer) turnAway(requests []request) {
	for i, r := range requests {
		if r.passed != nil {
			r.passed <- verdict{err: errNotRecorded}
			requests[i].passed = nil
		}
	}
}

// refused reports whether the database understood a transaction and would refuse
// it again: trying the same once more is no use.
func refused(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || store.Retryable(err) {
		return false
	}
	switch pg.Code[:2] {
	case "22", "23", "42": // data, constraint, statement
		return true
	}
	return false
}

// oneByOne writes outcomes so that one which the database refuses does not keep
// the others from being written. Of that one the letter's own state is kept. It
// returns those that could not be written for another reason.
func (c *committer) oneByOne(ctx context.Context, results []engine.Result) (left []engine.Result) {
	for _, result := range results {
		err := c.alone(ctx, result)
		if err != nil && refused(err) {
			c.log.Error("outcome cannot be written as it is", "message_id", result.Letter.MessageID, "state", result.State, "err", err)
			result.Bare = true
			err = c.alone(ctx, result)
		}
		if err != nil && refused(err) {
			c.log.Error("outcome is lost", "message_id", result.Letter.MessageID, "state", result.State, "err", err)
		} else if err != nil {
			left = append(left, result)
		}
	}
	return left
}

func (c *committer) alone(ctx context.Context, result engine.Result) error {
	_, err := c.engine.Commit(context.WithoutCancel(ctx), &engine.Batch{Results: []engine.Result{result}, Now: result.At})
	return err
}

// answer tells everybody that a batch is written.
func (c *committer) answer(requests []request, passed map[*engine.Letter]store.ContentRef) {
	for _, place := range passed {
		c.open[place.ContentID]++
		c.onWire++
	}
	for _, r := range requests {
		if r.result != nil {
			if t := r.result.Content.ContentID; t != 0 {
				c.onWire--
				if c.open[t]--; c.open[t] == 0 {
					delete(c.open, t)
				}
			}
			r.done()
		}
		if r.passed != nil {
			r.passed <- verdict{place: passed[r.letter]}
		}
	}
}
