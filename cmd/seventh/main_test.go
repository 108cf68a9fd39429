package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"seventh/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// binary builds the real program, once for all tests that run it.
var binary = sync.OnceValues(func() (string, error) { return build("seventh") })

// build builds the program under bin/test.
func build(name string, flags ...string) (string, error) {
	path, err := filepath.Abs(filepath.Join("../../bin/test", name))
	if err != nil {
		return "", err
	}
	args := append([]string{"build", "-o", path}, flags...)
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return path, nil
}

// output collects what a program prints, from several goroutines.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// program is seventh running as a process.
type program struct {
	t       *testing.T
	command *exec.Cmd
	output  *output
	ended   chan struct{}
}

// start runs seventh with settings like SEVENTH_LISTEN=….
func start(t *testing.T, settings []string, args ...string) *program {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return startFrom(t, path, settings, args...)
}

// startFrom is start of another build.
func startFrom(t *testing.T, path string, settings []string, args ...string) *program {
	t.Helper()
	p := &program{t: t, command: exec.Command(path, args...), output: &output{}, ended: make(chan struct{})}
	p.command.Env = append(withoutSeventh(), settings...)
	p.command.Dir = t.TempDir()
	p.command.Stdout, p.command.Stderr = p.output, p.output
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.command.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("seventh %s printed:\n%s", strings.Join(args, " "), p.output)
		}
	})
	return p
}

func withoutSeventh() []string {
	var env []string
	for _, pair := range exec.Command("true").Environ() {
		if !strings.HasPrefix(pair, "SEVENTH_") {
			env = append(env, pair)
		}
	}
	return env
}

// kill is kill -9.
func (p *program) kill() {
	p.command.Process.Kill()
	<-p.ended
}

// freePort finds a port that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// deadline bounds a test's wait for something that happens in another process.
const deadline = 60 * time.Second

// eventually waits until check returns "", and fails with its last answer.
func eventually(t *testing.T, check func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		trouble := check()
		if trouble == "" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s in vain: %s", deadline, trouble)
		}
	}
}

// call sends JSON to the API and decodes the answer.
func call(t *testing.T, method, url, key string, body any) (int, map[string]any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, url, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatalf("%s %s answered %d with no JSON object: %s", method, url, response.StatusCode, raw)
		}
	}
	return response.StatusCode, answer
}
