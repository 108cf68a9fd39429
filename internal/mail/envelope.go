package mail

import (
	"context"
	"fmt"
	"time"

	"seventh/internal/failpoint"
)

// envelope is who a letter is from and to, checked and fit for the wire.
type envelope struct{ from, to string }

// envelopePhases is the order of an envelope's commands. DATA is last, as RFC 2920 3.1
// wants of a pipelined group.
var envelopePhases = [...]Phase{PhaseMail, PhaseRcpt, PhaseData}

// accepted are the points after the replies to an envelope's commands.
var accepted = map[Phase]string{PhaseMail: failpoint.AfterMail, PhaseRcpt: failpoint.AfterRcpt}

// newEnvelope refuses addresses that SMTP without SMTPUTF8 cannot carry. An empty from is
// the null return path.
func newEnvelope(from, to string) (envelope, *Outcome) {
	var e envelope
	var err error
	if from != "" {
		if e.from, err = Mailbox(from); err != nil {
			return e, &Outcome{Verdict: SenderProblem, Phase: PhaseMail, Class: ClassAccount, Err: fmt.Errorf("reading the return path: %w", err)}
		}
	}
	if e.to, err = Mailbox(to); err != nil {
		return e, &Outcome{Verdict: Failed, Phase: PhaseRcpt, Class: ClassUnsupported, Err: fmt.Errorf("reading the recipient: %w", err)}
	}
	return e, nil
}

func (e envelope) append(dst []byte, phase Phase) []byte {
	switch phase {
	case PhaseMail:
		dst = append(append(dst, "MAIL FROM:<"...), e.from...)
	case PhaseRcpt:
		dst = append(append(dst, "RCPT TO:<"...), e.to...)
	default:
		return append(dst, "DATA\r\n"...)
	}
	return append(dst, ">\r\n"...)
}

// Envelope sends MAIL, RCPT and DATA. After nil the server has said 354 and Body is due;
// whoever decides against the letter now calls Abort. An empty from is the null return path.
func (c *Conn) Envelope(ctx context.Context, from, to string) *Outcome {
	e, refused := newEnvelope(from, to)
	switch {
	case c.dead.Load():
		return c.lost(PhaseMail, errClosed)
	case c.open:
		return c.lost(PhaseMail, errOpenData)
	case refused != nil:
		return refused
	case ctx.Err() != nil:
		o := unanswered(PhaseMail, context.Cause(ctx))
		return &o
	}
	end := c.wire.watch(ctx)
	defer end()
	if c.pipelining {
		return because(ctx, c.pipeline(e))
	}
	return because(ctx, c.lockStep(e))
}

// pipeline writes the whole envelope at once (RFC 2920).
func (c *Conn) pipeline(e envelope) *Outcome {
	reset := c.dirty
	c.buf = c.buf[:0]
	if reset {
		c.buf = append(c.buf, "RSET\r\n"...)
	}
	for _, phase := range envelopePhases {
		c.buf = e.append(c.buf, phase)
	}
	c.wire.expect(c.timeouts.Envelope)
	if _, err := c.send(c.buf); err != nil {
		return c.lost(PhaseMail, fmt.Errorf("writing the envelope: %w", err))
	}
	if reset {
		if o := c.readReset(); o != nil {
			return o
		}
	}
	return c.readEnvelope()
}

// lockStep writes a command when the one before it has been accepted.
func (c *Conn) lockStep(e envelope) *Outcome {
	if c.dirty {
		if o := c.reset(); o != nil {
			return o
		}
	}
	for _, phase := range envelopePhases {
		c.buf = e.append(c.buf[:0], phase)
		c.wire.expect(c.timeouts.Envelope)
		if _, err := c.send(c.buf); err != nil {
			return c.lost(phase, fmt.Errorf("writing %s: %w", phase, err))
		}
		if o := c.readStep(phase); o != nil {
			return o
		}
	}
	return nil
}

// readEnvelope reads the replies to a pipelined envelope. The first refusal is the
// outcome; the replies after it are read to stay in step. A server that opens DATA all the
// same waits for a letter that must not exist, not even an empty one: that connection is
// closed hard.
func (c *Conn) readEnvelope() *Outcome {
	var first *Outcome
	for _, phase := range envelopePhases {
		o := c.readStep(phase)
		if first == nil {
			first = o
		}
		if c.dead.Load() {
			return first
		}
	}
	if first != nil && c.open {
		c.Abort()
	}
	return first
}

// readStep reads the reply to one command of an envelope; nil means it was accepted. A
// reply that makes no sense here closes the connection: we are out of step.
func (c *Conn) readStep(phase Phase) *Outcome {
	c.wire.expect(c.timeout(phase))
	code, text, err := readReply(c.text.R)
	if err != nil {
		return c.lost(phase, fmt.Errorf("waiting for the reply to %s: %w", phase, err))
	}
	switch {
	case phase == PhaseData && code == 354:
		failpoint.Hit(failpoint.After354)
		c.open = true
		return nil
	case phase != PhaseData && code/100 == 2:
		if failpoint.Enabled {
			failpoint.Hit(accepted[phase])
		}
		c.dirty = true
		return nil
	}
	o := answered(phase, code, text)
	if code == 421 || code/100 < 4 {
		c.Abort()
	}
	return &o
}

func (c *Conn) timeout(phase Phase) time.Duration {
	if phase == PhaseData {
		return c.timeouts.Data
	}
	return c.timeouts.Envelope
}

// reset sends RSET and reads its reply.
func (c *Conn) reset() *Outcome {
	c.wire.expect(c.timeouts.Envelope)
	if _, err := c.send([]byte("RSET\r\n")); err != nil {
		return c.lost(PhaseMail, fmt.Errorf("writing RSET: %w", err))
	}
	return c.readReset()
}

// readReset reads the reply to RSET, which cannot be refused (RFC 5321 4.1.1.5): a server
// that does is left.
func (c *Conn) readReset() *Outcome {
	c.wire.expect(c.timeouts.Envelope)
	code, text, err := readReply(c.text.R)
	if err != nil {
		return c.lost(PhaseMail, fmt.Errorf("waiting for the reply to RSET: %w", err))
	}
	if code/100 == 2 {
		c.dirty = false
		return nil
	}
	c.Abort()
	o := answered(PhaseMail, code, text)
	o.Verdict, o.Class = Deferred, ClassProtocol
	return &o
}
