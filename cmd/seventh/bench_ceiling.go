package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"seventh/internal/mail"
)

// ceiling is what the wire allows.
type ceiling struct {
	rate float64            // letters a second
	cpu  map[string]float64 // µs a letter, of this process and of the sink
}

// ceiling measures how many letters a second go down the same connections when one
// that was rendered before is written again and again, without any books: what the
// wire and the mail server allow on this machine at this moment.
func (b *bench) ceiling(ctx context.Context, raw []byte) (c ceiling, err error) {
	if b.Ceiling == 0 {
		return c, nil
	}
	target := b.target
	target.Pool, target.Helo = b.Connections, "ceiling"
	conns := make([]*mail.Conn, b.Connections)
	defer func() {
		for _, conn := range conns {
			if conn != nil {
				conn.Abort() // an envelope is open
			}
		}
	}()
	for i := range conns {
		conn, refused := target.Dial(ctx)
		if refused != nil {
			return c, fmt.Errorf("measuring the ceiling: %w", refused)
		}
		conns[i] = conn
	}
	var sent atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, len(conns))
	before, err := b.wireCPU()
	if err != nil {
		return c, err
	}
	started := time.Now()
	for _, conn := range conns {
		group.Go(func() {
			n, err := pour(ctx, conn, raw, started.Add(b.Ceiling))
			sent.Add(n)
			if err != nil {
				failures <- err
			}
		})
	}
	group.Wait()
	letters := float64(sent.Load())
	c.rate = letters / time.Since(started).Seconds()
	select {
	case err := <-failures:
		return c, fmt.Errorf("measuring the ceiling: %w", err)
	default:
	}
	after, err := b.wireCPU()
	if err != nil {
		return c, err
	}
	c.cpu = make(map[string]float64)
	for name := range after {
		c.cpu[name] = microseconds(after[name]-before[name]) / letters
	}
	return c, nil
}

// wireCPU is the CPU time that both ends of the connections have spent.
func (b *bench) wireCPU() (map[string]time.Duration, error) {
	m := meter{pids: map[string][]int{"seventh": {os.Getpid()}}}
	if b.sink != nil {
		m.pids["sink"] = []int{b.sink.command.Process.Pid}
	}
	return m.own()
}

// pour sends one letter down one connection until a time has come.
func pour(ctx context.Context, conn *mail.Conn, raw []byte, until time.Time) (sent int64, err error) {
	const from, to = "team@example.com", "office@client.example"
	if refused := conn.Envelope(ctx, from, to); refused != nil {
		return 0, refused
	}
	for {
		outcome, refused := conn.Next(ctx, raw, from, to)
		if outcome.Verdict != mail.Sent {
			return sent, outcome
		}
		sent++
		if refused != nil {
			return sent, refused
		}
		if time.Now().After(until) || ctx.Err() != nil {
			return sent, ctx.Err()
		}
	}
}
