// Package smtptest is an SMTP server for tests that obeys a script of faults.
//
// A test starts one, points its client at Server.URL and afterwards reads what arrived:
//
//	s := smtptest.New(t, smtptest.Options{})
//	s.ReplyTo("ghost@example.com", 550, "5.1.1 no such user")
//	… send …
//	letters := s.WaitFor(t, 1)
//
// Options.Script decides about every step of every session, so a test can say "the third
// session is reset after the final dot". A letter counts as accepted before its 250 is
// written, never after: what the server says it accepted is what Letters returns, even when
// the client never saw the reply.
package smtptest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait of a test on this server; a healthy test never gets near it.
const patience = 30 * time.Second

// Options describes the server a test wants. The zero value is a plain server with
// PIPELINING that accepts everything.
type Options struct {
	TLS          bool              // TLS from the first byte (smtps)
	STARTTLS     bool              // STARTTLS is offered
	Certificate  time.Duration     // how long the certificate is good from now on; default a day
	Auth         map[string]string // user → password; AUTH is offered, and required, when not nil
	Mechanisms   []string          // what AUTH offers; default PLAIN, LOGIN, XOAUTH2
	NoPipelining bool              // PIPELINING is not offered
	NoEHLO       bool              // EHLO is refused with 502, as by servers of RFC 821
	Extensions   []string          // further keywords in the answer to EHLO, such as "SIZE 1000"
	Greeting     string            // text of the 220 greeting; "\n" makes it multi-line
	Delay        time.Duration     // between acceptance and its 250
	Jitter       time.Duration     // up to so much longer, at random
	Discard      bool              // letters are counted but not kept, for measuring
	Script       func(Event) Fault // asked at every step, by one session at a time; nil means no faults
}

// Letter is one accepted letter.
type Letter struct {
	Helo     string // what the client calls itself
	From, To string // envelope; To is the last recipient
	Raw      []byte // as received, dots un-stuffed, CRLF line ends
	Session  int    // the connection it came on, from 1
	At       time.Time
}

// Server is a running SMTP server on the loopback interface.
type Server struct {
	options  Options
	listener net.Listener
	identity identity

	done  chan struct{} // closed when the server stops
	conns sync.WaitGroup

	scripting sync.Mutex // held while the script decides

	mu       sync.Mutex
	arrived  *sync.Cond // signalled at each acceptance
	letters  []Letter
	commands []string
	accepted int
	sessions int
	open     map[net.Conn]bool
	reached  map[string]int   // phase → how often, for Event.N
	answers  map[string]Fault // recipient → its fixed reply
}

// New starts a server that stops with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Listen(o)
	if err != nil {
		t.Fatalf("starting the test SMTP server: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Listen starts a server outside a test. The caller closes it.
func Listen(o Options) (*Server, error) {
	if o.Mechanisms == nil {
		o.Mechanisms = []string{"PLAIN", "LOGIN", "XOAUTH2"}
	}
	s := &Server{
		options: o,
		done:    make(chan struct{}),
		open:    map[net.Conn]bool{},
		reached: map[string]int{},
		answers: map[string]Fault{},
	}
	s.arrived = sync.NewCond(&s.mu)
	if o.TLS || o.STARTTLS {
		id, err := newIdentity(o.Certificate)
		if err != nil {
			return nil, fmt.Errorf("making a certificate: %w", err)
		}
		s.identity = id
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	s.listener = listener
	s.conns.Add(1)
	go s.accept()
	return s, nil
}

// Close stops the server, drops its connections and waits for their goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	_ = s.listener.Close()
	s.conns.Wait()
}

// URL returns smtp://host:port, or smtps:// for a server with TLS from the first byte.
func (s *Server) URL() string {
	if s.options.TLS {
		return "smtps://" + s.Addr()
	}
	return "smtp://" + s.Addr()
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// ReplyTo makes the server always answer RCPT for this address with the given reply.
func (s *Server) ReplyTo(rcpt string, code int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[strings.ToLower(rcpt)] = Reply(code, text)
}

// Letters returns what has been accepted so far, oldest first.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Commands returns every command line as it came, line end included, but for those that
// log in. With Discard none is kept.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

// Accepted returns how many letters have been accepted, kept or not.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Sessions returns how many connections have been accepted.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// WaitFor returns the letters as soon as at least n have been accepted, and fails the test
// when they do not come.
func (s *Server) WaitFor(t testing.TB, n int) []Letter {
	t.Helper()
	expired := false
	timer := time.AfterFunc(patience, func() {
		s.mu.Lock()
		expired = true
		s.mu.Unlock()
		s.arrived.Broadcast()
	})
	defer timer.Stop()

	s.mu.Lock()
	defer s.mu.Unlock()
	for s.accepted < n {
		if expired {
			t.Fatalf("waiting for %d letters: only %d came within %s", n, s.accepted, patience)
		}
		s.arrived.Wait()
	}
	return append([]Letter(nil), s.letters...)
}

func (s *Server) accept() {
	defer s.conns.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		number, ok := s.admit(conn)
		if !ok {
			return
		}
		go s.run(conn, number)
	}
}

// admit registers a connection and numbers it, unless the server is stopping.
func (s *Server) admit(conn net.Conn) (number int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		_ = conn.Close()
		return 0, false
	default:
	}
	s.sessions++
	s.open[conn] = true
	s.conns.Add(1)
	return s.sessions, true
}

func (s *Server) run(conn net.Conn, number int) {
	defer s.conns.Done()
	x := newSession(s, conn, number)
	x.serve()
	s.mu.Lock()
	delete(s.open, conn)
	s.mu.Unlock()
	_ = x.conn.Close()
}

func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{s.identity.certificate}}
}

// heard keeps a command line.
func (s *Server) heard(line string) {
	if s.options.Discard || len(line) >= 4 && strings.EqualFold(line[:4], "AUTH") {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, line)
}

// keep counts an acceptance. It runs before the 250 is written.
func (s *Server) keep(l Letter) {
	s.mu.Lock()
	s.accepted++
	if !s.options.Discard {
		l.Raw = bytes.Clone(l.Raw)
		s.letters = append(s.letters, l)
	}
	s.mu.Unlock()
	s.arrived.Broadcast()
}
