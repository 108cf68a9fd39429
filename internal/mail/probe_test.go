package mail

import (
	"strings"
	"testing"
	"time"

	"seventh/internal/smtptest"
)

func TestProbeTellsWhatAServerOffers(t *testing.T) {
	t.Parallel()
	user := map[string]string{"user": "secret"}
	for name, test := range map[string]struct {
		options   smtptest.Options
		mode      TLSMode
		login     bool
		trust     bool
		want      Probe
		untrusted string
	}{
		"plain":         {options: smtptest.Options{NoPipelining: true}, mode: None},
		"implicit TLS":  {options: smtptest.Options{TLS: true}, mode: Implicit, trust: true, want: Probe{Encrypted: true, TLS: "TLS 1.3", Pipelining: true}},
		"login":         {options: smtptest.Options{STARTTLS: true, Auth: user}, mode: STARTTLS, login: true, trust: true, want: Probe{Encrypted: true, TLS: "TLS 1.3", Pipelining: true, LoggedIn: true, OffersLogin: true}},
		"opportunistic": {options: smtptest.Options{STARTTLS: true}, mode: Opportunistic, want: Probe{Encrypted: true, TLS: "TLS 1.3", Pipelining: true}, untrusted: "certificate signed by unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, test.options)
			server := serverFor(t, s)
			server.TLS = test.mode
			if !test.trust {
				server.TLSConfig = nil
			}
			if test.login {
				server.User, server.Password = "user", "secret"
			}
			got, outcome := server.Probe(t.Context())
			if outcome != nil {
				t.Fatal(outcome)
			}
			var ends time.Time
			if test.want.Encrypted {
				ends = s.Certificate().NotAfter
			}
			if !got.Expires.Equal(ends) {
				t.Errorf("the certificate ends %s, want %s", got.Expires, ends)
			}
			if !got.Addr.IsLoopback() || (test.untrusted == "") != (got.Untrusted == "") || !strings.Contains(got.Untrusted, test.untrusted) {
				t.Errorf("address %s, untrusted %q, want %q", got.Addr, got.Untrusted, test.untrusted)
			}
			test.want.Expires, test.want.Addr, test.want.Untrusted = got.Expires, got.Addr, got.Untrusted
			if *got != test.want {
				t.Errorf("%+v, want %+v", *got, test.want)
			}
			if len(s.Letters()) != 0 {
				t.Error("a letter was sent")
			}
		})
	}
}

func TestProbeTellsWhyLettersCannotGo(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{STARTTLS: true, Auth: map[string]string{"user": "secret"}})
	server := serverFor(t, s)
	server.TLS, server.User, server.Password = STARTTLS, "user", "wrong"
	p, outcome := server.Probe(t.Context())
	if p != nil || outcome == nil || outcome.Phase != PhaseAuth || outcome.Code != 535 {
		t.Errorf("%+v, outcome %v", p, outcome)
	}
}
