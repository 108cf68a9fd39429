package mail

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"seventh/internal/smtptest"
)

// TestMain fails the package when a test leaves a goroutine of a connection or server
// behind, or open files.
func TestMain(m *testing.M) {
	before := openFiles()
	code := m.Run()
	deadline := time.Now().Add(10 * time.Second)
	for leaked := leakedStacks(); leaked != ""; leaked = leakedStacks() {
		if time.Now().After(deadline) {
			fmt.Fprintf(os.Stderr, "goroutines are left behind:\n%s\n", leaked)
			code = 1
			break
		}
		runtime.Gosched()
	}
	if after := openFiles(); after > before+few {
		fmt.Fprintf(os.Stderr, "%d files are open after the tests, %d before\n", after, before)
		code = 1
	}
	os.Exit(code)
}

// few is how many files the runtime opens for itself (its poller, random numbers).
const few = 8

// openFiles counts the descriptors of this process, -1 where they cannot be listed.
func openFiles() int {
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		return -1
	}
	return len(list)
}

func leakedStacks() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var leaked []string
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, "seventh/internal/") && !strings.Contains(stack, "TestMain") {
			leaked = append(leaked, stack)
		}
	}
	return strings.Join(leaked, "\n\n")
}

const (
	from   = "b+token@bounce.example.com"
	to     = "ivan@client.example"
	letter = "Subject: hello\r\n\r\nHello.\r\n"
)

const soon = 200 * time.Millisecond

// impatient are timeouts that end a stall of this phase soon; phases before it have all the
// time they need on a busy machine.
func impatient(phase string) Timeouts {
	switch phase {
	case "connect", "greeting":
		return Timeouts{Greeting: soon}
	case "ehlo", "starttls", "auth":
		return Timeouts{Hello: soon}
	case "mail", "rcpt", "rset":
		return Timeouts{Envelope: soon}
	case "data":
		return Timeouts{Data: soon}
	case "half":
		return Timeouts{Body: soon}
	}
	return Timeouts{EndOfData: soon}
}

// serverFor is the mail.Server for a test server, trusting its certificate.
func serverFor(t testing.TB, s *smtptest.Server) Server {
	t.Helper()
	server, err := ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	server.Helo = "sender.example.com"
	server.TLSConfig = s.TLSConfig()
	return server
}

func dial(t testing.TB, server Server) *Conn {
	t.Helper()
	c, refused := server.Dial(t.Context())
	if refused != nil {
		t.Fatalf("dialling: %v", refused)
	}
	t.Cleanup(c.Abort)
	return c
}

// attempt sends one letter over a connection of its own.
func attempt(ctx context.Context, server Server, raw []byte) Outcome {
	c, refused := server.Dial(ctx)
	if refused != nil {
		return *refused
	}
	defer c.Close()
	if refused := c.Envelope(ctx, from, to); refused != nil {
		return *refused
	}
	return c.Body(ctx, raw)
}

// result is what of an outcome the fault table fixes.
type result struct {
	Verdict Verdict
	Phase   Phase
	Code    int
}

// A letter too long for the socket's buffers is cut before its dot: what the server has is
// half a letter, and it must stay without an end.
func TestLetterCutBeforeItsDotIsDeferredAndNeverArrives(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]smtptest.Fault{"reset": smtptest.Drop, "stalled": smtptest.Stall} {
		for _, encrypted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/tls=%t", name, encrypted), func(t *testing.T) {
				t.Parallel()
				s := smtptest.New(t, smtptest.Options{TLS: encrypted, Script: func(e smtptest.Event) smtptest.Fault {
					if e.Phase == "body" {
						return fault
					}
					return smtptest.None
				}})
				server := serverFor(t, s)
				server.Timeouts.Body = soon
				o := attempt(t.Context(), server, huge)
				if got, want := (result{o.Verdict, o.Phase, o.Code}), (result{Deferred, PhaseBody, 0}); got != want {
					t.Errorf("outcome %+v, want %+v\n%v", got, want, o)
				}
				if n := s.Accepted(); n != 0 {
					t.Errorf("server accepted %d letters", n)
				}
			})
		}
	}
}

func TestStoppingBeforeTheDotAbortsTheLetter(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "body" {
			cancel()
			return smtptest.Stall
		}
		return smtptest.None
	}})
	huge := bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 1<<20)
	o := attempt(ctx, serverFor(t, s), huge)
	if got, want := (result{o.Verdict, o.Phase, o.Code}), (result{Deferred, PhaseBody, 0}); got != want {
		t.Errorf("outcome %+v, want %+v", got, want)
	}
}

func TestStoppingAfterTheDotStillWaitsForTheReply(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := smtptest.New(t, smtptest.Options{Delay: 20 * time.Millisecond, Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			cancel()
		}
		return smtptest.None
	}})
	o := attempt(ctx, serverFor(t, s), []byte(letter))
	if got, want := (result{o.Verdict, o.Phase, o.Code}), (result{Sent, PhaseDot, 250}); got != want {
		t.Errorf("outcome %+v, want %+v\n%v", got, want, o)
	}
}

func TestAcceptedLetterWhoseReplyIsLostIsUnconfirmed(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			return smtptest.DropAccepted
		}
		return smtptest.None
	}})
	o := attempt(t.Context(), serverFor(t, s), []byte(letter))
	if got, want := (result{o.Verdict, o.Phase, o.Code}), (result{Unconfirmed, PhaseDot, 0}); got != want {
		t.Errorf("outcome %+v, want %+v", got, want)
	}
	s.WaitFor(t, 1)
}
