package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"seventh/internal/mail"
)

// benchSinkCommand is a mail server that takes everything and keeps nothing, in a
// process of its own so that its work does not count as seventh's.
type benchSinkCommand struct{}

// Run prints its address and serves until standard input ends.
func (benchSinkCommand) Run(p *process, s *Settings) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	fmt.Fprintln(p.stdout, listener.Addr())
	go func() {
		io.Copy(io.Discard, p.stdin)
		listener.Close()
	}()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return nil // closed: the run is over
		}
		go sinkSession(conn)
	}
}

// sinkSession speaks just enough SMTP (RFC 5321) with PIPELINING (RFC 2920):
// replies are written when nothing more has come in.
func sinkSession(conn net.Conn) {
	defer conn.Close()
	in, out := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriter(conn)
	out.WriteString("220 sink\r\n")
	for out.Flush() == nil {
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			switch verb := strings.ToUpper(string(line[:min(4, len(line))])); verb {
			case "EHLO":
				out.WriteString("250-sink\r\n250 PIPELINING\r\n")
			case "DATA":
				out.WriteString("354 go on\r\n")
				if out.Flush() != nil || !skipLetter(in) {
					return
				}
				out.WriteString("250 2.0.0 taken\r\n")
			case "QUIT":
				out.WriteString("221 bye\r\n")
				out.Flush()
				return
			default:
				out.WriteString("250 2.0.0 ok\r\n")
			}
			if in.Buffered() == 0 {
				break
			}
		}
	}
}

func skipLetter(in *bufio.Reader) bool {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return false
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			return true
		}
	}
}

// sinkProcess is a running sink.
type sinkProcess struct {
	url     string
	command *exec.Cmd
	stdin   io.Closer
}

func startSink() (*sinkProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	command := exec.Command(self, "bench-sink")
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("starting the sink: %w", err)
	}
	return &sinkProcess{url: "smtp://" + strings.TrimSpace(addr) + "?tls=none", command: command, stdin: stdin}, nil
}

func (s *sinkProcess) stop() {
	s.stdin.Close()
	s.command.Wait()
}

// ceiling writes one rendered letter again and again down as many connections,
// without any books: what the wire and the sink allow.
func (b *bench) ceiling(raw []byte) (float64, error) {
	b.say("measuring the ceiling")
	var sent atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, b.Connections)
	started := time.Now()
	for range b.Connections {
		group.Go(func() {
			if err := b.pour(raw, &sent); err != nil {
				failures <- err
			}
		})
	}
	group.Wait()
	select {
	case err := <-failures:
		return 0, fmt.Errorf("measuring the ceiling: %w", err)
	default:
	}
	return float64(sent.Load()) / time.Since(started).Seconds(), nil
}

func (b *bench) pour(raw []byte, sent *atomic.Int64) error {
	ctx := context.Background()
	conn, refused := b.target.Dial(ctx)
	if refused != nil {
		return refused
	}
	defer conn.Close()
	if refused := conn.Envelope(ctx, "team@example.com", "c@client.example"); refused != nil {
		return refused
	}
	for range max(2, b.Letters/b.Connections) {
		outcome, refused := conn.Next(ctx, raw, "team@example.com", "c@client.example")
		if outcome.Verdict != mail.Sent {
			return outcome
		}
		if refused != nil {
			return refused
		}
		sent.Add(1)
	}
	conn.Abort()
	return nil
}
