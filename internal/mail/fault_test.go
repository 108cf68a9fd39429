package mail

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"seventh/internal/smtptest"
)

// TestMain fails the package when a test leaves a goroutine of a connection or server behind.
func TestMain(m *testing.M) {
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
	os.Exit(code)
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
	case "mail", "rcpt":
		return Timeouts{Envelope: soon}
	case "data":
		return Timeouts{Data: soon}
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

// faults of the table, and what the phases before the dot make of them. The exceptions
// are in the table itself.
var faults = []struct {
	name    string
	fault   smtptest.Fault
	verdict Verdict
	code    int
}{
	{"reset", smtptest.Drop, Deferred, 0},
	{"closed", smtptest.HalfClose, Deferred, 0},
	{"stalled", smtptest.Stall, Deferred, 0},
	{"garbage", smtptest.Garbage, Deferred, 0},
	{"slow", smtptest.Slow, Sent, 250},
	{"421", smtptest.Reply(421, "4.3.2 shutting down"), Deferred, 421},
	{"4xx", smtptest.Reply(451, "4.3.0 later"), Deferred, 451},
	{"5xx", smtptest.Reply(550, "5.0.0 no"), "", 550},
	{"multi-line", smtptest.Reply(550, "5.0.0 no\n5.0.0 and no\n5.0.0 again"), "", 550},
	{"8 MB", smtptest.Reply(550, strings.Repeat("no ", 8<<20/3)), "", 550},
}

// phases of the table, and what they make of a 5xx.
var phases = []struct {
	phase   string
	reports Phase
	refused Verdict
}{
	{"connect", PhaseGreeting, Deferred},
	{"greeting", PhaseGreeting, Deferred},
	{"ehlo", PhaseEHLO, Deferred},
	{"starttls", PhaseSTARTTLS, SenderProblem},
	{"auth", PhaseAuth, SenderProblem},
	{"mail", PhaseMail, SenderProblem},
	{"rcpt", PhaseRcpt, Failed},
	{"data", PhaseData, Failed},
	{"body", PhaseDot, Failed}, // the letter fits in one write: the dot has left when the fault comes
	{"dot", PhaseDot, Failed},
}

func TestEveryFaultAtEveryPhaseHasItsOutcome(t *testing.T) {
	t.Parallel()
	for _, p := range phases {
		for _, f := range faults {
			for _, pipelining := range []bool{true, false} {
				want := result{cmp.Or(f.verdict, p.refused), p.reports, f.code}
				switch {
				case f.verdict == Sent:
					want.Phase = PhaseDot
				case f.code == 0 && p.reports == PhaseDot:
					want.Verdict = Unconfirmed
				case f.name == "8 MB" && isHandshake(p.reports):
					want = result{Deferred, p.reports, 0} // read by go-mail's client, which would keep all of it
				}
				t.Run(fmt.Sprintf("%s/%s/pipelining=%t", p.phase, f.name, pipelining), func(t *testing.T) {
					t.Parallel()
					s := smtptest.New(t, smtptest.Options{
						STARTTLS:     p.phase == "starttls",
						Auth:         map[string]string{"user": "secret"},
						NoPipelining: !pipelining,
						Script: func(e smtptest.Event) smtptest.Fault {
							if e.Phase == p.phase {
								return f.fault
							}
							return smtptest.None
						},
					})
					server := serverFor(t, s)
					server.User, server.Password = "user", "secret"
					if p.phase == "starttls" {
						server.TLS = STARTTLS
					}
					if f.name == "stalled" {
						server.Timeouts = impatient(p.phase)
					}
					o := attempt(t.Context(), server, []byte(letter))
					got := result{o.Verdict, o.Phase, o.Code}
					if f.fault == smtptest.Drop && o.Phase != PhaseDot {
						got.Phase = want.Phase // a reset also destroys what was said before it
					}
					if got != want {
						t.Errorf("outcome %+v, want %+v\n%v", got, want, o)
					}
					if accepted := s.Accepted(); (o.Verdict == Sent) != (accepted == 1) {
						t.Errorf("outcome %s, but the server accepted %d letters", o.Verdict, accepted)
					}
					if len(o.Text) > maxText {
						t.Errorf("%d bytes of text are kept", len(o.Text))
					}
				})
			}
		}
	}
}

func isHandshake(p Phase) bool {
	return p == PhaseGreeting || p == PhaseEHLO || p == PhaseSTARTTLS || p == PhaseAuth
}

func TestNoServerAtAllDefersTheLetter(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	server := serverFor(t, s)
	s.Close()
	o := attempt(t.Context(), server, []byte(letter))
	if got, want := (result{o.Verdict, o.Phase, o.Code}), (result{Deferred, PhaseDial, 0}); got != want {
		t.Errorf("outcome %+v, want %+v", got, want)
	}
}

// A letter too long for the socket's buffers is cut before its dot: what the server has is
// half a letter, and it must stay without an end.
func TestLetterCutBeforeItsDotIsDeferredAndNeverArrives(t *testing.T) {
	t.Parallel()
	huge := append([]byte("Subject: huge\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 1<<20)...)
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
