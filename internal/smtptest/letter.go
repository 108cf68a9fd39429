package smtptest

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"strconv"
	"time"
)

func (x *session) data() {
	if x.step("data") {
		if x.to == "" {
			x.reply(503, "5.5.1 RCPT first")
			return
		}
		x.reply(354, "go ahead")
		x.receive()
	}
}

// receive reads a letter up to its final dot and answers it.
func (x *session) receive() {
	x.flush()
	if _, err := x.r.Peek(1); err != nil {
		x.over = true
		return
	}
	answered := !x.step("body")
	if x.over {
		return
	}
	raw, ok := x.readLetter()
	if !ok {
		x.over = true
		return
	}
	letter := Letter{Helo: x.helo, From: x.from, To: x.to, Raw: raw, Session: x.number, At: time.Now()}
	if answered {
		x.endMail()
		return
	}
	x.dot(letter)
	x.endMail()
}

func (x *session) dot(letter Letter) {
	f := x.server.ask(Event{Phase: "dot", Session: x.number, From: x.from, To: x.to})
	accepted := f.kind == none || f.kind == slow || f.kind == resetAfter250 ||
		f.kind == dropAccepted || f.kind == closeAccepted || f.kind == reply && f.code/100 == 2
	if accepted {
		x.server.keep(letter)
		x.wait(x.server.options.delay())
	}
	switch f.kind {
	case dropAccepted:
		x.reset()
	case none, slow, resetAfter250, closeAccepted:
		x.slow = f.kind == slow
		x.reply(250, "2.0.0 queued as "+strconv.Itoa(x.server.Accepted()))
		x.after = f.kind
		if f.kind == closeAccepted {
			x.finish()
		}
	default:
		x.obey(f)
	}
}

// readLetter reads up to CRLF.CRLF and nothing looser: a bare LF before the dot is text.
// The result is valid until the next letter.
func (x *session) readLetter() (raw []byte, ok bool) {
	raw = x.letter[:0]
	lineStart := true // the previous line ended in CRLF
	for {
		chunk, err := x.r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return nil, false
		}
		if lineStart && chunk[0] == '.' {
			if string(chunk) == ".\r\n" {
				x.letter = raw
				return raw, true
			}
			chunk = chunk[1:]
		}
		raw = append(raw, chunk...)
		lineStart = bytes.HasSuffix(raw, []byte("\r\n"))
	}
}

// delay is how long a letter's answer takes.
func (o Options) delay() time.Duration {
	if o.Jitter == 0 {
		return o.Delay
	}
	return o.Delay + rand.N(o.Jitter)
}

func (x *session) wait(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-x.server.done:
	}
}
