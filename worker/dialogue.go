package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"seventh/internal/engine"
	"seventh/internal/failpoint"
	"seventh/internal/mail"
	"seventh/internal/store"
)

// lane is one connection. The deadlines of the SMTP phases bound what it does,
// not a context: a letter whose dialogue has begun is finished.
type lane struct {
	worker *Worker
	server mail.Server
	work   <-chan parcel
	conn   *mail.Conn

	buffers   [2][]byte // for the letter on the wire, and the next one
	signature []byte
}

// draft is a composed letter.
type draft struct {
	parcel
	from string // envelope sender
	raw  []byte
}

func (d *draft) to() string { return d.letter.Client.Address }

// patience is how long a server is left waiting for a body whose T2 is being
// committed; RFC 5321 4.5.3.2.5 gives it three minutes.
const patience = 30 * time.Second

// deliver sends a letter, and those that are waiting after it.
func (l *lane) deliver(p parcel) {
	for next := l.compose(p); next != nil; {
		if refused := l.envelope(next); refused != nil {
			l.refused(next, *refused)
			return
		}
		next = l.converse(next)
	}
}

// converse sends the letter whose envelope is open, and then one after the other:
// the body of one travels with the envelope of the next, and its outcome (T3)
// shares a commit with the next one's T2. It returns a letter that needs another
// connection, or nil when none is waiting.
func (l *lane) converse(d *draft) *draft {
	ctx := context.Background()
	failpoint.Hit(failpoint.BeforeT2)
	passed, asked := l.worker.committer.transmit(d.letter, d.run.now()), time.Now()
	for {
		next := l.take() // while T2 is being committed
		v := <-passed
		if v.err != nil || v.place.ContentID == 0 {
			l.abort()
			l.notAllowed(d, v.err)
			return next
		}
		failpoint.Hit(failpoint.AfterT2)
		if time.Since(asked) > patience {
			// The server may have given up waiting for the body: what it would say to
			// one could not be told from its word about the letter.
			l.abort()
			l.settle(d, v.place, mail.Outcome{Verdict: mail.Deferred, Phase: mail.PhaseBody, Err: errNotRecorded})
			return next
		}
		if next == nil {
			l.settle(d, v.place, l.conn.Body(ctx, d.raw))
			return nil
		}
		outcome, refused := l.conn.Next(ctx, d.raw, next.from, next.to())
		if refused == nil {
			failpoint.Hit(failpoint.BeforeT2)
			passed, asked = l.worker.committer.exchange(d.result(v.place, outcome), d.run.pending.Done, next.letter, next.run.now()), time.Now()
			d = next
			continue
		}
		l.settle(d, v.place, outcome)
		if refused.Phase != mail.PhaseRcpt && !l.conn.Usable() {
			return next // the connection is gone, and that is not its fault
		}
		l.refused(next, *refused)
		return nil
	}
}

// take composes the next letter that is waiting, if any is.
func (l *lane) take() *draft {
	for {
		select {
		case p := <-l.work:
			if d := l.compose(p); d != nil {
				return d
			}
		default:
			return nil
		}
	}
}

// compose writes a letter. It returns nil when the letter does not go now, and
// has been dealt with.
func (l *lane) compose(p parcel) *draft {
	w, now := l.worker, p.run.now()
	if p.run.over() {
		p.run.pending.Done()
		return nil
	}
	if now.After(p.letter.NotAfter) {
		l.notAllowed(&draft{parcel: p}, nil) // its window has closed: T2 would not let it through
		return nil
	}
	composed, err := w.compose(context.Background(), p.run.edition, p.letter, now)
	if vain, ok := errors.AsType[pointless](err); ok {
		w.committer.settle(&engine.Result{Letter: p.letter, State: engine.GivenUp, At: now, Reason: vain.reason}, p.run.pending.Done)
		return nil
	}
	if err != nil {
		l.unwritable(p, err)
		return nil
	}
	d := &draft{parcel: p, from: composed.returnPath}
	if d.raw, err = l.sign(composed, p.run.edition.keys.For(composed.from), now); err != nil {
		l.unwritable(p, err)
		return nil
	}
	p.letter.Content = composed.content
	failpoint.Hit(failpoint.AfterRender)
	return d
}

// sign gives the bytes of a letter, with the signatures of its domain in front of
// them and of its content. They stay good until the letter after the next one.
func (l *lane) sign(c *composed, keys mail.Signers, now time.Time) (raw []byte, err error) {
	if raw, err = mail.Expand(l.buffers[1][:0], c.compiled.Fixed, c.content.Personal); err != nil {
		return nil, err
	}
	if len(keys) > 0 {
		if l.signature, err = keys.Sign(l.signature[:0], raw, now); err != nil {
			return nil, err
		}
		c.content.Personal = mail.PrependLiteral(c.content.Personal, l.signature)
		raw = slices.Insert(raw, 0, l.signature...)
	}
	l.buffers[0], l.buffers[1] = raw, l.buffers[0]
	return raw, nil
}

