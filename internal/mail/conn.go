package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"sync/atomic"
	"time"

	"seventh/internal/failpoint"
)

var (
	errClosed   = errors.New("connection is closed")
	errNoData   = errors.New("no DATA is open")
	errOpenData = errors.New("a letter is still open")
	errBareLine = errors.New("letter has a bare CR or LF, or is empty")
	errTooBig   = errors.New("letter is bigger than the server takes")
)

// chunk is how much of a letter is written under one deadline. Almost every letter fits in
// one chunk, and so in one write.
const chunk = 256 << 10

// Conn is one kept connection to a server. It sends letters one after another: Envelope,
// then Body, or Next, which sends a body and the following envelope in one go. One
// goroutine uses it at a time; only Abort may be called from another.
type Conn struct {
	wire       *wire
	text       *textproto.Conn // buffers of go-mail's client over TCP or TLS
	timeouts   Timeouts
	pipelining bool
	limit      int    // the biggest letter the server takes, in bytes; 0 = it does not say
	buf        []byte // the bytes to write next

	open    bool        // 354 was received, the body is due
	dirty   bool        // a mail transaction was begun and not ended: RSET before the next
	dead    atomic.Bool // nothing can be sent any more
	letters int
}

// Usable reports whether another letter can be tried on this connection.
func (c *Conn) Usable() bool { return !c.dead.Load() && !c.open }

// Letters is how many letters the server has accepted on this connection.
func (c *Conn) Letters() int { return c.letters }

// Fits is nil when the server takes letters of this many bytes (dots not doubled) as far as
// it said (SIZE, RFC 1870), else the outcome that sending one would have. Asked before
// Envelope it saves the connection, which Body has to close.
func (c *Conn) Fits(size int) *Outcome {
	if c.limit == 0 || size <= c.limit {
		return nil
	}
	return &Outcome{Verdict: Failed, Phase: PhaseBody, Class: ClassContent, Err: fmt.Errorf("%w: %d bytes of at most %d", errTooBig, size, c.limit)}
}

// Body sends the letter (as Expand makes it: CRLF line ends, dots not doubled) and its
// final dot, and waits for the verdict. Until the dot has left, ctx can stop it; from then
// on only the reply's own timeout can. Whatever fails before the dot closes the connection
// hard, so that the half that was sent can never be taken for a letter.
func (c *Conn) Body(ctx context.Context, raw []byte) Outcome {
	if refused := c.load(raw); refused != nil {
		return *refused
	}
	if refused := c.transmit(ctx, len(c.buf)); refused != nil {
		return *refused
	}
	return c.verdict()
}

// Next is Body, and Envelope for the letter after it. With PIPELINING both travel in one
// write (RFC 2920 3.1), which saves a round trip for each letter. The second outcome is
// Envelope's; when the first one lost the connection, so did the second, and nothing of the
// next letter was transmitted.
func (c *Conn) Next(ctx context.Context, raw []byte, from, to string) (Outcome, *Outcome) {
	e, refused := newEnvelope(from, to)
	if refused != nil {
		return c.Body(ctx, raw), refused
	}
	if !c.pipelining {
		o := c.Body(ctx, raw)
		return o, c.Envelope(ctx, from, to)
	}
	if o := c.load(raw); o != nil {
		return *o, c.lost(PhaseMail, errClosed)
	}
	letter := len(c.buf)
	for _, phase := range envelopePhases {
		c.buf = e.append(c.buf, phase)
	}
	if o := c.transmit(ctx, letter); o != nil {
		return *o, c.lost(PhaseMail, errClosed)
	}
	o := c.verdict()
	if c.dead.Load() || c.text.W.Flush() != nil { // an envelope that was cut stays so
		return o, c.lost(PhaseMail, errClosed)
	}
	end := c.wire.watch(ctx)
	defer end()
	return o, because(ctx, c.readEnvelope())
}

// Reset ends a mail transaction that was begun (RSET). Envelope does it by itself when the
// letter before was refused.
func (c *Conn) Reset(ctx context.Context) error {
	if c.dead.Load() || c.open {
		c.Abort()
		return fmt.Errorf("resetting the connection: %w", errClosed)
	}
	end := c.wire.watch(ctx)
	defer end()
	if o := because(ctx, c.reset()); o != nil {
		return fmt.Errorf("resetting the connection: %w", o)
	}
	return nil
}

// Close says QUIT, waits for the answer no longer than two seconds and closes. An open
// letter, where QUIT would be taken for text, or a lost connection is aborted instead.
func (c *Conn) Close() error {
	if c.dead.Load() || c.open {
		c.Abort()
		return nil
	}
	c.dead.Store(true)
	c.wire.expect(c.timeouts.Quit)
	if _, err := c.send([]byte("QUIT\r\n")); err == nil {
		_, _, _ = readReply(c.text.R) // whatever it says, we are leaving
	}
	if err := c.wire.Close(); err != nil {
		return fmt.Errorf("closing the connection: %w", err)
	}
	return nil
}

// Abort closes the connection with RST. It never sends a dot, nor anything else.
func (c *Conn) Abort() {
	c.dead.Store(true)
	c.wire.abort()
}

