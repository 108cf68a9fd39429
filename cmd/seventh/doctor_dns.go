package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
)

// resolver is what the doctor asks of the DNS; *net.Resolver is one.
type resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// dnsAt asks the machine's own DNS servers, or the one at an address.
func dnsAt(address string) *net.Resolver {
	if address == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
}

// absolute keeps the machine's search domains out of a question.
func absolute(name string) string { return strings.TrimSuffix(name, ".") + "." }

// noSuch reports whether the DNS answered that there is nothing, rather than not at all.
func noSuch(err error) bool {
	var d *net.DNSError
	return errors.As(err, &d) && d.IsNotFound
}

// texts are the TXT records of a name that an "is" chooses; none is no error.
func (d *doctor) texts(ctx context.Context, name string, is func(string) bool) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	all, err := d.dns.LookupTXT(ctx, absolute(name))
	if err != nil && !noSuch(err) {
		return nil, err
	}
	var chosen []string
	for _, text := range all {
		if is(text) {
			chosen = append(chosen, text)
		}
	}
	return chosen, nil
}

func (d *doctor) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	found, err := d.dns.LookupNetIP(ctx, "ip", absolute(host))
	if err != nil && !noSuch(err) {
		return nil, err
	}
	for i := range found {
		found[i] = found[i].Unmap()
	}
	return found, nil
}

func (d *doctor) exchangers(ctx context.Context, domain string) ([]*net.MX, error) {
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	found, err := d.dns.LookupMX(ctx, absolute(domain))
	if err != nil && !noSuch(err) {
		return nil, err
	}
	return found, nil
}

// noAnswer is the check of a question that the DNS left open.
func noAnswer(name string, err error) check {
	return warn(name, "the DNS does not answer (%s): try again, and look at the domain's name servers if it stays so", oneLine(err))
}

// mx checks that replies and bounces can arrive (RFC 5321 5.1, RFC 7505).
func (d *doctor) mx(ctx context.Context, domain string) check {
	name := "mx:" + domain
	exchangers, err := d.exchangers(ctx, domain)
	if err != nil {
		return noAnswer(name, err)
	}
	if len(exchangers) == 0 {
		addresses, err := d.addresses(ctx, domain)
		switch {
		case err != nil:
			return noAnswer(name, err)
		case len(addresses) == 0:
			return fail(name, "there is neither MX nor address, so replies and bounces cannot arrive and many servers refuse the letters: add an MX record")
		}
		return warn(name, "there is no MX, and mail goes to the web server %s: add an MX record", addresses[0])
	}
	var hosts, lost []string
	for _, exchanger := range exchangers {
		host := strings.TrimSuffix(exchanger.Host, ".")
		if host == "" {
			return fail(name, "the domain says that it takes no mail (null MX): replies and bounces cannot arrive; write from a domain with a mailbox")
		}
		addresses, err := d.addresses(ctx, host)
		if err != nil {
			return noAnswer(name, err)
		}
		hosts = append(hosts, host)
		if len(addresses) == 0 {
			lost = append(lost, host)
		}
	}
	switch len(lost) {
	case 0:
		return ok(name, "%s", strings.Join(hosts, ", "))
	case len(hosts):
		return fail(name, "%s has no address, so replies and bounces cannot arrive: correct the MX record", strings.Join(lost, ", "))
	}
	return warn(name, "%s has no address: correct or remove that MX record", strings.Join(lost, ", "))
}

// reverse checks the name of the address that letters come from. It says nothing of a
// server that is somebody else's business.
func (d *doctor) reverse(ctx context.Context, server *mailServer) check {
	if !server.direct() {
		return check{}
	}
	address := server.probe.Addr
	if address.IsLoopback() {
		address, _ = netip.ParseAddr(d.outbound()) // the zero Addr is not public
	}
	if !isPublic(address) {
		return ok("ptr", "the public address of %s cannot be seen from here: make sure that it has a name (PTR) which leads back to it", server.server)
	}
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	names, err := d.dns.LookupAddr(ctx, address.String())
	if err != nil && !noSuch(err) {
		return noAnswer("ptr", err)
	}
	for _, name := range names {
		back, err := d.addresses(ctx, name)
		if err == nil && containsAddr(back, address) {
			return ok("ptr", "%s is %s", address, strings.TrimSuffix(name, "."))
		}
	}
	if len(names) == 0 {
		return warn("ptr", "%s has no name (PTR), so many servers refuse its letters: ask the provider of the address for one", address)
	}
	return warn("ptr", "%s is called %s, which does not lead back to it: add an address record there", address, strings.TrimSuffix(names[0], "."))
}

func containsAddr(list []netip.Addr, a netip.Addr) bool {
	for _, other := range list {
		if other == a {
			return true
		}
	}
	return false
}
