package mail

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/smtptest"
)

func TestOneConnectionSendsManyLetters(t *testing.T) {
	t.Parallel()
	for _, pipelining := range []bool{true, false} {
		t.Run(fmt.Sprintf("pipelining=%t", pipelining), func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, smtptest.Options{NoPipelining: !pipelining})
			c := dial(t, serverFor(t, s))
			for i := range 3 {
				if refused := c.Envelope(t.Context(), from, fmt.Sprintf("client%d@example.com", i)); refused != nil {
					t.Fatal(refused)
				}
				if o := c.Body(t.Context(), []byte(letter)); o.Verdict != Sent {
					t.Fatal(o)
				}
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if c.Usable() || c.Letters() != 3 || s.Sessions() != 1 {
				t.Errorf("usable %t, letters %d, sessions %d; want false, 3, 1", c.Usable(), c.Letters(), s.Sessions())
			}
			for i, l := range s.Letters() {
				if want := fmt.Sprintf("client%d@example.com", i); l.From != from || l.To != want || string(l.Raw) != letter {
					t.Errorf("letter %d is %q from %s to %s", i, l.Raw, l.From, l.To)
				}
			}
		})
	}
}

func TestNextSendsALetterAndTheFollowingEnvelopeTogether(t *testing.T) {
	t.Parallel()
	for _, pipelining := range []bool{true, false} {
		t.Run(fmt.Sprintf("pipelining=%t", pipelining), func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, smtptest.Options{NoPipelining: !pipelining})
			s.ReplyTo("ghost@example.com", 550, "5.1.1 no such user")
			c := dial(t, serverFor(t, s))
			if refused := c.Envelope(t.Context(), from, "one@example.com"); refused != nil {
				t.Fatal(refused)
			}
			first, refused := c.Next(t.Context(), []byte(letter), from, "two@example.com")
			if first.Verdict != Sent || refused != nil {
				t.Fatal(first, refused)
			}
			second, refused := c.Next(t.Context(), []byte(letter), from, "ghost@example.com")
			want := &Outcome{Verdict: Failed, Phase: PhaseRcpt, Class: ClassInvalid, Code: 550, Enhanced: "5.1.1", Text: "no such user"}
			if diff := cmp.Diff(want, refused); second.Verdict != Sent || diff != "" {
				t.Fatalf("second letter %v; its successor (-want +got):\n%s", second, diff)
			}
			if refused := c.Envelope(t.Context(), from, "three@example.com"); refused != nil {
				t.Fatal(refused)
			}
			if o := c.Body(t.Context(), []byte(letter)); o.Verdict != Sent {
				t.Fatal(o)
			}
			var recipients []string
			for _, l := range s.WaitFor(t, 3) {
				recipients = append(recipients, l.To)
			}
			if diff := cmp.Diff([]string{"one@example.com", "two@example.com", "three@example.com"}, recipients); diff != "" {
				t.Errorf("recipients (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLetterBehindALostOneWasNotTransmitted(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			return smtptest.Drop
		}
		return smtptest.None
	}})
	c := dial(t, serverFor(t, s))
	if refused := c.Envelope(t.Context(), from, to); refused != nil {
		t.Fatal(refused)
	}
	o, next := c.Next(t.Context(), []byte(letter), from, "two@example.com")
	if o.Verdict != Unconfirmed || next == nil || next.Verdict != Deferred || next.Phase != PhaseMail || c.Usable() {
		t.Errorf("letter %v, next %v, usable %t", o, next, c.Usable())
	}
}

func TestDataOpenedForARefusedRecipientIsClosedHard(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		switch e.Phase {
		case "rcpt":
			return smtptest.Reply(550, "5.1.1 no such user")
		case "data":
			return smtptest.Reply(354, "go ahead")
		}
		return smtptest.None
	}})
	c := dial(t, serverFor(t, s))
	refused := c.Envelope(t.Context(), from, to)
	if refused == nil || refused.Verdict != Failed || refused.Phase != PhaseRcpt || c.Usable() {
		t.Errorf("outcome %v, usable %t; want rcpt failed and the connection closed", refused, c.Usable())
	}
}

// A reply that a confused server sent too early would otherwise pass for acceptance.
func TestReplyOutOfTurnIsNotTheVerdict(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer theirs.Close()
		r := bufio.NewReader(theirs)
		_, _ = io.WriteString(theirs, "220 hello\r\n")
		for _, reply := range []string{"250 hello\r\n", "250 mail\r\n", "250 rcpt\r\n", "354 go ahead\r\n250 queued\r\n"} {
			_, _ = r.ReadString('\n')
			_, _ = io.WriteString(theirs, reply)
		}
		_, _ = io.Copy(io.Discard, r)
	}()
	server := Server{Host: "localhost", TLS: None, dial: func(context.Context, string, string) (net.Conn, error) { return ours, nil }}
	o := attempt(t.Context(), server, []byte(letter))
	if o.Verdict != Deferred || o.Phase != PhaseBody || o.Class != ClassProtocol {
		t.Errorf("outcome %v, class %s; want deferred at body, protocol", o, o.Class)
	}
	<-done
}

