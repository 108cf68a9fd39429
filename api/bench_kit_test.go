package api

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// loadVariable makes the test binary the load of a benchmark: what sends the
// requests must not count as the server's CPU.
const loadVariable = "SEVENTH_BENCH_LOAD"

// load is a process of its own that sends requests over kept connections.
type load struct {
	b   *testing.B
	in  io.Writer
	out *bufio.Reader
}

// newLoad starts the process and gives it the requests, as they go on the wire.
func newLoad(b *testing.B, address string, connections int, requests [][]byte) *load {
	b.Helper()
	c := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), loadVariable+"="+address, "GOMAXPROCS=1")
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		if err := c.Wait(); err != nil && b.Context().Err() == nil {
			b.Errorf("the load ended: %v", err)
		}
	})
	w := bufio.NewWriterSize(in, 1<<20)
	fmt.Fprintln(w, connections, len(requests))
	for _, request := range requests {
		fmt.Fprintln(w, len(request))
		w.Write(request)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	l := &load{b: b, in: in, out: bufio.NewReader(out)}
	l.heard("ready")
	return l
}

// send has n requests sent and answered.
func (l *load) send(n int) {
	l.b.Helper()
	if _, err := fmt.Fprintln(l.in, n); err != nil {
		l.b.Fatal(err)
	}
	l.heard("done")
}

func (l *load) heard(want string) {
	l.b.Helper()
	if line, err := l.out.ReadString('\n'); err != nil || strings.TrimSpace(line) != want {
		l.b.Fatalf("the load says %q, %v", line, err)
	}
}

// runLoad is the other process.
func runLoad(address string, in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 1<<20)
	var connections, many int
	if _, err := fmt.Fscanln(r, &connections, &many); err != nil {
		return err
	}
	requests := make([][]byte, many)
	for i := range requests {
		var size int
		if _, err := fmt.Fscanln(r, &size); err != nil {
			return err
		}
		requests[i] = make([]byte, size)
		if _, err := io.ReadFull(r, requests[i]); err != nil {
			return err
		}
	}
	conns := make([]*loadConn, connections)
	for i := range conns {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		conns[i] = &loadConn{Conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}
	}
	fmt.Fprintln(out, "ready")
	sent := 0
	for {
		var n int
		if _, err := fmt.Fscanln(r, &n); err != nil {
			return nil // the benchmark is over
		}
		var next atomic.Int64
		var all sync.WaitGroup
		var failed atomic.Value
		for _, conn := range conns {
			all.Go(func() {
				for i := next.Add(1); i <= int64(n); i = next.Add(1) {
					if err := conn.ask(requests[(sent+int(i))%len(requests)]); err != nil {
						failed.Store(err)
						return
					}
				}
			})
		}
		all.Wait()
		sent += n
		if err, ok := failed.Load().(error); ok {
			return err
		}
		fmt.Fprintln(out, "done")
	}
}

type loadConn struct {
	net.Conn
	r *bufio.Reader
}

// ask sends a request and reads the whole answer, which must be good.
func (c *loadConn) ask(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, length, chunked := "", 0, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if status == "" {
			status = string(line)
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(value))
		}
		chunked = chunked || bytes.EqualFold(line, []byte("Transfer-Encoding: chunked"))
		if len(line) == 0 {
			break
		}
	}
	if chunked {
		if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(c.r)); err != nil {
			return err
		}
		length = len("\r\n") // no trailer
	}
	if _, err := c.r.Discard(length); err != nil {
		return err
	}
	if !strings.Contains(status, " 200 ") && !strings.Contains(status, " 302 ") {
		return fmt.Errorf("the server answers %s", status)
	}
	return nil
}

// serve puts a kit's server on a port, as `seventh serve` does.
func (k *kit) serve() string {
	server := httptest.NewUnstartedServer(k.server.echo)
	server.Config.ReadHeaderTimeout = 5 * time.Second
	server.Start()
	k.t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// wire is a request as it goes down a connection.
func wire(method, path, body string, headers http.Header) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: seventh.test\r\n", method, path)
	if body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	_ = headers.Write(&b) // a buffer takes everything
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

// spent is CPU time so far: ours, and that of all processes of the database server,
// 0 where it cannot be seen (another machine, or not Linux).
type spent struct{ ours, server time.Duration }

func spentBy(b *testing.B, db *pgxpool.Pool) spent {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	s := spent{ours: time.Duration(usage.Utime.Nano() + usage.Stime.Nano())}
	var backend int
	if err := db.QueryRow(context.Background(), "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		b.Fatal(err)
	}
	parent := statOf(strconv.Itoa(backend), 1)
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		if pid := filepath.Base(dir); parent != 0 && (statOf(pid, 1) == parent || pid == strconv.Itoa(parent)) {
			s.server += time.Duration(statOf(pid, 11)+statOf(pid, 12)) * time.Second / 100 // USER_HZ
		}
	}
	return s
}

// statOf is a number of /proc/PID/stat, counted from the state behind the name.
func statOf(pid string, field int) int {
	body, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(body), ") ")
	n, _ := strconv.Atoi(strings.Fields(rest)[field])
	return n
}

// perItem reports what b.N rounds of some items each have cost.
func (s spent) perItem(b *testing.B, db *pgxpool.Pool, items int, name string) {
	b.Helper()
	after, n := spentBy(b, db), float64(b.N*items)
	b.ReportMetric(n/b.Elapsed().Seconds(), name+"s/s")
	b.ReportMetric((after.ours-s.ours).Seconds()*1e6/n, "server-µs/"+name)
	b.ReportMetric((after.server-s.server).Seconds()*1e6/n, "postgres-µs/"+name)
}
