package mail

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"seventh/internal/smtptest"
)

// faults of the table, and what the phases before the dot make of them. The exceptions
// are in outcomeAt.
var faults = []struct {
	name    string
	fault   smtptest.Fault
	verdict Verdict
	code    int
}{
	{"refused", smtptest.None, Deferred, 0}, // nothing listens
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
	{"bad certificate", smtptest.None, SenderProblem, 0},
	{"reset after 250", smtptest.ResetAfter250, Sent, 250},
}

// phases of the table, and what they make of a 5xx.
var phases = []struct {
	phase   string
	reports Phase
	refused Verdict
}{
	{"dial", PhaseDial, ""},
	{"connect", PhaseGreeting, Deferred}, // accepted, and then the fault instead of a greeting
	{"greeting", PhaseGreeting, Deferred},
	{"ehlo", PhaseEHLO, Deferred},
	{"starttls", PhaseSTARTTLS, SenderProblem},
	{"auth", PhaseAuth, SenderProblem},
	{"mail", PhaseMail, SenderProblem},
	{"rcpt", PhaseRcpt, Failed},
	{"data", PhaseData, Failed},
	{"body", PhaseDot, Failed}, // the letter fits in one write: the dot has left when the fault comes
	{"half", PhaseBody, ""},    // the letter does not: the dot is still here
	{"dot", PhaseDot, Failed},
	{"rset", PhaseMail, Deferred}, // before the letter after one whose recipient was refused
}

// impossible says why a fault cannot happen at a phase; "" if it can.
func impossible(phase, fault string) string {
	switch {
	case fault == "refused" && phase != "dial":
		return "there is a connection"
	case phase == "dial" && fault != "refused" && fault != "stalled":
		return "nobody has said anything yet: what follows is of phase connect"
	case fault == "bad certificate" && phase != "starttls":
		return "certificates are shown in the TLS handshake"
	case fault == "reset after 250" && phase != "dot":
		return "only the dot is answered with a 250 that counts"
	case phase == "half" && fault != "reset" && fault != "stalled":
		return "the server reads to the dot, as at phase body"
	}
	return ""
}

// outcomeAt is what a cell of the table says.
func outcomeAt(phase, fault int) result {
	p, f := phases[phase], faults[fault]
	want := result{cmp.Or(f.verdict, p.refused), p.reports, f.code}
	switch {
	case f.verdict == Sent:
		want.Phase = PhaseDot
	case f.code == 0 && p.reports == PhaseDot:
		want.Verdict = Unconfirmed
	case f.name == "8 MB" && isHandshake(p.reports):
		want = result{Deferred, p.reports, 0} // read by go-mail's client, which would keep all of it
	}
	return want
}

func isHandshake(p Phase) bool {
	return p == PhaseGreeting || p == PhaseEHLO || p == PhaseSTARTTLS || p == PhaseAuth
}

func TestEveryFaultAtEveryPhaseHasItsOutcome(t *testing.T) {
	t.Parallel()
	for i, p := range phases {
		for j, f := range faults {
			if impossible(p.phase, f.name) != "" {
				continue
			}
			for _, pipelining := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/pipelining=%t", p.phase, f.name, pipelining), func(t *testing.T) {
					t.Parallel()
					o, s := suffer(t, p.phase, f.name, f.fault, pipelining)
					want, got := outcomeAt(i, j), result{o.Verdict, o.Phase, o.Code}
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

// huge is a letter too long for the socket's buffers.
var huge = append([]byte("Subject: huge\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 1<<20)...)

// suffer sends a letter to a server that has a fault.
func suffer(t *testing.T, phase, name string, fault smtptest.Fault, pipelining bool) (Outcome, *smtptest.Server) {
	at := phase
	if phase == "half" {
		at = "body"
	}
	s := smtptest.New(t, smtptest.Options{
		STARTTLS:     phase == "starttls",
		Auth:         map[string]string{"user": "secret"},
		NoPipelining: !pipelining,
		Script: func(e smtptest.Event) smtptest.Fault {
			if e.Phase == at {
				return fault
			}
			return smtptest.None
		},
	})
	server := serverFor(t, s)
	server.User, server.Password = "user", "secret"
	if phase == "starttls" {
		server.TLS = STARTTLS
	}
	if name == "stalled" {
		server.Timeouts = impatient(phase)
	}
	raw, ctx := []byte(letter), t.Context()
	switch {
	case name == "refused":
		s.Close()
	case name == "bad certificate":
		server.TLSConfig = nil // which is to say, the system's
	case phase == "dial":
		server.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done() // nobody answers
			return nil, ctx.Err()
		}
		short, cancel := context.WithTimeout(ctx, soon)
		t.Cleanup(cancel)
		ctx = short
	case phase == "half":
		raw = huge
	case phase == "rset":
		return afterRefusal(t, s, server), s
	}
	return attempt(ctx, server, raw), s
}

// afterRefusal sends a letter over a connection on which a recipient has been refused.
func afterRefusal(t *testing.T, s *smtptest.Server, server Server) Outcome {
	const ghost = "ghost@client.example"
	s.ReplyTo(ghost, 550, "5.1.1 no such user")
	c := dial(t, server)
	if refused := c.Envelope(t.Context(), from, ghost); refused == nil || refused.Verdict != Failed || !c.Usable() {
		t.Fatalf("the ghost's letter: %v, usable %t", refused, c.Usable())
	}
	if refused := c.Envelope(t.Context(), from, to); refused != nil {
		return *refused
	}
	defer c.Close()
	return c.Body(t.Context(), []byte(letter))
}