func TestErrorAfter250DoesNotUnsendALetter(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			return smtptest.ResetAfter250
		}
		return smtptest.None
	}})
	c := dial(t, serverFor(t, s))
	if refused := c.Envelope(t.Context(), from, to); refused != nil {
		t.Fatal(refused)
	}
	if o := c.Body(t.Context(), []byte(letter)); o.Verdict != Sent {
		t.Fatal(o)
	}
	if err := c.Reset(t.Context()); err == nil || c.Usable() {
		t.Errorf("reset error %v, usable %t; want an error and a closed connection", err, c.Usable())
	}
	if n := s.Accepted(); n != 1 {
		t.Errorf("server accepted %d letters, want 1", n)
	}
}

func TestAbortAfter354DeliversNothing(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	c := dial(t, serverFor(t, s))
	if refused := c.Envelope(t.Context(), from, to); refused != nil {
		t.Fatal(refused)
	}
	if err := c.Close(); err != nil { // Close knows that QUIT would be text here
		t.Fatal(err)
	}
	if o := c.Body(t.Context(), []byte(letter)); o.Verdict != Deferred || o.Phase != PhaseBody {
		t.Errorf("outcome on a closed connection: %v", o)
	}
	if n := s.Accepted(); n != 0 {
		t.Errorf("server accepted %d letters, want none", n)
	}
}

func TestLettersArriveByteForByte(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	c := dial(t, serverFor(t, s))
	letters := []string{
		letter,
		".\r\n",
		"..\r\n.\r\n\r\n.x\r\n",
		strings.Repeat("x", 70_000) + "\r\n.\r\n",
		strings.Repeat(".line\r\n", 100_000),
		"\r\nMAIL FROM:<eve@example.com>\r\n",
	}
	for i, raw := range letters {
		if refused := c.Envelope(t.Context(), from, to); refused != nil {
			t.Fatal(refused)
		}
		if o := c.Body(t.Context(), []byte(raw)); o.Verdict != Sent {
			t.Fatal(o)
		}
		if got := string(s.WaitFor(t, i+1)[i].Raw); got != raw {
			t.Errorf("letter %d arrived as %.100q, want %.100q", i, got, raw)
		}
	}
}

func TestLetterThatCouldEndEarlyIsRefused(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	for _, raw := range []string{"", "no end", "bare\n.\r\n", "bare\r.\r\n", "x\n.\n", "x\r\n.\r", "\r\r\n"} {
		c := dial(t, serverFor(t, s))
		if refused := c.Envelope(t.Context(), from, to); refused != nil {
			t.Fatal(refused)
		}
		o := c.Body(t.Context(), []byte(raw))
		if o.Verdict != Failed || o.Class != ClassContent || c.Usable() {
			t.Errorf("%q: outcome %v, usable %t", raw, o, c.Usable())
		}
	}
	if n := s.Accepted(); n != 0 {
		t.Errorf("server accepted %d letters", n)
	}
}

func TestEnvelopeRefusesAddressesBeforeTheWire(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	c := dial(t, serverFor(t, s))
	for _, address := range []string{"иван@example.com", `"a@evil.example> ORCPT=x"@example.com`, "a@b\r\nRCPT TO:<c@d>", "nobody"} {
		if o := c.Envelope(t.Context(), from, address); o == nil || o.Verdict != Failed || o.Phase != PhaseRcpt || o.Class != ClassUnsupported {
			t.Errorf("to %q: %v", address, o)
		}
		if o := c.Envelope(t.Context(), address, to); o == nil || o.Verdict != SenderProblem || o.Phase != PhaseMail {
			t.Errorf("from %q: %v", address, o)
		}
	}
	if refused := c.Envelope(t.Context(), "", "ivan@клиент.рф"); refused != nil { // still usable, null return path
		t.Fatal(refused)
	}
	if o := c.Body(t.Context(), []byte(letter)); o.Verdict != Sent {
		t.Fatal(o)
	}
	if l := s.WaitFor(t, 1)[0]; l.From != "" || l.To != "ivan@xn--e1affem4a.xn--p1ai" {
		t.Errorf("envelope from %q to %q", l.From, l.To)
	}
}

func BenchmarkDialogue(b *testing.B) {
	raw := []byte(strings.Repeat("Sixty bytes of a letter, in lines as quoted-printable has it\r\n", 120))
	s := smtptest.New(b, smtptest.Options{Discard: true})
	c := dial(b, serverFor(b, s))
	ctx := b.Context()
	if refused := c.Envelope(ctx, from, to); refused != nil {
		b.Fatal(refused)
	}
	b.ReportAllocs()
	for b.Loop() {
		if o, refused := c.Next(ctx, raw, from, to); o.Verdict != Sent || refused != nil {
			b.Fatal(o, refused)
		}
	}
}
