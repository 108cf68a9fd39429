package mail

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/smtptest"
)

// composed is a letter that has everything servers differ about: Cyrillic, domains in
// Unicode, dots at the start of lines and a line of 5,000 characters.
func composed(t *testing.T) []byte {
	t.Helper()
	s := story{"strict", caseLetter(), caseRendered("Иван, ..", ".\r\n.\r\n"+strings.Repeat("длинно", 834), "."), caseHeader()}
	s.header.From.Email = "anna@продажи.рф"
	s.header.ReplyTo = Address{Name: "Ответы", Email: "r+token@bücher.example"}
	s.header.To = Address{Name: ".Иван.", Email: "ivan@клиент.рф"}
	return s.raw(t)
}

// bothWays runs a test against a server that offers PIPELINING and one that does not.
func bothWays(t *testing.T, o smtptest.Options, test func(*testing.T, *smtptest.Server)) {
	t.Helper()
	for _, pipelining := range []bool{true, false} {
		t.Run(fmt.Sprintf("pipelining=%t", pipelining), func(t *testing.T) {
			t.Parallel()
			o := o
			o.NoPipelining = !pipelining
			test(t, smtptest.New(t, o))
		})
	}
}

func TestStrictServerHearsNothingItDidNotNeedToOffer(t *testing.T) {
	t.Parallel()
	bothWays(t, smtptest.Options{Extensions: []string{"SIZE 35882577", "DSN", "CHUNKING", "BINARYMIME"}}, func(t *testing.T, s *smtptest.Server) {
		raw := composed(t)
		c := dial(t, serverFor(t, s))
		if refused := c.Envelope(t.Context(), "b+token@продажи.рф", "ivan@клиент.рф"); refused != nil {
			t.Fatal(refused)
		}
		if o := c.Body(t.Context(), raw); o.Verdict != Sent {
			t.Fatal(o)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		got := s.WaitFor(t, 1)[0]
		if string(got.Raw) != string(raw) {
			t.Errorf("letter arrived as %q, want %q", got.Raw, raw)
		}
		checkWire(t, got.Raw)
		for _, header := range []string{"<anna@xn--80ahhi0afh.xn--p1ai>", "<r+token@xn--bcher-kva.example>", "<ivan@xn--e1affem4a.xn--p1ai>"} {
			if !strings.Contains(string(got.Raw), header) {
				t.Errorf("no header has %s:\n%.600s", header, got.Raw)
			}
		}
		s.Close()
		want := []string{
			"EHLO sender.example.com\r\n", "MAIL FROM:<b+token@xn--80ahhi0afh.xn--p1ai>\r\n", "RCPT TO:<ivan@xn--e1affem4a.xn--p1ai>\r\n", "DATA\r\n", "QUIT\r\n"}
		if diff := cmp.Diff(want, s.Commands()); diff != "" {
			t.Errorf("commands (-want +got):\n%s", diff)
		}
	})
}

// SMTPUTF8 could carry such an address to the first server, and perhaps no further: it is
// refused before anything is said of it, and the connection goes on.
func TestLocalPartBeyondASCIIFailsWithoutAWord(t *testing.T) {
	t.Parallel()
	bothWays(t, smtptest.Options{}, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, serverFor(t, s))
		before := len(s.Commands())
		for _, address := range []string{"иван@client.example", "jos\u00e9@client.example", "用户@例子.example", "\"a b\"@client.example"} {
			o := c.Envelope(t.Context(), from, address)
			if o == nil || o.Verdict != Failed || o.Phase != PhaseRcpt || o.Class != ClassUnsupported || o.AddressIsDead() || !c.Usable() {
				t.Errorf("to %s: %v, usable %t; want failed as %s over a good connection", address, o, c.Usable(), ClassUnsupported)
			}
		}
		if said := s.Commands()[before:]; len(said) > 0 {
			t.Errorf("server heard %q", said)
		}
		if refused := c.Envelope(t.Context(), from, to); refused != nil {
			t.Fatal(refused)
		}
		first, next := c.Next(t.Context(), []byte(letter), from, "иван@client.example")
		if first.Verdict != Sent || next == nil || next.Class != ClassUnsupported || !c.Usable() {
			t.Errorf("letter %v, next %v, usable %t", first, next, c.Usable())
		}
		s.WaitFor(t, 1)
	})
}

