package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"seventh/internal/mail"
)

// mailServer is a way out for letters.
type mailServer struct {
	name    string // of its check
	where   string // what to correct
	server  mail.Server
	domains []string    // whose letters go over it
	probe   *mail.Probe // nil when it cannot be used
}

// mailServers looks at each server, and then at what the DNS says about its domains.
func (d *doctor) mailServers(ctx context.Context, s *sending) []check {
	checks := s.checks
	var probes, domains []func() []check
	for _, server := range s.servers {
		probes = append(probes, func() []check { return []check{server.look(ctx), d.reverse(ctx, server)} })
	}
	checks = append(checks, together(probes...)...)
	for _, domain := range s.domains {
		domains = append(domains, func() []check {
			return []check{d.spf(ctx, domain, s.serversOf(domain)), d.dkim(ctx, domain, s), d.dmarc(ctx, domain, s.keys.For(domain))}
		})
	}
	for _, domain := range s.replies {
		domains = append(domains, func() []check { return []check{d.mx(ctx, domain)} })
	}
	return slices.DeleteFunc(append(checks, together(domains...)...), func(c check) bool { return c.Name == "" })
}

// look connects to the server and keeps what it showed.
func (m *mailServer) look(ctx context.Context) check {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	probe, outcome := m.server.Probe(ctx)
	m.probe = probe
	if outcome != nil {
		return fail(m.name, "%s: %s", m.server, refusedCheck(m, outcome))
	}
	return m.judge(time.Now())
}

// refusedCheck is why a server cannot be used, with what to do.
func refusedCheck(m *mailServer, o *mail.Outcome) string {
	said := o.Response()
	if said == "" && o.Err != nil {
		said = oneLine(o.Err)
	}
	if errors.Is(o, context.DeadlineExceeded) {
		said = fmt.Sprintf("no answer within %s", doctorPatience)
	}
	switch o.Phase {
	case mail.PhaseDial:
		return fmt.Sprintf("%s: check host and port in %s, and that no firewall is between", said, m.where)
	case mail.PhaseSTARTTLS:
		return fmt.Sprintf("%s: check the name and the certificate of the server, or tls= in %s", said, m.where)
	case mail.PhaseAuth:
		return fmt.Sprintf("%s: check user and password in %s; many providers want a password made for programs", said, m.where)
	}
	return fmt.Sprintf("%s: ask who runs the server why it refuses this machine, and check helo= in %s", said, m.where)
}

const (
	certificateWarning = 14 * 24 * time.Hour
	smallestLetter     = 1 << 20 // bytes; a letter has less, but not by far with an attachment
)

// judge says what a server that works offers.
func (m *mailServer) judge(now time.Time) check {
	p, remote := m.probe, !m.probe.Addr.IsLoopback()
	left := p.Expires.Sub(now)
	switch {
	case !p.Encrypted && remote:
		return warn(m.name, "%s is not encrypted, so everybody on the way reads the letters: use smtps:// or tls=starttls in %s", m.server, m.where)
	case p.Untrusted != "" && remote:
		return warn(m.name, "%s has a certificate that proves nothing (%s): correct it, and then tls=starttls in %s", m.server, p.Untrusted, m.where)
	case p.Encrypted && left <= 0:
		return warn(m.name, "%s has a certificate that ended on %s: renew it", m.server, p.Expires.Format(time.DateOnly))
	case p.Encrypted && left < certificateWarning:
		return warn(m.name, "%s has a certificate that ends on %s: renew it", m.server, p.Expires.Format(time.DateOnly))
	case p.Size > 0 && p.Size < smallestLetter:
		return warn(m.name, "%s takes letters of %d bytes at most (SIZE): let it take more", m.server, p.Size)
	case p.OffersLogin && !p.LoggedIn && remote:
		return warn(m.name, "%s offers a login, and %s has no user: without one most servers take letters only for their own people", m.server, m.where)
	}
	return ok(m.name, "%s %s", m.server, strings.Join(m.offers(), ", "))
}

func (m *mailServer) offers() []string {
	offers := []string{"not encrypted, on this machine"}
	if m.probe.Encrypted {
		offers = []string{m.probe.TLS + " until " + m.probe.Expires.Format(time.DateOnly)}
	}
	if m.probe.LoggedIn {
		offers = append(offers, "logged in")
	}
	if m.probe.Pipelining {
		offers = append(offers, "PIPELINING")
	} else {
		offers = append(offers, "no PIPELINING, which costs speed")
	}
	if m.probe.Size > 0 {
		offers = append(offers, fmt.Sprintf("SIZE %d", m.probe.Size))
	}
	return offers
}

// direct reports whether the server is ours, so that what it sends seems to come from it:
// it wants no login.
func (m *mailServer) direct() bool { return m.probe != nil && !m.probe.LoggedIn }