// envelope opens a letter's transaction, over a new connection if there is none,
// or if the kept one turns out to be gone.
func (l *lane) envelope(d *draft) *mail.Outcome {
	ctx := context.Background()
	if l.conn != nil && l.conn.Usable() {
		refused := l.conn.Envelope(ctx, d.from, d.to())
		if refused == nil || refused.Phase == mail.PhaseRcpt || l.conn.Usable() {
			return refused
		}
	}
	l.hangUp()
	conn, refused := l.server.Dial(ctx)
	if refused != nil {
		return refused
	}
	l.conn = conn
	return conn.Envelope(ctx, d.from, d.to())
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

// settle hands in the outcome of a letter that is over.
func (l *lane) settle(d *draft, place store.ContentRef, outcome mail.Outcome) {
	if outcome.Verdict == mail.SenderProblem {
		l.senderTrouble(d, outcome)
	}
	l.worker.committer.settle(d.result(place, outcome), d.run.pending.Done)
}

// refused deals with a letter of whose body nothing was sent. Only an answer
// about its recipient is the letter's own; anything else stops the chunk.
func (l *lane) refused(d *draft, outcome mail.Outcome) {
	own := outcome.Phase == mail.PhaseRcpt || outcome.Phase == mail.PhaseData
	if outcome.Verdict == mail.Failed || own && outcome.Verdict != mail.SenderProblem {
		l.settle(d, store.ContentRef{}, outcome)
		if outcome.Code == 0 || outcome.Code == 421 {
			d.run.halt(l.complaint(outcome)) // the connection is gone: the others wait a little
		}
		return
	}
	l.senderTrouble(d, outcome)
	d.run.pending.Done()
}

// senderTrouble stops a chunk over what is no client's fault. A server that
// refuses the sender himself is left alone for a while.
func (l *lane) senderTrouble(d *draft, outcome mail.Outcome) {
	if !d.run.halt(l.complaint(outcome)) {
		return // known already
	}
	l.worker.options.Log.Warn("letters wait for the mail server", "chunk_id", d.letter.Chunk.ID, "err", outcome.Error())
	if outcome.Verdict != mail.SenderProblem || outcome.Code == 0 {
		return
	}
	if err := l.worker.engine.SenderTrouble(context.Background(), d.letter.Chunk.Sender, outcome.Response()); err != nil {
		l.worker.options.Log.Error("sender could not be paused", "sender", d.letter.Chunk.Sender, "err", err)
	}
}

// notAllowed deals with a letter that did not pass T2, or of which nobody knows
// whether it did: T2 may have been committed although its answer was lost. Nothing
// of it has left, which is written down as an outcome.
func (l *lane) notAllowed(d *draft, unknown error) {
	if unknown != nil {
		d.run.halt(errNotRecorded.Error())
		l.settle(d, store.ContentRef{}, mail.Outcome{Verdict: mail.Deferred, Phase: mail.PhaseBody, Err: errNotRecorded})
		return
	}
	defer d.run.pending.Done()
	err := l.worker.engine.Refuse(context.Background(), d.letter)
	if errors.Is(err, engine.ErrLost) {
		d.run.halt(err.Error())
	} else if err != nil {
		d.run.halt(errNotRecorded.Error())
		l.worker.options.Log.Error("letters wait for the database", "chunk_id", d.letter.Chunk.ID, "err", err)
	}
}

// unwritable deals with a letter that cannot be composed.
func (l *lane) unwritable(p parcel, err error) {
	defer p.run.pending.Done()
	log := l.worker.options.Log.With("message_id", p.letter.MessageID, "template", p.letter.Template)
	if !errors.Is(err, errUnwritable) {
		log.Error("letter could not be prepared", "err", err)
		p.run.halt("letters cannot be prepared: see the log")
		return
	}
	log.Error("letter cannot be written", "err", err)
	if err := l.worker.engine.HoldForContent(context.Background(), p.letter, p.run.edition.publication); err != nil {
		log.Error("letter could not be held", "err", err)
		p.run.halt(errNotRecorded.Error())
	}
}

// result is what an outcome means for a letter. It counts as an attempt unless it
// is of our own making, or the sender's trouble.
func (d *draft) result(place store.ContentRef, o mail.Outcome) *engine.Result {
	r := &engine.Result{
		Letter: d.letter, Content: place, At: d.run.now(), Response: o.Response(), Class: o.Class, Attempted: o.Verdict != mail.SenderProblem && !errors.Is(o.Err, errNotRecorded),
	}
	switch o.Verdict {
	case mail.Sent:
		r.State = engine.Sent
	case mail.Failed:
		r.State, r.Reason, r.Invalid = engine.Failed, o.Error(), o.AddressIsDead()
	case mail.Unconfirmed:
		r.State, r.Reason = engine.Unconfirmed, o.Error()
	default:
		r.State, r.Reason = engine.PutOff, o.Error()
	}
	return r
}