func TestHeloOfTheURLReachesTheServer(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	server, err := ParseURL(s.URL() + "?helo=mail.client.example")
	if err != nil {
		t.Fatal(err)
	}
	if o := attempt(t.Context(), server, []byte(letter)); o.Verdict != Sent {
		t.Fatal(o)
	}
	if got := s.WaitFor(t, 1)[0].Helo; got != "mail.client.example" {
		t.Errorf("server was greeted as %q", got)
	}
}

func TestServerWithoutEHLOIsGreetedWithHELO(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{NoEHLO: true})
	server := serverFor(t, s)
	if o := attempt(t.Context(), server, []byte(letter)); o.Verdict != Sent {
		t.Fatal(o)
	}
	s.WaitFor(t, 1)
	want := []string{"EHLO sender.example.com\r\n", "HELO sender.example.com\r\n"}
	if diff := cmp.Diff(want, s.Commands()[:2]); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	server.TLS = STARTTLS // which such a server cannot have
	if o := attempt(t.Context(), server, []byte(letter)); o.Verdict != SenderProblem || o.Phase != PhaseSTARTTLS {
		t.Errorf("outcome without encryption: %v", o)
	}
}

func TestServerThatTakesOneLetterAConnection(t *testing.T) {
	t.Parallel()
	o := smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			return smtptest.CloseAccepted
		}
		return smtptest.None
	}}
	bothWays(t, o, func(t *testing.T, s *smtptest.Server) {
		server := serverFor(t, s)
		for i := range 3 {
			c := dial(t, server)
			if refused := c.Envelope(t.Context(), from, to); refused != nil {
				t.Fatal(refused)
			}
			outcome, next := c.Next(t.Context(), []byte(letter), from, "two@client.example")
			if outcome.Verdict != Sent {
				t.Errorf("letter %d: %v", i, outcome)
			}
			if next == nil || next.Verdict != Deferred || next.Phase != PhaseMail || next.Code != 0 || c.Usable() {
				t.Errorf("the letter after it: %v, usable %t; want deferred at mail, connection gone", next, c.Usable())
			}
		}
		for _, l := range s.WaitFor(t, 3) {
			if l.To != to {
				t.Errorf("server accepted a letter to %s", l.To)
			}
		}
	})
}

func TestServerThatRefusesRSETIsLeft(t *testing.T) {
	t.Parallel()
	o := smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "rset" {
			return smtptest.Reply(550, "5.1.1 user unknown") // words that must not stick to the next client
		}
		return smtptest.None
	}}
	bothWays(t, o, func(t *testing.T, s *smtptest.Server) {
		s.ReplyTo("ghost@client.example", 550, "5.1.1 no such user")
		c := dial(t, serverFor(t, s))
		if o := c.Envelope(t.Context(), from, "ghost@client.example"); o == nil || o.Class != ClassInvalid || !c.Usable() {
			t.Fatalf("outcome %v, usable %t", o, c.Usable())
		}
		o := c.Envelope(t.Context(), from, to)
		if o == nil || o.Verdict != Deferred || o.Phase != PhaseMail || o.Class != ClassProtocol || c.Usable() {
			t.Errorf("outcome %v, usable %t; want deferred at mail as protocol, connection left", o, c.Usable())
		}
	})
}

func TestDATARefusedAfterRCPTIsNotTheClientsFault(t *testing.T) {
	t.Parallel()
	o := smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "data" && e.N == 1 {
			return smtptest.Reply(554, "5.7.1 Service unavailable; Client host [192.0.2.25] blocked using zen.spamhaus.org; user unknown")
		}
		return smtptest.None
	}}
	bothWays(t, o, func(t *testing.T, s *smtptest.Server) {
		c := dial(t, serverFor(t, s))
		o := c.Envelope(t.Context(), from, to)
		if o == nil || o.Verdict != Failed || o.Phase != PhaseData || o.Class != ClassPolicy || o.AddressIsDead() || !c.Usable() {
			t.Fatalf("outcome %v, usable %t; want failed at data as policy", o, c.Usable())
		}
		if refused := c.Envelope(t.Context(), from, to); refused != nil {
			t.Fatal(refused)
		}
		if o := c.Body(t.Context(), []byte(letter)); o.Verdict != Sent {
			t.Error(o)
		}
		s.WaitFor(t, 1)
	})
}

