package smtptest

import (
	"net"
	"strings"
	"time"
)

// Event is one step of a session, about to be answered.
type Event struct {
	// Phase is connect, greeting, ehlo, starttls, auth, mail, rcpt, data, body, dot, rset
	// or quit. "body" is the first line after 354; "dot" is the complete letter.
	Phase    string
	Session  int    // the connection, from 1
	From, To string // envelope so far
	N        int    // how often the server has reached this phase, from 1
}

// Fault is what happens instead of the usual answer. The zero value is no fault.
type Fault struct {
	kind kind
	code int
	text string
}

type kind int

const (
	none kind = iota
	reply
	drop
	halfClose
	stall
	garbage
	slow
	resetAfter250
	dropAccepted
	closeAccepted
)

var (
	// None answers as usual.
	None = Fault{}
	// Drop resets the connection (RST) without an answer.
	Drop = Fault{kind: drop}
	// HalfClose ends the server's side (FIN) without an answer and keeps reading.
	HalfClose = Fault{kind: halfClose}
	// Stall answers nothing until the server stops.
	Stall = Fault{kind: stall}
	// Garbage answers a line that is no SMTP reply.
	Garbage = Fault{kind: garbage}
	// Slow answers as usual, a byte at a time.
	Slow = Fault{kind: slow}
	// ResetAfter250 accepts the letter, answers 250 and resets the connection at whatever
	// the client writes next. Only for phase dot.
	ResetAfter250 = Fault{kind: resetAfter250}
	// DropAccepted accepts the letter and resets the connection without an answer: the case
	// no client can tell from a loss. Only for phase dot.
	DropAccepted = Fault{kind: dropAccepted}
	// CloseAccepted accepts the letter, answers 250 and ends the connection in good order, as
	// servers do that take one letter on each. Only for phase dot.
	CloseAccepted = Fault{kind: closeAccepted}
)

// Reply answers with this code and text; "\n" in text makes a multi-line reply. A 2xx at
// the dot still accepts the letter; a 421 closes the connection, as RFC 5321 3.8 asks.
func Reply(code int, text string) Fault { return Fault{kind: reply, code: code, text: text} }

// ask consults the fixed answers and the script.
func (s *Server) ask(e Event) Fault {
	s.mu.Lock()
	s.reached[e.Phase]++
	e.N = s.reached[e.Phase]
	fixed, ok := s.answers[strings.ToLower(e.To)]
	s.mu.Unlock()
	if ok && e.Phase == "rcpt" {
		return fixed
	}
	if s.options.Script == nil {
		return None
	}
	s.scripting.Lock()
	defer s.scripting.Unlock()
	return s.options.Script(e)
}

// step lets the script answer a phase and reports whether the usual answer is still due.
// When the session must end, x.over is set.
func (x *session) step(phase string) (usual bool) {
	f := x.server.ask(Event{Phase: phase, Session: x.number, From: x.from, To: x.to})
	x.slow = f.kind == slow
	if f.kind == none || f.kind == slow {
		return true
	}
	x.obey(f)
	return false
}

// obey carries out a fault that replaces the usual answer.
func (x *session) obey(f Fault) {
	switch f.kind {
	case reply:
		x.reply(f.code, f.text)
		if f.code == 421 {
			x.finish()
		}
	case garbage:
		x.write("\x00\xfe this is not SMTP\r\n")
	case stall:
		x.flush()
		<-x.server.done
		x.over = true
	case halfClose:
		x.finish()
	default:
		x.reset()
	}
}

// reset closes the connection with RST instead of FIN. What was answered before is
// sent first: a letter was pipelined with what is reset, and its answer is out.
func (x *session) reset() {
	x.flush()
	if c, ok := x.raw.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	_ = x.raw.Close()
	x.over = true
}

// finish ends the server's side and reads on until the client goes away, so that what was
// written last is not lost to a reset.
func (x *session) finish() {
	x.flush()
	if c, ok := x.raw.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	x.drain()
}

// drain reads and forgets until the client goes away.
func (x *session) drain() {
	buf := make([]byte, 4096)
	for {
		if _, err := x.raw.Read(buf); err != nil {
			x.over = true
			return
		}
	}
}

// drip writes one byte at a time.
func (x *session) drip(line string) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := range len(line) {
		if _, err := x.conn.Write([]byte{line[i]}); err != nil {
			x.over = true
			return
		}
		select {
		case <-tick.C:
		case <-x.server.done:
			return
		}
	}
}
