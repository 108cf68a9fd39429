package main

import (
	"bytes"
	"crypto/tls"
	"hash/maphash"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// sinkSession speaks just enough SMTP (RFC 5321) with PIPELINING (RFC 2920):
// replies are written when everything that has come in is dealt with.
type sinkSession struct {
	sink    *sink
	conn    net.Conn
	in      []byte // what has been read; from start on it is not dealt with yet
	start   int
	out     []byte
	data    bool // a letter is coming in, and so is looked at from its first line end on
	looked  int  // where in it the search for its end goes on
	secure  bool
	ended   bool
	ceiling bool
	by      *atomic.Int64 // letters of this client
}

var (
	endOfLetter = []byte("\r\n.\r\n")
	messageID   = []byte("\r\nMessage-ID: ")
	idSeed      = maphash.MakeSeed()
)

func (s *sinkSession) serve() {
	defer func() { s.conn.Close() }()
	s.in = make([]byte, 0, 64<<10)
	s.secure = s.sink.tls == nil
	s.by = s.sink.counter("")
	s.out = append(s.out, "220 sink\r\n"...)
	for {
		if _, err := s.conn.Write(s.out); err != nil || s.ended {
			return
		}
		s.out = s.out[:0]
		if !s.read() {
			return
		}
		for s.step() {
		}
	}
}

// read appends what comes in, after making room for it.
func (s *sinkSession) read() bool {
	if s.start > 0 {
		s.in = s.in[:copy(s.in, s.in[s.start:])]
		s.looked -= s.start
		s.start = 0
	}
	if len(s.in) == cap(s.in) {
		s.in = append(make([]byte, 0, 2*cap(s.in)), s.in...)
	}
	n, err := s.conn.Read(s.in[len(s.in):cap(s.in)])
	s.in = s.in[:len(s.in)+n]
	return err == nil || n > 0
}

// step deals with a command or a letter, if one is there as a whole.
func (s *sinkSession) step() bool {
	if s.data {
		return s.letter()
	}
	end := bytes.IndexByte(s.in[s.start:], '\n')
	if end < 0 || s.ended {
		return false
	}
	line := s.in[s.start : s.start+end+1]
	s.start += len(line)
	s.command(line)
	return true
}

func (s *sinkSession) command(line []byte) {
	verb := line[:min(4, len(line))]
	switch {
	case bytes.EqualFold(verb, []byte("MAIL")) && !s.secure:
		s.say("530 5.7.0 say STARTTLS first\r\n")
	case bytes.EqualFold(verb, []byte("EHLO")):
		s.hello(strings.TrimSpace(string(line[4:])))
	case bytes.EqualFold(verb, []byte("DATA")):
		s.say("354 go on\r\n")
		s.data = true
		s.start -= len("\r\n") // the line end before a letter's first line
		s.looked = s.start
	case bytes.EqualFold(verb, []byte("STAR")) && !s.secure:
		s.encrypt()
	case bytes.EqualFold(verb, []byte("QUIT")):
		s.say("221 bye\r\n")
		s.ended = true
	default:
		s.say("250 2.0.0 ok\r\n")
	}
}

func (s *sinkSession) say(reply string) { s.out = append(s.out, reply...) }

func (s *sinkSession) hello(name string) {
	s.ceiling = name == "ceiling"
	s.by = s.sink.counter(name)
	s.say("250-sink\r\n")
	if !s.sink.NoPipelining {
		s.say("250-PIPELINING\r\n")
	}
	if !s.secure {
		s.say("250-STARTTLS\r\n")
	}
	s.say("250 8BITMIME\r\n")
}

// encrypt starts TLS; what came in the clear behind STARTTLS is thrown away.
func (s *sinkSession) encrypt() {
	s.say("220 2.0.0 go on\r\n")
	_, err := s.conn.Write(s.out)
	s.out, s.in, s.start = s.out[:0], s.in[:0], 0
	s.conn = tls.Server(s.conn, s.sink.tls)
	s.secure, s.ended = true, err != nil
}

func (s *sinkSession) letter() bool {
	end := bytes.Index(s.in[s.looked:], endOfLetter)
	if end < 0 {
		s.looked = max(s.start, len(s.in)-len(endOfLetter)+1)
		return false
	}
	if delay := s.sink.Delay; delay > 0 {
		if _, err := s.conn.Write(s.out); err != nil {
			s.ended = true
		}
		s.out = s.out[:0]
		time.Sleep(delay)
	}
	if !s.ceiling {
		if s.sink.Verify {
			s.sink.see(idOf(s.in[s.start : s.looked+end]))
		}
		s.sink.count(s.by)
	}
	s.start = s.looked + end + len(endOfLetter)
	s.data = false
	s.say("250 2.0.0 taken\r\n")
	return true
}

// idOf is the hash of a letter's Message-ID, 0 if it has none.
func idOf(letter []byte) uint64 {
	at := bytes.Index(letter, messageID)
	if at < 0 {
		return 0
	}
	id, _, _ := bytes.Cut(letter[at+len(messageID):], []byte("\r\n"))
	return max(1, maphash.Bytes(idSeed, id))
}