func TestLetterBiggerThanSIZEFailsBeforeItIsSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		extension string
		verdict   Verdict
	}{
		"smaller than the letter": {"SIZE 25", Failed},
		"just the letter":         {"SIZE 26", Sent},
		"no limit":                {"SIZE 0", Sent},
		"no number":               {"SIZE", Sent},
		"nonsense":                {"SIZE lots", Sent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var bodies atomic.Int32
			s := smtptest.New(t, smtptest.Options{Extensions: []string{test.extension}, Script: func(e smtptest.Event) smtptest.Fault {
				if e.Phase == "body" {
					bodies.Add(1)
				}
				return smtptest.None
			}})
			c := dial(t, serverFor(t, s))
			if fits := c.Fits(len(letter)); (fits == nil) != (test.verdict == Sent) || !c.Usable() {
				t.Errorf("asked before: %v, usable %t", fits, c.Usable())
			}
			if refused := c.Envelope(t.Context(), from, to); refused != nil {
				t.Fatal(refused)
			}
			o, next := c.Next(t.Context(), []byte(letter), from, to)
			if o.Verdict != test.verdict || o.Verdict == Failed && (o.Class != ClassContent || o.AddressIsDead() || next == nil || next.Verdict != Deferred) {
				t.Errorf("outcome %v, class %s, next %v; want %s", o, o.Class, next, test.verdict)
			}
			c.Abort()
			s.Close()
			if want := s.Accepted(); int(bodies.Load()) != want || (want == 1) != (test.verdict == Sent) {
				t.Errorf("%d bodies were begun, %d letters accepted", bodies.Load(), want)
			}
		})
	}
}

func TestRepliesMayComeInManyLinesAndPieces(t *testing.T) {
	t.Parallel()
	var extensions []string
	for i := range 40 {
		extensions = append(extensions, fmt.Sprintf("XEXTENSION-%d with some parameters", i))
	}
	slow := func(smtptest.Event) smtptest.Fault { return smtptest.Slow }
	bothWays(t, smtptest.Options{Greeting: "mail.client.example ESMTP\nNo spam\n\n-- 220 is not the end\nReady", Extensions: extensions, Script: slow}, func(t *testing.T, s *smtptest.Server) {
		if o := attempt(t.Context(), serverFor(t, s), []byte(letter)); o.Verdict != Sent {
			t.Fatal(o)
		}
		s.WaitFor(t, 1)
	})
}

// Nobody says 8 MB before a letter: what go-mail's client would keep in memory is refused,
// and a verdict of that length counts without being kept.
func TestHugeReplyIsNotKept(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat(strings.Repeat("x", 70)+"\n", 8<<20/71) + "end"
	for phase, want := range map[string]result{
		"greeting": {Deferred, PhaseGreeting, 0},
		"ehlo":     {Deferred, PhaseEHLO, 0},
		"rcpt":     {Failed, PhaseRcpt, 550},
		"dot":      {Failed, PhaseDot, 550},
	} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
				if e.Phase == phase {
					return smtptest.Reply(550, huge)
				}
				return smtptest.None
			}})
			o := attempt(t.Context(), serverFor(t, s), []byte(letter))
			if got := (result{o.Verdict, o.Phase, o.Code}); got != want || len(o.Text) > maxText {
				t.Errorf("outcome %+v with %d bytes of text, want %+v", got, len(o.Text), want)
			}
			if want.Code == 0 && o.Class != ClassProtocol {
				t.Errorf("class %s, want %s", o.Class, ClassProtocol)
			}
		})
	}
}
