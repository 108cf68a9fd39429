package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// run runs one of PostgreSQL's programs. Its output goes to a file: through a pipe pg_ctl would seem to run as long as
// the server that inherits it.
func (s *Server) run(ctx context.Context, name string, args ...string) error {
	out, err := s.freshLog()
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", name, err)
	}
	defer out.Close()
	cmd := exec.CommandContext(ctx, s.programs.command(name), args...)
	cmd.Dir = s.Dir
	cmd.Env = environment(os.Environ())
	cmd.Stdout, cmd.Stderr = out, out
	s.account.apply(cmd)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, errors.Join(err, ctx.Err()), tail(out.Name()))
	}
	return nil
}

// freshLog is a new file, not the old one emptied: a program that outlived a killed start may still write there.
func (s *Server) freshLog() (*os.File, error) {
	if err := os.Remove(s.path("commands.log")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(s.path("commands.log"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// environment is ours without what would lead PostgreSQL astray: every PG variable (an empty PGPORT breaks initdb), and
// the locale, which would translate the messages that we look for.
func environment(ours []string) []string {
	var env []string
	for _, pair := range ours {
		if !strings.HasPrefix(pair, "PG") && !strings.HasPrefix(pair, "LC_") && !strings.HasPrefix(pair, "LANG") {
			env = append(env, pair)
		}
	}
	return append(env, "LC_ALL=C")
}

// tail is the end of a log, for an error message.
func tail(name string) string {
	content, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	const enough = 2000
	return strings.TrimSpace(string(content[max(0, len(content)-enough):]))
}

// lastPort is the port of the last start, 0 if unknown: URLs that people have noted down go on working.
func (s *Server) lastPort() int {
	content, err := os.ReadFile(s.path("port"))
	if err != nil {
		return 0
	}
	port, _ := strconv.Atoi(strings.TrimSpace(string(content))) // 0 is any port
	return port
}

// freePort is the preferred port if nobody listens there, else any free one.
func freePort(preferred int) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
	if err != nil && preferred != 0 {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