// load puts the letter with doubled dots and its final dot into c.buf.
func (c *Conn) load(raw []byte) *Outcome {
	if c.dead.Load() {
		return &Outcome{Verdict: Deferred, Phase: PhaseBody, Class: ClassTemporary, Err: errClosed}
	}
	if !c.open {
		c.Abort()
		return &Outcome{Verdict: Deferred, Phase: PhaseBody, Class: ClassProtocol, Err: errNoData}
	}
	if c.text.R.Buffered() > 0 { // what was said before the dot must not be taken for its reply
		return c.lost(PhaseBody, fmt.Errorf("%w: it came out of turn", errMalformed))
	}
	if tooBig := c.Fits(len(raw)); tooBig != nil {
		c.Abort()
		return tooBig
	}
	var clean bool
	if c.buf, clean = stuff(c.buf[:0], raw); !clean {
		c.Abort()
		return &Outcome{Verdict: Failed, Phase: PhaseBody, Class: ClassContent, Err: errBareLine}
	}
	return nil
}

// transmit writes c.buf, whose letter ends, dot included, at end. nil means that the dot
// has left and the verdict is awaited; otherwise the dot has provably not left, or the
// letter is unconfirmed, and the connection is closed.
func (c *Conn) transmit(ctx context.Context, end int) *Outcome {
	if ctx.Err() != nil {
		return c.lost(PhaseBody, context.Cause(ctx))
	}
	dot := end - len(".\r\n")
	stop := c.wire.watch(ctx)
	defer stop()
	written := 0
	for written < len(c.buf) {
		piece := c.buf[written:min(written+chunk, len(c.buf))]
		if failpoint.Enabled && written < end/2 { // the half is written on its own
			piece = c.buf[written:min(written+chunk, end/2)]
		}
		c.wire.expect(c.timeouts.Body)
		n, err := c.send(piece)
		written += n
		if err != nil && written <= dot {
			return because(ctx, c.cutShort(err))
		}
		if err != nil && written < end {
			return c.lost(PhaseDot, fmt.Errorf("writing the final dot: %w", err))
		}
		if err != nil {
			return nil // the next envelope was cut; the reply to the dot is still due
		}
		if failpoint.Enabled && written == end/2 {
			failpoint.Hit(failpoint.HalfBody)
		}
	}
	failpoint.Hit(failpoint.DotWritten)
	return nil
}

// cutShort is the outcome of a letter whose dot never left. A server that gave up while we
// were writing may have said why.
func (c *Conn) cutShort(err error) *Outcome {
	defer c.Abort()
	c.wire.expect(min(time.Second, c.timeouts.Body))
	if code, text, replyErr := readReply(c.text.R); replyErr == nil && code/100 > 3 {
		o := answered(PhaseBody, code, text)
		return &o
	}
	o := unanswered(PhaseBody, fmt.Errorf("writing the letter: %w", err))
	return &o
}

// verdict reads the reply to the final dot.
func (c *Conn) verdict() Outcome {
	c.open, c.dirty = false, false // the dot ends the transaction, whatever the reply
	c.wire.expect(c.timeouts.EndOfData)
	code, text, err := readReply(c.text.R)
	if err != nil {
		c.Abort()
		return unanswered(PhaseDot, fmt.Errorf("waiting for the reply to the letter: %w", err))
	}
	o := answered(PhaseDot, code, text)
	if o.Verdict == Sent {
		failpoint.Hit(failpoint.Read250)
		c.letters++
	}
	if code == 421 || o.Verdict == Unconfirmed {
		c.Abort()
	}
	return o
}

// send writes p and reports how much of it was handed to the connection: when that is
// less than all, the rest has not left and will not, once the connection is aborted.
func (c *Conn) send(p []byte) (int, error) {
	n, err := c.text.W.Write(p)
	if err == nil {
		err = c.text.W.Flush()
	}
	return n - c.text.W.Buffered(), err
}

// lost is the outcome of a phase that got no reply; the connection is gone.
func (c *Conn) lost(phase Phase, err error) *Outcome {
	c.Abort()
	o := unanswered(phase, err)
	return &o
}

// because names the context's end as the cause of an outcome it caused.
func because(ctx context.Context, o *Outcome) *Outcome {
	if o != nil && o.Code == 0 && o.Err != nil && ctx.Err() != nil {
		o.Err = fmt.Errorf("%w (%w)", context.Cause(ctx), o.Err)
	}
	return o
}

// stuff appends the letter with the dots at line starts doubled and the final dot
// (RFC 5321 4.5.2). It reports whether every line ends in CRLF and neither CR nor LF
// stands alone, where servers differ about where the letter ends (SMTP smuggling).
func stuff(dst, raw []byte) ([]byte, bool) {
	if len(raw) == 0 {
		return dst, false
	}
	if raw[0] == '.' {
		dst = append(dst, '.')
	}
	lines, copied, line := 0, 0, 0
	for line < len(raw) {
		end := bytes.IndexByte(raw[line:], '\n')
		if end < 1 || raw[line+end-1] != '\r' {
			return dst, false
		}
		lines++
		line += end + 1
		if line < len(raw) && raw[line] == '.' {
			dst = append(append(dst, raw[copied:line]...), '.')
			copied = line
		}
	}
	dst = append(append(dst, raw[copied:]...), ".\r\n"...)
	return dst, bytes.Count(raw, []byte{'\r'}) == lines
}
