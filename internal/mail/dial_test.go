package mail

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"seventh/internal/smtptest"
)

func TestLettersGoOverEveryKindOfTLS(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options smtptest.Options
		mode    TLSMode
		trust   bool
		want    result
	}{
		"implicit":                         {smtptest.Options{TLS: true}, Implicit, true, result{Sent, PhaseDot, 250}},
		"implicit, unknown certificate":    {smtptest.Options{TLS: true}, Implicit, false, result{SenderProblem, PhaseSTARTTLS, 0}},
		"starttls":                         {smtptest.Options{STARTTLS: true}, STARTTLS, true, result{Sent, PhaseDot, 250}},
		"starttls, unknown certificate":    {smtptest.Options{STARTTLS: true}, STARTTLS, false, result{SenderProblem, PhaseSTARTTLS, 0}},
		"starttls not offered":             {smtptest.Options{}, STARTTLS, true, result{SenderProblem, PhaseSTARTTLS, 0}},
		"opportunistic, any certificate":   {smtptest.Options{STARTTLS: true}, Opportunistic, false, result{Sent, PhaseDot, 250}},
		"opportunistic, not offered":       {smtptest.Options{}, Opportunistic, false, result{Sent, PhaseDot, 250}},
		"none, though offered":             {smtptest.Options{STARTTLS: true}, None, false, result{Sent, PhaseDot, 250}},
		"multi-line greeting":              {smtptest.Options{Greeting: "one\ntwo\nthree ESMTP"}, None, false, result{Sent, PhaseDot, 250}},
		"implicit to a server without TLS": {smtptest.Options{}, Implicit, true, result{SenderProblem, PhaseSTARTTLS, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, test.options)
			server := serverFor(t, s)
			server.TLS = test.mode
			if !test.trust {
				server.TLSConfig = nil
			}
			o := attempt(t.Context(), server, []byte(letter))
			if got := (result{o.Verdict, o.Phase, o.Code}); got != test.want {
				t.Errorf("outcome %+v, want %+v\n%v", got, test.want, o)
			}
		})
	}
}

func TestLoginUsesWhatTheServerOffers(t *testing.T) {
	t.Parallel()
	sent := result{Sent, PhaseDot, 250}
	for name, test := range map[string]struct {
		auth, password string
		mechanisms     []string
		want           result
	}{
		"auto takes plain":    {"auto", "secret", []string{"XOAUTH2", "LOGIN", "PLAIN"}, sent},
		"auto takes login":    {"auto", "secret", []string{"XOAUTH2", "LOGIN"}, sent},
		"auto takes xoauth2":  {"", "secret", []string{"XOAUTH2"}, sent},
		"named plain":         {"plain", "secret", []string{"LOGIN"}, sent},
		"named login":         {"login", "secret", nil, sent},
		"named xoauth2":       {"xoauth2", "secret", nil, sent},
		"none that we speak":  {"auto", "secret", []string{"GSSAPI"}, result{SenderProblem, PhaseAuth, 0}},
		"wrong password":      {"plain", "wrong", nil, result{SenderProblem, PhaseAuth, 535}},
		"wrong login":         {"login", "wrong", nil, result{SenderProblem, PhaseAuth, 535}},
		"expired oauth token": {"xoauth2", "wrong", nil, result{SenderProblem, PhaseAuth, 535}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, smtptest.Options{STARTTLS: true, Auth: map[string]string{"user": "secret"}, Mechanisms: test.mechanisms})
			server := serverFor(t, s)
			server.TLS, server.User, server.Password, server.Auth = STARTTLS, "user", test.password, test.auth
			o := attempt(t.Context(), server, []byte(letter))
			if got := (result{o.Verdict, o.Phase, o.Code}); got != test.want {
				t.Errorf("outcome %+v, want %+v\n%v", got, test.want, o)
			}
			if strings.Contains(o.Error(), test.password+"@") || strings.Contains(o.Error(), "secret") {
				t.Errorf("outcome shows the password: %v", o)
			}
		})
	}
}

func TestPasswordIsNotSentInTheClearToAnotherMachine(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	s := smtptest.New(t, smtptest.Options{Auth: map[string]string{"user": "secret"}, Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "auth" {
			asked.Store(true)
		}
		return smtptest.None
	}})
	for _, mode := range []TLSMode{None, Opportunistic} {
		for _, auth := range []string{"plain", "login", "xoauth2", "auto"} {
			server := serverFor(t, s)
			server.Host, server.TLS, server.User, server.Password, server.Auth = "mail.test", mode, "user", "secret", auth
			server.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, s.Addr())
			}
			o := attempt(t.Context(), server, []byte(letter))
			if got, want := (result{o.Verdict, o.Phase, o.Code}), (result{SenderProblem, PhaseAuth, 0}); got != want || asked.Load() {
				t.Errorf("tls=%s auth=%s: outcome %+v, want %+v; server was asked: %t", mode, auth, got, want, asked.Load())
			}
		}
	}
}

func TestDialStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "ehlo" {
			cancel()
			return smtptest.Stall
		}
		return smtptest.None
	}})
	o := attempt(ctx, serverFor(t, s), []byte(letter))
	if got, want := (result{o.Verdict, o.Phase, o.Code}), (result{Deferred, PhaseEHLO, 0}); got != want {
		t.Errorf("outcome %+v, want %+v", got, want)
	}
}
