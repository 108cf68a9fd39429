package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"seventh/internal/failpoint"
)

// Dial connects: TCP, TLS, greeting, EHLO, STARTTLS and AUTH, each within its own timeout
// and none longer than ctx. The outcome is nil on success; it is never about a recipient.
func (s Server) Dial(ctx context.Context) (*Conn, *Outcome) {
	t := s.Timeouts.withDefaults()
	w, client, outcome := s.connect(ctx, t)
	if outcome != nil {
		return nil, outcome
	}
	pipelining, _ := client.Extension("PIPELINING")
	return &Conn{wire: w, text: client.Text, timeouts: t, pipelining: pipelining, limit: sizeLimit(client)}, nil
}

// connect does what Dial promises.
func (s Server) connect(ctx context.Context, t Timeouts) (*wire, *smtp.Client, *Outcome) {
	dial := s.dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: t.Dial}).DialContext
	}
	tcp, err := dial(ctx, "tcp", s.addr())
	if err != nil {
		return nil, nil, outcomeOf(PhaseDial, fmt.Errorf("connecting: %w", err))
	}
	failpoint.Hit(failpoint.AfterDial)
	w := &wire{Conn: tcp}
	end := w.watch(ctx)
	defer end()

	client, outcome := s.handshake(ctx, w, t)
	if outcome != nil {
		if ctx.Err() != nil && outcome.Code == 0 {
			outcome.Err = context.Cause(ctx)
		}
		w.abort()
		return nil, nil, outcome
	}
	failpoint.Hit(failpoint.AfterAuth)
	w.budget = -1
	return w, client, nil
}

// sizeLimit is the fixed maximum of the SIZE extension; a server may offer it without one,
// or with 0 for none (RFC 1870 4).
func sizeLimit(client *smtp.Client) int {
	_, limit := client.Extension("SIZE")
	n, err := strconv.Atoi(limit)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// handshake brings a fresh connection to the point where letters can go.
func (s Server) handshake(ctx context.Context, w *wire, t Timeouts) (*smtp.Client, *Outcome) {
	step := func(d time.Duration) {
		w.budget = maxHandshake
		w.expect(d)
	}
	var conn net.Conn = w
	step(t.Greeting)
	if s.TLS == Implicit {
		secure := tls.Client(w, s.tlsConfig())
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, tlsOutcome(err)
		}
		conn = secure
	}
	client, err := smtp.NewClient(conn, s.Host)
	if err != nil {
		return nil, outcomeOf(PhaseGreeting, fmt.Errorf("reading the greeting: %w", err))
	}
	step(t.Hello)
	if err := client.Hello(s.helo()); err != nil {
		return nil, outcomeOf(PhaseEHLO, fmt.Errorf("saying EHLO: %w", err))
	}
	step(t.Hello)
	if outcome := s.encrypt(client); outcome != nil {
		return nil, outcome
	}
	step(t.Hello)
	if outcome := s.authenticate(client); outcome != nil {
		return nil, outcome
	}
	return client, nil
}

// encrypt upgrades the connection as the TLS mode asks.
func (s Server) encrypt(client *smtp.Client) *Outcome {
	if s.TLS != STARTTLS && s.TLS != Opportunistic {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		if s.TLS == Opportunistic {
			return nil
		}
		return misconfigured(PhaseSTARTTLS, "server does not offer STARTTLS: use smtps://, or tls=opportunistic or tls=none if the network is trusted")
	}
	err := client.StartTLS(s.tlsConfig())
	if err == nil {
		return nil
	}
	var refused *textproto.Error
	if errors.As(err, &refused) && s.TLS == Opportunistic && refused.Code != 421 {
		return nil
	}
	return tlsOutcome(err)
}

// tlsOutcome tells a broken connection from a server we must not talk to.
func tlsOutcome(err error) *Outcome {
	o := outcomeOf(PhaseSTARTTLS, fmt.Errorf("starting TLS: %w", err))
	var (
		certificate *tls.CertificateVerificationError
		alert       tls.AlertError
		notTLS      tls.RecordHeaderError
	)
	if errors.As(err, &certificate) || errors.As(err, &alert) || errors.As(err, &notTLS) {
		o.Verdict, o.Class = SenderProblem, ClassProtocol
	}
	return o
}

// authenticate logs in when a user is set. Credentials go over TLS or stay on this machine.
func (s Server) authenticate(client *smtp.Client) *Outcome {
	if s.User == "" {
		return nil
	}
	if _, encrypted := client.TLSConnectionState(); !encrypted && !s.loopback() {
		return misconfigured(PhaseAuth, "connection is not encrypted, so the password was not sent: use smtps:// or tls=starttls")
	}
	_, list := client.Extension("AUTH")
	mechanism, ok := s.mechanism(strings.Fields(strings.ToUpper(list)))
	if !ok {
		return misconfigured(PhaseAuth, fmt.Sprintf("server does not offer a way to log in that we speak (auth=%s, offered %q)", s.Auth, clean(list, 80)))
	}
	if err := client.Auth(mechanism); err != nil {
		return outcomeOf(PhaseAuth, fmt.Errorf("logging in: %w", err))
	}
	return nil
}

// mechanism picks how to log in from what the server offers. A mechanism named in the
// configuration is used even if the server forgot to list it.
func (s Server) mechanism(offered []string) (smtp.Auth, bool) {
	const encrypted = true // authenticate has checked
	known := []struct {
		name string
		auth smtp.Auth
	}{
		{"PLAIN", smtp.PlainAuth("", s.User, s.Password, s.Host, encrypted)},
		{"LOGIN", smtp.LoginAuth(s.User, s.Password, s.Host, encrypted)},
		{"XOAUTH2", smtp.XOAuth2Auth(s.User, s.Password)},
	}
	automatic := s.Auth == "" || s.Auth == "auto"
	for _, m := range known {
		if automatic && slices.Contains(offered, m.name) || strings.EqualFold(s.Auth, m.name) {
			return m.auth, true
		}
	}
	return nil, false
}

func misconfigured(phase Phase, message string) *Outcome {
	return &Outcome{Verdict: SenderProblem, Phase: phase, Class: ClassProtocol, Err: errors.New(message)}
}
