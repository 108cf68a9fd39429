package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"seventh/internal/mail"
)

// Limits of RFC 7208 4.6.4, beyond which receivers take the record for broken.
const (
	maxSPFLookups = 10
	maxSPFVoid    = 2
	maxSPFWalk    = 40 // where counting stops: records may include each other in a circle
)

// spfWalk is a record with all that it includes.
type spfWalk struct {
	*doctor
	ctx            context.Context
	lookups, voids int
	included       map[string]bool
	allowed        []netip.Prefix
	everybody      bool // +all
	open           bool // macros, ptr or exists: depends on the letter
}

var errNoSPF = errors.New("it has no SPF record")

// openQuestion is an error of the DNS, which says nothing about the record.
type openQuestion struct{ err error }

func (o *openQuestion) Error() string { return o.err.Error() }

func (w *spfWalk) load(domain string) (mail.SPF, string, error) {
	texts, err := w.texts(w.ctx, domain, mail.IsSPF)
	switch {
	case err != nil:
		return mail.SPF{}, "", &openQuestion{err}
	case len(texts) == 0:
		return mail.SPF{}, "", errNoSPF
	case len(texts) > 1:
		return mail.SPF{}, "", fmt.Errorf("%s has %d SPF records and may have one: put them together", domain, len(texts))
	}
	record, err := mail.ParseSPF(texts[0])
	if err != nil {
		return mail.SPF{}, "", fmt.Errorf("%s: %w", domain, err)
	}
	return record, texts[0], nil
}

// follow counts what a receiver would look up, and collects whom the record lets send.
func (w *spfWalk) follow(domain string, record mail.SPF) error {
	all := false
	for _, term := range record.Terms {
		all = all || term.Mechanism == "all"
		if err := w.term(domain, term); err != nil {
			return err
		}
	}
	if record.Redirect == "" || all {
		return nil
	}
	w.lookups++
	return w.include(record.Redirect)
}

func (w *spfWalk) term(domain string, t mail.SPFTerm) error {
	if t.Looks() {
		w.lookups++
	}
	target, pass := t.Domain, t.Qualifier == '+'
	if target == "" {
		target = domain
	}
	if strings.Contains(target, "%") || t.Mechanism == "ptr" || t.Mechanism == "exists" {
		w.open = w.open || pass
		return nil
	}
	switch t.Mechanism {
	case "all":
		w.everybody = w.everybody || pass
	case "ip4", "ip6":
		w.allow(pass, t.Net)
	case "include":
		return w.include(target)
	case "a":
		return w.hosts(pass, t, target)
	case "mx":
		exchangers, err := w.exchangers(w.ctx, target)
		if err != nil {
			return &openQuestion{err}
		}
		if len(exchangers) == 0 {
			w.voids++
		}
		if len(exchangers) > maxSPFLookups {
			return fmt.Errorf("%s has more than %d MX", target, maxSPFLookups)
		}
		for _, exchanger := range exchangers {
			if err := w.hosts(pass, t, exchanger.Host); err != nil {
				return err
			}
		}
	}
	return nil
}

// include follows another domain's record. What that lets everybody do is not ours: only its
// passes count (RFC 7208 5.2).
func (w *spfWalk) include(domain string) error {
	if w.lookups > maxSPFWalk || strings.Contains(domain, "%") {
		w.open = true
		return nil
	}
	w.included[domain] = true
	record, _, err := w.load(domain)
	if errors.Is(err, errNoSPF) {
		return fmt.Errorf("it includes %s, which has no SPF record", domain)
	}
	if err != nil {
		return err
	}
	return w.follow(domain, record)
}

func (w *spfWalk) hosts(pass bool, t mail.SPFTerm, host string) error {
	addresses, err := w.addresses(w.ctx, host)
	if err != nil {
		return &openQuestion{err}
	}
	if len(addresses) == 0 {
		w.voids++
	}
	for _, a := range addresses {
		bits := t.Bits6
		if a.Is4() {
			bits = t.Bits4
		}
		w.allow(pass, netip.PrefixFrom(a, bits))
	}
	return nil
}

func (w *spfWalk) allow(pass bool, network netip.Prefix) {
	if pass {
		w.allowed = append(w.allowed, network.Masked())
	}
}

func (w *spfWalk) allows(a netip.Addr) bool {
	for _, network := range w.allowed {
		if network.Contains(a) {
			return true
		}
	}
	return false
}
