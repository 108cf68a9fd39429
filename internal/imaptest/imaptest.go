// Package imaptest is a real IMAP server, Dovecot, for tests.
//
//	s := imaptest.New(t)
//	s.Deliver("ann@example.com", "INBOX", raw)
//	… read s.URL("ann@example.com") …
//
// A missing Dovecot (Debian: dovecot-imapd) fails the test.
package imaptest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Password opens every mailbox.
const Password = "correct horse"

// patience bounds the start of a server; a healthy one needs a fraction of a second.
const patience = 30 * time.Second

// Server is a running Dovecot on the loopback interface.
type Server struct {
	t         testing.TB
	dir       string
	ca        string // the file with the certificate that vouches for it
	port      int    // of imap
	tlsPort   int    // of imaps
	process   *exec.Cmd
	uid       int // whose the letters are
	delivered int
}

// New starts a server that stops with the test.
func New(t testing.TB) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "imap") // short: sockets have paths of 107 bytes at most
	if err != nil {
		t.Fatalf("making a folder for Dovecot: %v", err)
	}
	s := &Server{t: t, dir: dir, ca: filepath.Join(dir, "certificate.pem"), uid: os.Getuid()}
	t.Cleanup(func() {
		s.Kill()
		os.RemoveAll(dir)
	})
	if s.uid == 0 {
		s.uid = 65534 // Dovecot reads no mail as root: nobody does
	}
	for _, folder := range []string{"run", "state", "mail"} {
		s.must(os.Mkdir(filepath.Join(dir, folder), 0o755))
	}
	s.must(os.Chmod(dir, 0o755))
	s.must(os.Lchown(filepath.Join(dir, "mail"), s.uid, -1))
	s.must(writeIdentity(s.ca, filepath.Join(dir, "key.pem")))
	var users strings.Builder
	for _, user := range []string{"ann", "bob", "bounces"} {
		users.WriteString(user + "@example.com:{PLAIN}" + Password + "\n")
	}
	s.must(os.WriteFile(filepath.Join(dir, "password"), []byte(users.String()), 0o644))
	for attempt := 1; ; attempt++ {
		s.port, s.tlsPort = freePort(t), freePort(t)
		s.must(os.WriteFile(filepath.Join(dir, "dovecot.conf"), []byte(s.configuration()), 0o644))
		err := s.start()
		if err == nil {
			return s
		}
		if attempt == 3 {
			t.Fatalf("starting Dovecot: %v\n%s", err, s.log())
		}
	}
}

// URL is imaps:// to a user's mailbox: of ann@, bob@ or bounces@example.com.
func (s *Server) URL(user string) string { return s.url("imaps", user, s.tlsPort) }

// PlainURL is imap:// to a user's mailbox, for STARTTLS.
func (s *Server) PlainURL(user string) string { return s.url("imap", user, s.port) }

func (s *Server) url(scheme, user string, port int) string {
	u := url.URL{
		Scheme: scheme, User: url.UserPassword(user, Password), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		RawQuery: url.Values{"ca": {s.ca}}.Encode(),
	}
	return u.String()
}

// Start starts a server again that was killed, on the same ports.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatalf("starting Dovecot again: %v\n%s", err, s.log())
	}
}

func (s *Server) start() error {
	program, err := exec.LookPath("dovecot")
	if err != nil {
		program = "/usr/sbin/dovecot" // sbin is in few people's PATH
	}
	s.process = exec.Command(program, "-F", "-c", filepath.Join(s.dir, "dovecot.conf"))
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.process.Start(); err != nil {
		s.process = nil
		return fmt.Errorf("%w (Debian has it in the package dovecot-imapd)", err)
	}
	gone := make(chan error, 1)
	go func(process *exec.Cmd) { gone <- process.Wait() }(s.process)
	deadline := time.Now().Add(patience)
	for {
		if err := s.greets(); err == nil {
			return nil
		} else if time.Now().After(deadline) {
			return err
		}
		select {
		case err := <-gone:
			s.process = nil
			return fmt.Errorf("it ended at once: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// greets reports whether the server takes encrypted connections.
func (s *Server) greets() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // it is ours
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.tlsPort)))
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Read(make([]byte, 4))
	return err
}

// Kill ends the server and all its processes at once, as kill -9 does.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL)
	deadline := time.Now().Add(patience)
	for syscall.Kill(-s.process.Process.Pid, 0) == nil && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	s.process = nil
	_ = os.Remove(filepath.Join(s.dir, "run", "master.pid"))
}

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("preparing Dovecot: %v", err)
	}
}

func (s *Server) log() []byte {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("looking for a free port: %v", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
