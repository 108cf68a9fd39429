package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"seventh/internal/mail"
)

// ceiling is how many letters a second go down the same connections when one
// that was rendered before is written again and again, without any books: what the
// wire and the mail server allow on this machine at this moment.
func (b *bench) ceiling(ctx context.Context, raw []byte) (float64, error) {
	if b.Ceiling == 0 {
		return 0, nil
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
			return 0, fmt.Errorf("measuring the ceiling: %w", refused)
		}
		conns[i] = conn
	}
	var sent atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, len(conns))
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
	seconds := time.Since(started).Seconds()
	select {
	case err := <-failures:
		return 0, fmt.Errorf("measuring the ceiling: %w", err)
	default:
		return float64(sent.Load()) / seconds, nil
	}
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
