package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/store"
)

// lanes are the connections to the mail server, kept open between chunks, each
// with a goroutine that takes one letter after the other.
type lanes struct {
	worker *Worker
	work   chan parcel
	stops  atomic.Bool
	quit   chan struct{} // closed when the lanes are to hang up
	start  sync.Once
	ended  sync.WaitGroup
	pace   *pace
}

// parcel is a letter on its way to a lane.
type parcel struct {
	letter *engine.Letter
	run    *run
}

// idleLimit is how long a connection is kept without a letter: servers close
// idle ones after minutes, and each occupies a slot there.
const idleLimit = 30 * time.Second

func newLanes(w *Worker) *lanes {
	return &lanes{worker: w, work: make(chan parcel), quit: make(chan struct{}), pace: newPace(w.options.Server.Rate)}
}

func (l *lanes) stop()         { l.stops.Store(true) }
func (l *lanes) stopped() bool { return l.stops.Load() }

// close hangs up, after the letters in dialogue.
func (l *lanes) close() {
	close(l.quit)
	l.ended.Wait()
}

// deliver sends a chunk's letters and returns when every one of them is dealt
// with: settled in the database, or left for another time.
func (l *lanes) deliver(ctx context.Context, r *run) {
	l.start.Do(func() {
		for range max(1, l.worker.options.Server.Pool) {
			l.ended.Add(1)
			go l.lane()
		}
	})
	for _, letter := range r.claim.Letters {
		if r.over() || !l.pace.wait(ctx) {
			break
		}
		r.pending.Add(1)
		select {
		case l.work <- parcel{letter, r}:
		case <-l.quit:
			r.pending.Done()
		}
	}
	r.pending.Wait()
}

func (l *lanes) lane() {
	defer l.ended.Done()
	lane := &lane{worker: l.worker}
	defer lane.hangUp()
	idle := time.NewTimer(idleLimit)
	defer idle.Stop()
	for {
		select {
		case p := <-l.work:
			lane.send(p)
			idle.Reset(idleLimit)
		case <-idle.C:
			lane.hangUp()
			idle.Reset(idleLimit)
		case <-l.quit:
			return
		}
	}
}

// lane is one connection.
type lane struct {
	worker *Worker
	conn   *mail.Conn
	raw    []byte // reused
}

func (l *lane) hangUp() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

// abort ends the connection hard: DATA is open, and a dot would make a letter of
// nothing.
func (l *lane) abort() {
	l.conn.Abort()
	l.conn = nil
}

// patience is how long a server is left waiting for a body whose T2 is being
// committed; RFC 5321 4.5.3.2.5 gives it three minutes.
const patience = 30 * time.Second

// send takes one letter through its life: compose, envelope, T2, body, T3. The
// deadlines of the SMTP phases bound it, not a context: a letter whose dialogue
// has begun is finished.
func (l *lane) send(p parcel) {
	w, ctx := l.worker, context.Background()
	if p.run.over() {
		p.run.pending.Done()
		return
	}
	if p.run.now().After(p.letter.NotAfter) {
		l.notAllowed(ctx, p, nil) // its window has closed: T2 would not let it through
		return
	}
	composed, err := w.compose(ctx, p.run.edition, p.letter, p.run.now())
	if err != nil {
		l.unwritable(ctx, p, err)
		return
	}
	p.letter.Content = composed.content
	if l.raw, err = mail.Expand(l.raw[:0], composed.compiled.Fixed, composed.content.Personal); err != nil {
		l.unwritable(ctx, p, err)
		return
	}
	if refused := l.envelope(ctx, composed.from, p.letter.Client.Address); refused != nil {
		l.refused(p, *refused)
		return
	}
	asked := time.Now()
	transmission, err := w.committer.transmit(ctx, p.letter, p.run.now())
	if err == nil && transmission != 0 && time.Since(asked) > patience {
		// The server may have given up waiting for the body: what it would say to
		// one could not be told from its word about the letter.
		l.abort()
		result := p.result(mail.Outcome{Verdict: mail.Deferred, Phase: mail.PhaseBody, Err: errNotRecorded})
		w.committer.settle(result, transmission, p.run.pending.Done)
		return
	}
	if err != nil || transmission == 0 {
		l.abort()
		l.notAllowed(ctx, p, err)
		return
	}
	outcome := l.conn.Body(ctx, l.raw)
	result := p.result(outcome)
	result.Attempted = true
	w.committer.settle(result, transmission, p.run.pending.Done)
}

