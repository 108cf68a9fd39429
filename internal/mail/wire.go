package mail

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// errFlood is what reading becomes when a server says far more than any reply needs.
var errFlood = errors.New("server's reply is too long")

// maxHandshake bounds what go-mail's client may read, and keep in memory, in one step.
const maxHandshake = 64 << 10

// wire is the TCP connection under everything else. It moves the deadline from phase to
// phase, where go-mail's client has one for a whole connection, cuts a phase short when
// its context ends, and bounds what a step may read.
type wire struct {
	net.Conn
	budget int // bytes the present step may still read; < 0 = unbounded

	mu      sync.Mutex
	watcher int  // which watch may interrupt; bumped when one ends
	cut     bool // the present watch's context has ended
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	if w.budget == 0 {
		return 0, errFlood
	}
	if w.budget > 0 && len(p) > w.budget {
		p = p[:w.budget]
	}
	n, err := w.Conn.Read(p)
	if w.budget > 0 {
		w.budget -= n
	}
	return n, err
}

// expect gives what comes next this long, unless the context watched has already ended.
func (w *wire) expect(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.cut {
		_ = w.SetDeadline(time.Now().Add(d)) // fails on a closed connection, as what comes next will
	}
}

// watch lets ctx interrupt reads and writes until the returned function is called. After
// that call a context that ends, even at the same moment, touches nothing any more.
func (w *wire) watch(ctx context.Context) (end func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	w.mu.Lock()
	mine := w.watcher
	w.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.watcher == mine {
			w.cut = true
			_ = w.SetDeadline(time.Unix(1, 0))
		}
	})
	return func() {
		stop()
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.watcher == mine {
			w.watcher++
			w.cut = false
		}
	}
}

// abort closes with RST and throws away what the kernel has not sent yet: no byte that
// was written before, such as half a letter, can be followed by an orderly end.
func (w *wire) abort() {
	if tcp, ok := w.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = w.Conn.Close()
}
