package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// benchSinkCommand is a mail server that takes everything and keeps nothing, in a
// process of its own so that its work does not count as seventh's.
type benchSinkCommand struct {
	Delay        time.Duration
	NoPipelining bool `name:"no-pipelining"`
	TLS          bool `name:"tls"`
	Verify       bool
}

// Run prints its address and obeys the commands on standard input until that ends,
// with one line of answer each:
//
//	reset     forgets what was counted
//	await N   answers when N letters have been accepted
//	report    answers with a sinkReport
func (c benchSinkCommand) Run(p *process, s *Settings) error {
	// One core takes some 100,000 letters a second. More threads would spend more on
	// looking for work than on work, on cores that the measured processes need.
	runtime.GOMAXPROCS(1)
	sink := &sink{benchSinkCommand: c, seen: make(map[uint64]int)}
	if c.TLS {
		certificate, err := throwAwayCertificate()
		if err != nil {
			return err
		}
		sink.offer(certificate)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer listener.Close()
	fmt.Fprintln(p.stdout, listener.Addr())
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed: the run is over
			}
			go (&sinkSession{sink: sink, conn: conn}).serve()
		}
	}()
	lines := bufio.NewScanner(p.stdin)
	for lines.Scan() {
		verb, argument, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "reset":
			sink.reset()
			fmt.Fprintln(p.stdout, "ok")
		case "await":
			n, err := strconv.Atoi(argument)
			if err != nil {
				return fmt.Errorf("reading %q: %w", lines.Text(), err)
			}
			go func() {
				sink.await(int64(n))
				fmt.Fprintln(p.stdout, "ok")
			}()
		case "report":
			if err := json.NewEncoder(p.stdout).Encode(sink.report()); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

// sink counts what its sessions accept. Sessions that introduce themselves as
// "ceiling" are measurements of the wire, and not counted.
type sink struct {
	benchSinkCommand
	tls *tls.Config // nil: not offered

	accepted atomic.Int64
	target   atomic.Int64 // 0: nobody waits
	reached  chan struct{}

	mu      sync.Mutex
	by      map[string]*atomic.Int64 // letters, by the name in EHLO
	seen    map[uint64]int           // letters, by the hash of their Message-ID
	unnamed int                      // letters without a Message-ID
}

// sinkReport is what a sink has accepted since the last reset.
type sinkReport struct {
	Accepted int64            `json:"accepted"`
	By       map[string]int64 `json:"by"`
	Distinct int              `json:"distinct"` // Message-IDs, if they are looked at
	Twice    int              `json:"twice"`    // letters whose Message-ID had come before
	Unnamed  int              `json:"unnamed"`
}

// offer makes the sink insist on STARTTLS.
func (s *sink) offer(certificate tls.Certificate) {
	s.tls = &tls.Config{Certificates: []tls.Certificate{certificate}}
}

func (s *sink) counter(name string) *atomic.Int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[string]*atomic.Int64)
	}
	if s.by[name] == nil {
		s.by[name] = new(atomic.Int64)
	}
	return s.by[name]
}

func (s *sink) count(by *atomic.Int64) {
	by.Add(1)
	if n := s.accepted.Add(1); n == s.target.Load() {
		close(s.reached)
	}
}

func (s *sink) see(hash uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hash == 0 {
		s.unnamed++
		return
	}
	s.seen[hash]++
}

// reset is called between runs, while nothing is sent.
func (s *sink) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted.Store(0)
	for _, n := range s.by {
		n.Store(0)
	}
	clear(s.seen)
	s.unnamed = 0
}

// await is called before the first of n letters is sent, or at least before the last.
func (s *sink) await(n int64) {
	s.reached = make(chan struct{})
	s.target.Store(n)
	if s.accepted.Load() < n {
		<-s.reached
	}
	s.target.Store(0)
}

func (s *sink) report() sinkReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := sinkReport{Accepted: s.accepted.Load(), By: make(map[string]int64), Distinct: len(s.seen), Unnamed: s.unnamed}
	for name, n := range s.by {
		if n.Load() > 0 {
			r.By[name] = n.Load()
		}
	}
	for _, n := range s.seen {
		r.Twice += n - 1
	}
	return r
}

// throwAwayCertificate is for 127.0.0.1 and signed by itself.
func throwAwayCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the sink's key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "sink"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the sink's certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