// envelope opens a transaction, over a new connection if there is none, or if
// the kept one turns out to be gone.
func (l *lane) envelope(ctx context.Context, from, to string) *mail.Outcome {
	if l.conn != nil && l.conn.Usable() {
		refused := l.conn.Envelope(ctx, from, to)
		if refused == nil || refused.Phase == mail.PhaseRcpt || l.conn.Usable() {
			return refused
		}
	}
	l.hangUp()
	conn, refused := l.worker.options.Server.Dial(ctx)
	if refused != nil {
		return refused
	}
	l.conn = conn
	return conn.Envelope(ctx, from, to)
}

// refused deals with a letter of whose body nothing was sent. Only an answer
// about its recipient is the letter's own; anything else stops the chunk.
func (l *lane) refused(p parcel, outcome mail.Outcome) {
	own := outcome.Phase == mail.PhaseRcpt || outcome.Phase == mail.PhaseData
	if outcome.Verdict == mail.Failed || own && outcome.Verdict != mail.SenderProblem {
		p.letter.Content = store.Content{Subject: p.letter.Content.Subject} // nothing of it went out
		result := p.result(outcome)
		result.Attempted = true
		l.worker.committer.settle(result, 0, p.run.pending.Done)
		if outcome.Code == 0 || outcome.Code == 421 {
			p.run.halt(l.complaint(outcome)) // the connection is gone: the others wait a little
		}
		return
	}
	l.worker.options.Log.Warn("letters wait for the mail server", "chunk_id", p.letter.Chunk.ID, "err", outcome.Error())
	p.run.halt(l.complaint(outcome))
	p.run.pending.Done()
}

// complaint is what people read about a chunk that waits.
func (l *lane) complaint(outcome mail.Outcome) string {
	return fmt.Sprintf("the mail server %s: %s", l.worker.options.Server, outcome.Error())
}

// notAllowed deals with a letter that did not pass T2.
func (l *lane) notAllowed(ctx context.Context, p parcel, err error) {
	defer p.run.pending.Done()
	if err == nil {
		err = l.worker.engine.Refuse(ctx, p.letter)
	}
	if errors.Is(err, engine.ErrLost) {
		p.run.halt(err.Error())
	} else if err != nil {
		p.run.halt(errNotRecorded.Error())
		l.worker.options.Log.Error("letters wait for the database", "chunk_id", p.letter.Chunk.ID, "err", err)
	}
}

// unwritable deals with a letter that cannot be composed.
func (l *lane) unwritable(ctx context.Context, p parcel, err error) {
	defer p.run.pending.Done()
	log := l.worker.options.Log.With("message_id", p.letter.MessageID, "template", p.letter.Template)
	if !errors.Is(err, errUnwritable) {
		log.Error("letter could not be prepared", "err", err)
		p.run.halt("letters cannot be prepared: see the log")
		return
	}
	log.Error("letter cannot be written", "err", err)
	if err := l.worker.engine.HoldForContent(ctx, p.letter, p.run.edition.publication); err != nil {
		log.Error("letter could not be held", "err", err)
		p.run.halt(errNotRecorded.Error())
	}
}

// result is what an outcome means for a letter.
func (p parcel) result(o mail.Outcome) *engine.Result {
	r := &engine.Result{Letter: p.letter, At: p.run.now(), Response: o.Response(), Class: o.Class}
	switch o.Verdict {
	case mail.Sent:
		r.State = engine.Sent
	case mail.Failed:
		r.State, r.Reason, r.Invalid = engine.Failed, o.Error(), o.Class == mail.ClassInvalid
	case mail.Unconfirmed:
		r.State, r.Reason = engine.Unconfirmed, o.Error()
	default:
		r.State, r.Reason = engine.PutOff, o.Error()
	}
	return r
}
